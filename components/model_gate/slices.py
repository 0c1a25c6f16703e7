"""Parts of the eval split that may fare worse than the whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.text_statistics.characters import FIRST_SCRIPT, Kind, kinds
from components.text_statistics.code_points import code_points

Part = Literal["label", "length", "side", "script"]
"""What a slice is made by; each has a margin of its own."""

MOST_VALUES: Final = 50
"""Values of a side column that make slices, the most frequent: with thousands, such as of a film's
id, one would always fall by chance."""

NO_SCRIPT: Final = "none"

Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some rows of the eval split.

    Attributes:
        part: what it is made by.
        name: for people, such as `label '환불'` or `channel 'app'`.
        rows: their numbers, rising.
    """

    part: Part
    name: str
    rows: Rows


def by_label(labels: Sequence[str]) -> Iterator[Slice]:
    """Make a slice of each label that rows carry."""
    for label, rows in _groups(labels):
        yield Slice(part="label", name=f"label {label!r}", rows=rows)


def by_length(texts: Sequence[str], bounds: Sequence[int]) -> Iterator[Slice]:
    """Make a slice of each range of lengths in characters.

    Args:
        texts: raw.
        bounds: the first length of every range but the first, rising.
    """
    starts = (0, *bounds)
    ranges = np.searchsorted(bounds, [len(text) for text in texts], side="right")
    for number, start in enumerate(starts):
        rows = np.flatnonzero(ranges == number)
        end = f"-{starts[number + 1] - 1}" if number < len(bounds) else "+"
        if len(rows):
            yield Slice(part="length", name=f"length {start}{end}", rows=rows)


def by_side(columns: Mapping[str, Sequence[str]]) -> Iterator[Slice]:
    """Make a slice of each of the most frequent values of every side column."""
    for column, values in columns.items():
        frequent = {value for value, _ in Counter(filter(None, values)).most_common(MOST_VALUES)}
        for value, rows in _groups(values):
            if value in frequent:
                yield Slice(part="side", name=f"{column} {value!r}", rows=rows)


def by_script(texts: Sequence[str]) -> Iterator[Slice]:
    """Make a slice of each script that is the main one of texts."""
    for script, rows in _groups(main_scripts(texts)):
        yield Slice(part="script", name=f"script {script}", rows=rows)


def main_scripts(texts: Sequence[str]) -> list[str]:
    """Name the script of most characters of each text: `hangul`, `latin`, `digits`, `emoji`, ...

    Single jamo count as Hangul, so that NFD is what NFC is; of equals the first of `Kind` wins.
    Blanks, punctuation and symbols do not count; a text of nothing else has `none`.
    """
    points = code_points(pa.array([t.encode("utf-8", "replace") for t in texts], pa.binary()))
    found = kinds()[points.codes].astype(np.int64)
    found[found == Kind.JAMO] = Kind.HANGUL
    cells = points.rows * len(Kind) + found
    counts = np.bincount(cells, minlength=len(texts) * len(Kind)).reshape(-1, len(Kind))
    counts = counts[:, FIRST_SCRIPT:]
    names = [Kind(FIRST_SCRIPT + n).name.lower() for n in counts.argmax(axis=1)]
    return [n if some else NO_SCRIPT for n, some in zip(names, counts.any(axis=1), strict=True)]


def _groups(values: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Yield each value that is not empty with its rows, in the order of the values."""
    if not values:
        return
    names, ids = np.unique(np.asarray(values, np.object_), return_inverse=True)
    ordered = np.argsort(ids, kind="stable")
    for name, rows in zip(names, np.split(ordered, np.cumsum(np.bincount(ids))[:-1]), strict=True):
        if name:
            yield str(name), rows
