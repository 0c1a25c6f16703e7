"""Where an example's row stands: the reserved feature that tells its file and line."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

ROW_FEATURE: Final = "malmoi/row"
"""Bytes feature of every example: `<file>:<line>`, as `place` writes it. No column of the user's
may have this name."""


def file_names(paths: Iterable[str]) -> dict[str, str]:
    """Return what to call each file: its base name, or its path where two share the base name."""
    bases = {path: PurePosixPath(path).name for path in paths}
    shared = Counter(bases.values())
    return {path: base if shared[base] == 1 else path for path, base in bases.items()}


def place(name: str, line: int) -> bytes:
    """Return the feature's value for the row that starts at a line of a file.

    A file name that is no UTF-8 comes with its foreign bytes escaped.
    """
    return f"{name}:{line}".encode(errors="backslashreplace")


def parsed(value: str) -> tuple[str, int]:
    """Return the file's name and the line that `place` wrote.

    Raises:
        ValueError: If the value is none of `place`'s.
    """
    name, _, line = value.rpartition(":")
    if not name or not line.isascii() or not line.isdigit():
        raise ValueError(
            f"feature {ROW_FEATURE!r}: expected <file>:<line>, found {value!r}; "
            "run the pipeline again from TextExampleGen"
        )
    return name, int(line)
