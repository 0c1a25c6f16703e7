"""Rows as numbers: fixed-width records, the hashes in them, and where a row stands as one number.

A row's own text never leaves the bundle that read it: what travels are 64-bit hashes, so that no
step's memory depends on how long the texts are. BLAKE2b of 64 bits takes two of a hundred million
different texts for the same with a chance of 1 in 3,700 (birthday bound, n²/2⁶⁵).
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.uint64]
Records = npt.NDArray[np.void]

_HASH_BYTES: Final = 8

_LINE_BITS: Final = 40
"""A place is the file's rank by name above, the line below: 16 million files, 10¹² lines."""

TEXT_RECORD: Final = np.dtype(
    [
        ("text", "<u8"),  # the normalised text's hash
        ("raw", "<u8"),
        ("label", "<u8"),
        ("file", "<u8"),  # the file name's hash
        ("line", "<u8"),
        ("is_eval", "?"),
    ]
)
"""What `overlaps` compares, one record a labelled row."""


def hashes(values: Iterable[bytes]) -> Hashes:
    """Return the 64-bit BLAKE2b hash of each value, alike on every machine."""
    digests = [hashlib.blake2b(value, digest_size=_HASH_BYTES).digest() for value in values]
    return np.frombuffer(b"".join(digests), "<u8")


def places(records: Records, names: Iterable[str]) -> Places:
    """Return where the records' rows stand: numbers in the order of file name, then line.

    Args:
        records: with the fields `file` and `line`.
        names: of every file.
    """
    ordered = sorted(set(names))
    keys = hashes(name.encode() for name in ordered)
    by_hash = np.argsort(keys)
    ranks = by_hash[np.searchsorted(keys[by_hash], records["file"])].astype(np.uint64)
    return (ranks << np.uint64(_LINE_BITS)) | records["line"]


def in_words(place: int, names: Sequence[str]) -> str:
    """Return a place as `file:line`; `names` are sorted."""
    return f"{names[place >> _LINE_BITS]}:{place & (1 << _LINE_BITS) - 1}"


def group_starts(*keys: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return where a new group begins in sorted columns: where any key differs from the last."""
    is_new = np.zeros(len(keys[0]), np.bool_)
    is_new[:1] = True
    for key in keys:
        is_new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(is_new)


def group_sizes(starts: npt.NDArray[np.intp], total: int) -> npt.NDArray[np.intp]:
    """Return how many elements each group has."""
    return np.diff(starts, append=total)
