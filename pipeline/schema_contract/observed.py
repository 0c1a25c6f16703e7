"""Reads the rows that a configuration names and counts what a first schema is drafted from."""

from collections import Counter
from dataclasses import dataclass, field

from components.text_example_gen import files, layout
from components.text_example_gen.rows import Bad, read_rows
from components.text_example_gen.source import TextSource


@dataclass
class Observed:
    """What the labelled rows hold.

    Attributes:
        rows: rows that can be used.
        bad_rows: rows that would go to quarantine.
        labels: rows of each label.
        filled: rows in which a column is not empty, by column.
    """

    rows: int = 0
    bad_rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)


def observe(source: TextSource) -> Observed:
    """Read every labelled row, of all spans, in memory that does not grow with the rows.

    Raises:
        ValueError: no file matches, a file lies elsewhere than on this machine, or a column is
            missing.
        OSError: a file cannot be read.
    """
    seen = Observed()
    how = layout.labelled(source)
    for name, pattern in (("data.train", source.train), ("data.eval", source.eval)):
        for path in _files(name, pattern) if pattern else ():
            with open(path, "rb") as stream:
                for row in read_rows(stream, how, file=path):
                    if isinstance(row, Bad):
                        seen.bad_rows += 1
                        continue
                    seen.rows += 1
                    seen.labels[str(row.values[source.columns.label])] += 1
                    seen.filled.update(key for key, value in row.values.items() if value != "")
    return seen


def _files(name: str, pattern: str) -> list[str]:
    if files.is_remote(pattern):
        raise ValueError(
            f"{name}: {pattern} is not on this machine; infer from a local copy of a part: "
            f"--set {name}=/path/to/part"
        )
    found = files.matching(pattern)
    if not found:
        raise ValueError(files.nothing_matches(name, pattern))
    return found
