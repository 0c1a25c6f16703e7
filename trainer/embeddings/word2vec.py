"""Word2vec in its matrix form: shifted positive PMI, factored by a truncated SVD."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from trainer.embeddings.cooccurrence import Counts

SHIFT: Final = 1.0
"""Negative samples `k` of the skip-gram that this stands for; PMI is lowered by log k. On rows held
out of NSMC's train, 2 and 5 gave a classifier less, and smaller ones nothing."""

CONTEXT_SMOOTHING: Final = 0.75
"""Exponent on the contexts' counts, which tames PMI's liking for rare ones (word2vec's own)."""

EIGENVALUE_WEIGHT: Final = 0.5
"""Exponent on the singular values (Levy, Goldberg and Dagan 2015, section 3.3)."""

POWER_ITERATIONS: Final = 2
"""Passes that sharpen the random projection; eight gave a classifier on the same rows no more."""

SEED: Final = 0


def learn(counts: Counts, *, dim: int) -> npt.NDArray[np.float32]:
    """Learn a vector for each id.

    Args:
        counts: `[size, size]`, both neighbours of each token.
        dim: length of a vector.

    Returns:
        `[size, dim]`, next to zero for ids that were not counted.
    """
    return factorise(shifted_ppmi(counts), dim=dim)


def shifted_ppmi(
    counts: Counts, *, shift: float = SHIFT, smoothing: float = CONTEXT_SMOOTHING
) -> sparse.csr_array:
    """Compute max(log(P(w, c) / (P(w) P_s(c))) - log k, 0).

    What skip-gram with k negative samples factors (Levy and Goldberg 2014), with P_s(c) in
    proportion to #(c)^s (Levy, Goldberg and Dagan 2015).

    Args:
        counts: `[size, size]`, both neighbours of each token.
        shift: k.
        smoothing: s.

    Returns:
        `[size, size]` float32, sparse.
    """
    words = counts.sum(axis=1).astype(np.float64)
    total = max((words**smoothing).sum(), 1.0)
    logs = np.log(np.maximum(words, 1.0))  # an id that was not counted has no pairs
    words_part = logs.astype(np.float32)
    contexts_part = (smoothing * logs - np.log(total / shift)).astype(np.float32)
    values = np.log(counts.data, dtype=np.float32)
    values -= np.repeat(words_part, np.diff(counts.indptr))
    values -= contexts_part[counts.indices]
    positive = values > 0
    starts = np.concatenate([[0], np.cumsum(positive, dtype=np.int32)])[counts.indptr]
    return sparse.csr_array((values[positive], counts.indices[positive], starts), counts.shape)


def factorise(
    matrix: sparse.csr_array, *, dim: int, weight: float = EIGENVALUE_WEIGHT
) -> npt.NDArray[np.float32]:
    """Compute U S^weight of the truncated SVD, by random projections (Halko et al. 2011).

    Returns:
        `[size, dim]`; columns beyond the matrix's rank are zero.
    """
    size = matrix.shape[0]
    vectors = np.zeros((size, dim), np.float32)
    rank = min(dim, size)
    if matrix.nnz:
        left, values, _ = randomized_svd(matrix, rank, n_iter=POWER_ITERATIONS, random_state=SEED)
        vectors[:, :rank] = left * values**weight
    return vectors
