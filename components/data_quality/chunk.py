"""Some rows of one split, all that a worker holds at a time."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Chunk:
    """Rows one after another, as parallel columns; an unlabelled row has an empty label."""

    texts: list[bytes] = field(default_factory=list)
    labels: list[bytes] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
