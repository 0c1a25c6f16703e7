"""Counts which tokens stand near each other, in sparse matrices that add up."""

import io
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Integers: TypeAlias = npt.NDArray[np.integer[Any]]

Counts: TypeAlias = sparse.csr_array
"""`[size, size]` int64: in row i, column j, how often j follows i within the window, each time
weighed by `window + 1 - distance`. Whole numbers, so that sums are exact in any order. `size` is
one more than the largest id seen."""

MAX_PAIRS: Final = 40_000_000
"""Pairs kept in memory, at 12 bytes each; 660,000 reviews of films in Korean have 14 million."""


def count(ids: Integers, row_lengths: Integers, *, window: int) -> Counts:
    """Count the pairs of tokens of the same row that stand at most `window` apart.

    The weight falls linearly with the distance, as word2vec's does on average, which draws each
    window's size at random (Levy, Goldberg and Dagan 2015, section 3.1).

    A pair is counted by a product of two sparse matrices: one tells at which positions a token
    stands, the other which tokens follow a position, and how far.

    Args:
        ids: `[tokens]`, the tokens of all rows, end to end.
        row_lengths: `[rows]`, how many of them belong to each row.
        window: the farthest distance that counts.
    """
    size = int(ids.max(initial=-1)) + 1
    ends = np.repeat(np.cumsum(row_lengths, dtype=np.int32), row_lengths)
    distances = np.arange(1, window + 1, dtype=np.int32)
    following = np.arange(ids.size, dtype=np.int32)[:, None] + distances
    inside = following < ends[:, None]
    weights = np.broadcast_to(window + 1 - distances, inside.shape)[inside]
    neighbours = sparse.csr_array(
        (weights, ids[following[inside]].astype(np.int32), _starts(inside.sum(axis=1))),
        shape=(ids.size, size),
    )
    positions = sparse.csr_array(
        (
            np.ones(ids.size, np.int32),
            np.argsort(ids, kind="stable").astype(np.int32),
            _starts(np.bincount(ids, minlength=size)),
        ),
        shape=(size, ids.size),
    )
    product = positions @ neighbours
    product.data = product.data.astype(np.int64)
    return product


def nothing() -> Counts:
    """Return the counts of no text."""
    return sparse.csr_array((0, 0), dtype=np.int64)


def add(first: Counts, second: Counts, *, max_pairs: int = MAX_PAIRS) -> Counts:
    """Add two counts up; beyond `max_pairs`, the rarer half of the pairs, or more, is forgotten.

    Forgetting keeps the memory bounded, as lossy counting does (Manku and Motwani 2002), and
    touches pairs alone that are as good as noise. Below the limit sums are exact.
    """
    size = max(first.shape[0], second.shape[0])
    total = _grown(first, size) + _grown(second, size)
    if total.nnz > max_pairs:
        limit = np.median(total.data)
        total.data[total.data <= limit] = 0
        total.eliminate_zeros()
    return total


def symmetric(counts: Counts) -> Counts:
    """Count both neighbours, those before a token like those after it.

    Transposing sorts the ids of a row. So what is learnt of the result, by rounded sums, does not
    depend on the order in which counts were added.
    """
    before = counts.T.tocsr()
    return before.T.tocsr() + before


def counted(both: Counts) -> npt.NDArray[np.int64]:
    """List the ids that stand near any other, in `symmetric` counts, rising."""
    return np.flatnonzero(np.diff(both.indptr)).astype(np.int64)


def pack(counts: Counts) -> bytes:
    """Write counts as bytes, half as many as the matrix has and nothing that Beam must pickle."""
    data = counts.data.astype(np.min_scalar_type(counts.data.max(initial=0)))
    file = io.BytesIO()
    for array in (counts.indptr, counts.indices.astype(np.int32), data):
        np.save(file, array)
    return file.getvalue()


def unpack(content: bytes) -> Counts:
    """Read what `pack` wrote."""
    file = io.BytesIO(content)
    starts, indices, data = (np.load(file) for _ in range(3))
    size = starts.size - 1
    return sparse.csr_array((data.astype(np.int64), indices, starts), shape=(size, size))


def _grown(counts: Counts, size: int) -> Counts:
    if counts.shape[0] == size:
        return counts
    starts = np.append(counts.indptr, [counts.nnz] * (size - counts.shape[0]))
    return sparse.csr_array((counts.data, counts.indices, starts), shape=(size, size))


def _starts(lengths: Integers) -> npt.NDArray[np.int32]:
    """Return where each of the rows, of these lengths, starts, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
