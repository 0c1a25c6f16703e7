"""GloVe: vectors whose products are the logarithms of co-occurrence counts.

A pass takes two to three seconds for 16,000 ids on two cores, and grows with their square.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from trainer.embeddings.cooccurrence import Counts

Floats = npt.NDArray[np.float32]

X_MAX: Final = 100.0
"""A pair counted this often, or more, has full weight (Pennington et al. 2014, section 3)."""

WEIGHT_EXPONENT: Final = 0.75
"""The weight of a rarer pair is (count / X_MAX) to this power (same source)."""

MIN_COUNT: Final = 1.0
"""Rarer pairs, which stood further than side by side just once, are left out: they are most of all
pairs and weigh next to nothing."""

EPOCHS: Final = 15
LEARNING_RATE: Final = 0.05
MIN_BLOCKS: Final = 8
"""Blocks along each side, at least: a vector takes as many steps in a pass."""

MAX_BLOCK: Final = 2_048
"""Ids along a block's side, at most: the products of its vectors take 16 MB."""

EPSILON: Final = 1e-8
SEED: Final = 0


@dataclass(frozen=True)
class Block:
    """The counted pairs of some words with some contexts.

    Attributes:
        words: where the words lie.
        contexts: where the contexts lie.
        logs: `[words, contexts]` logarithms of the counts, sparse.
        weights: `[pairs]`, in the order of `logs.data`.
    """

    words: slice
    contexts: slice
    logs: sparse.csr_array
    weights: Floats


@dataclass(frozen=True)
class Side:
    """The vectors and biases of the words, or of the contexts, with AdaGrad's sums of squares."""

    values: Floats
    squares: Floats

    def step(self, rows: slice, gradient: Floats) -> None:
        """Move some rows against the gradient (Duchi, Hazan and Singer 2011)."""
        self.squares[rows] += np.square(gradient)
        self.values[rows] -= LEARNING_RATE * gradient / np.sqrt(self.squares[rows] + EPSILON)


class Glove:
    """The model during training: `loss` of one pass after the other falls.

    Pairs are fitted block by block, in a new order in each pass, each block by one step along its
    summed gradient: a few matrix products where the original takes a step for each pair.

    Args:
        counts: `[size, size]` weighed counts of both neighbours, in units of `window`.
        window: the weight of direct neighbours.
        dim: length of a vector.
    """

    def __init__(self, counts: Counts, *, window: int, dim: int) -> None:
        self._random = np.random.default_rng(SEED)
        size = counts.shape[0]
        self._order = self._random.permutation(size)  # or a few blocks hold all frequent ids
        self._blocks = list(_blocks(counts[self._order][:, self._order], window=window))
        biases = _biases(counts.sum(axis=1)[self._order] / window)
        self._words = self._side(biases, dim)
        self._contexts = self._side(biases, dim)

    def fit_once(self) -> float:
        """Pass over all pairs; returns the mean weighed squared error that it met."""
        order = self._random.permutation(len(self._blocks))
        pairs = sum(block.weights.size for block in self._blocks)
        return sum(self._fit(self._blocks[i]) for i in order) / max(pairs, 1)

    def vectors(self) -> Floats:
        """Return `[size, dim]`: the word's vector plus the context's, as in the paper."""
        vectors = np.empty_like(self._words.values[:, :-1])
        vectors[self._order] = self._words.values[:, :-1] + self._contexts.values[:, :-1]
        return vectors

    def _fit(self, block: Block) -> float:
        """Take a step for the pairs of one block; returns their weighed squared error."""
        words = self._words.values[block.words]
        contexts = self._contexts.values[block.contexts]
        products = words[:, :-1] @ contexts[:, :-1].T + words[:, -1:] + contexts[:, -1]
        logs = block.logs
        pairs = np.repeat(np.arange(logs.shape[0]), np.diff(logs.indptr)), logs.indices
        errors = products[pairs] - logs.data
        gradient = sparse.csr_array((block.weights * errors, logs.indices, logs.indptr), logs.shape)
        of_words, of_contexts = gradient @ _with_one(contexts), gradient.T @ _with_one(words)
        self._words.step(block.words, of_words)
        self._contexts.step(block.contexts, of_contexts)
        return float(gradient.data @ errors)

    def _side(self, biases: Floats, dim: int) -> Side:
        """Begin with small random vectors; the bias is the last column."""
        vectors = (self._random.random((biases.size, dim), np.float32) - 0.5) / dim
        values = np.column_stack([vectors, biases])
        return Side(values, np.zeros_like(values))


def learn(counts: Counts, *, window: int, dim: int) -> Floats:
    """Learn a vector for each id.

    Args:
        counts: `[size, size]`, both neighbours of each token.
        window: the weight of direct neighbours in `counts`.
        dim: length of a vector.

    Returns:
        `[size, dim]`, next to zero for ids that were not counted.
    """
    model = Glove(counts, window=window, dim=dim)
    for _ in range(EPOCHS):
        model.fit_once()
    return model.vectors()


def _blocks(counts: sparse.csr_array, *, window: int) -> Iterator[Block]:
    """Cut the matrix into squares and leave the empty ones and the rare pairs out."""
    side = min(MAX_BLOCK, max(1, counts.shape[0] // MIN_BLOCKS))
    cuts = [slice(start, start + side) for start in range(0, counts.shape[0], side)]
    for words in cuts:
        rows = counts[words].tocsc()
        for contexts in cuts:
            block = rows[:, contexts].tocsr().astype(np.float32) / np.float32(window)
            block.data[block.data < MIN_COUNT] = 0.0
            block.eliminate_zeros()
            if block.nnz:
                weights = np.minimum(block.data / X_MAX, 1.0) ** WEIGHT_EXPONENT
                block.data = np.log(block.data)
                yield Block(words, contexts, block, weights.astype(np.float32))


def _biases(totals: npt.NDArray[np.float64]) -> Floats:
    """Begin where words are independent: log(#(w) #(c) / #) is the sum of two equal terms.

    From zero, the biases would be learnt last and every vector would first learn frequency.
    """
    logs = np.log(np.maximum(totals, 1.0))
    return (logs - np.log(max(totals.sum(), 1.0)) / 2).astype(np.float32)


def _with_one(vectors: Floats) -> Floats:
    """Replace the bias by the one that it is multiplied with: its gradient is the error alone."""
    return np.concatenate([vectors[:, :-1], np.ones_like(vectors[:, -1:])], axis=1)
