"""Shifted PMI against the formula, and its factors."""

import math

import numpy as np
import pytest
from scipy import sparse

from trainer.embeddings import cooccurrence as co
from trainer.embeddings import word2vec

TOPICS = (range(2, 10), range(10, 18))
"""Two groups of ids that never stand together."""


@pytest.fixture(scope="module")
def topics() -> co.Counts:
    random = np.random.default_rng(1)
    rows = [random.choice(TOPICS[n % 2], 8) for n in range(400)]
    return co.symmetric(co.count(np.concatenate(rows), np.full(400, 8), window=3))


def test_shifted_ppmi_is_the_formula_worked_by_hand() -> None:
    counts = sparse.csr_array(np.array([[0, 6, 2], [6, 0, 0], [2, 0, 0]]))
    found = word2vec.shifted_ppmi(counts, shift=1.5).toarray()
    words, total = [8, 6, 2], 16
    smoothed = [n**0.75 for n in words]
    expected = np.zeros((3, 3))
    for w, c in ((0, 1), (1, 0), (0, 2), (2, 0)):
        joint, context = counts[w, c] / total, smoothed[c] / sum(smoothed)
        expected[w, c] = max(0, math.log(joint / (words[w] / total * context)) - math.log(1.5))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (expected > 0).sum() == 4


def test_a_larger_shift_leaves_fewer_pairs() -> None:
    counts = sparse.csr_array(np.array([[0, 6, 2], [6, 0, 0], [2, 0, 0]]))
    sizes = [word2vec.shifted_ppmi(counts, shift=k).nnz for k in (1.0, 2.0, 5.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] == 0


def test_shifted_ppmi_leaves_the_counts_as_they_are(topics: co.Counts) -> None:
    before = topics.toarray()
    word2vec.shifted_ppmi(topics, shift=5.0)
    np.testing.assert_array_equal(topics.toarray(), before)


def test_full_weight_factors_have_the_products_of_the_matrix() -> None:
    low_rank = np.random.default_rng(2).random((30, 5)).astype(np.float32)
    matrix = low_rank @ low_rank.T
    vectors = word2vec.factorise(sparse.csr_array(matrix), dim=5, weight=1.0)
    np.testing.assert_allclose(vectors @ vectors.T, matrix @ matrix.T, rtol=1e-3)


def test_the_factors_are_nearly_the_best_of_their_rank(topics: co.Counts) -> None:
    matrix = word2vec.shifted_ppmi(topics).astype(np.float64)
    values = np.linalg.svd(matrix.toarray(), compute_uv=False)[:4]
    vectors = word2vec.factorise(matrix, dim=4, weight=1.0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), values, rtol=0.02)


def test_factors_of_a_matrix_without_structure_hold_most_of_what_the_best_hold() -> None:
    random = np.random.default_rng(4)
    matrix = sparse.random_array((300, 300), density=0.1, random_state=random, dtype=np.float32)
    best = np.linalg.svd(matrix.toarray(), compute_uv=False)[:20]
    vectors = word2vec.factorise(matrix.tocsr(), dim=20, weight=1.0)
    assert np.square(vectors).sum() > 0.93 * np.square(best).sum()


def test_words_of_one_topic_point_the_same_way(topics: co.Counts) -> None:
    vectors = word2vec.learn(topics, dim=4)
    directions = vectors[2:] / np.linalg.norm(vectors[2:], axis=1, keepdims=True)
    cosines = directions @ directions.T
    assert cosines[:8, :8].min() > 0.5
    assert np.abs(cosines[:8, 8:]).max() < 0.1


def test_the_same_counts_give_the_same_vectors(topics: co.Counts) -> None:
    np.testing.assert_array_equal(
        word2vec.learn(topics, dim=8), word2vec.learn(topics.copy(), dim=8)
    )


def test_columns_beyond_the_rank_are_zero() -> None:
    counts = co.symmetric(co.count(np.array([2, 3, 4]), np.array([3]), window=2))
    vectors = word2vec.learn(counts, dim=16)
    assert vectors.shape == (5, 16)
    assert not vectors[:, 5:].any()
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("size", [0, 8])
def test_no_pairs_give_no_vectors(size: int) -> None:
    vectors = word2vec.learn(sparse.csr_array((size, size), dtype=np.int64), dim=4)
    np.testing.assert_array_equal(vectors, np.zeros((size, 4)))


def test_the_products_of_vectors_are_the_matrix_that_they_factor() -> None:
    """Each singular value weighs half on either side (Levy, Goldberg and Dagan 2015)."""
    drawn = np.random.default_rng(5).normal(size=(12, 3)).astype(np.float32)
    matrix = drawn @ drawn.T
    found = word2vec.factorise(sparse.csr_array(matrix), dim=3)
    np.testing.assert_allclose(found @ found.T, matrix, atol=1e-3)
