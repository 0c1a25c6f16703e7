"""GloVe's fit: its loss, its vectors, its corners."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from trainer.embeddings import cooccurrence as co
from trainer.embeddings import glove

Floats = npt.NDArray[np.float64]

WINDOW = 3
TOPICS = (range(2, 10), range(10, 18))


@pytest.fixture(scope="module")
def topics() -> co.Counts:
    """Two groups of ids that seldom stand together."""
    random = np.random.default_rng(1)
    rows = [random.choice(TOPICS[n % 2], 8) for n in range(400)]
    rows += [random.permutation(range(2, 18)) for _ in range(20)]
    lengths = np.array([len(row) for row in rows])
    return co.symmetric(co.count(np.concatenate(rows), lengths, window=WINDOW))


def test_the_loss_falls_in_every_pass(topics: co.Counts) -> None:
    model = glove.Glove(topics, window=WINDOW, dim=8)
    losses = [model.fit_once() for _ in range(glove.EPOCHS)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 3


@pytest.mark.parametrize("side", [1, 5, 18])
def test_the_fit_goes_the_same_way_whatever_the_blocks(
    topics: co.Counts, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glove, "MIN_BLOCKS", 1)
    monkeypatch.setattr(glove, "MAX_BLOCK", side)
    model = glove.Glove(topics, window=WINDOW, dim=8)
    losses = [model.fit_once() for _ in range(100)]
    assert losses[-1] < losses[0] / 10


def test_the_first_loss_is_the_weighed_squared_error_of_the_start() -> None:
    counts = sparse.csr_array(np.array([[0, 300], [300, 0]]))
    loss = glove.Glove(counts, window=1, dim=4).fit_once()
    independent = 300 * 300 / 600
    assert loss == pytest.approx((np.log(independent) - np.log(300)) ** 2, rel=0.2)


def by_hand(counts: Floats, words: Floats, contexts: Floats, *, passes: int) -> Floats:
    """Two sides of `[size, dim + 1]`, the biases last, after some steps for all pairs at once."""
    sides, squares = (words, contexts), (np.zeros_like(words), np.zeros_like(contexts))
    for _ in range(passes):
        gradients = (np.zeros_like(words), np.zeros_like(contexts))
        for i, j in zip(*np.nonzero(counts), strict=True):
            product = words[i, :-1] @ contexts[j, :-1] + words[i, -1] + contexts[j, -1]
            weight = min(counts[i, j] / 100, 1) ** 0.75
            error = weight * (product - np.log(counts[i, j]))
            gradients[0][i] += error * np.append(contexts[j, :-1], 1)
            gradients[1][j] += error * np.append(words[i, :-1], 1)
        for side, square, gradient in zip(sides, squares, gradients, strict=True):
            square[:] += gradient**2
            side[:] -= 0.05 * gradient / np.sqrt(square + 1e-8)
    return words[:, :-1] + contexts[:, :-1]


def test_a_fit_is_the_paper_worked_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, errors, AdaGrad and the sum of both sides (Pennington et al. 2014, section 3)."""
    monkeypatch.setattr(glove, "MIN_BLOCKS", 1)
    counts = np.array([[0, 40, 8, 0], [40, 6, 900, 14], [8, 900, 0, 2], [0, 14, 2, 0]])
    model = glove.Glove(sparse.csr_array(counts), window=2, dim=3)
    original = np.argsort(model._order)
    words, contexts = (
        side.values[original].astype(np.float64) for side in (model._words, model._contexts)
    )
    totals = counts.sum(axis=1) / 2
    biases = np.log(totals) - np.log(totals.sum()) / 2
    np.testing.assert_allclose([words[:, -1], contexts[:, -1]], [biases, biases], rtol=1e-6)
    for _ in range(3):
        model.fit_once()
    expected = by_hand(counts / 2, words, contexts, passes=3)
    np.testing.assert_allclose(model.vectors(), expected, atol=1e-5)


def test_words_of_one_topic_are_nearer_than_words_of_two(topics: co.Counts) -> None:
    vectors = glove.learn(topics, window=WINDOW, dim=8)[2:]
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = directions @ directions.T
    assert cosines[:8, :8].mean() > cosines[:8, 8:].mean() + 0.5


def test_the_same_counts_give_the_same_vectors(topics: co.Counts) -> None:
    first, second = (glove.learn(topics, window=WINDOW, dim=8) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rare_pairs_are_left_out() -> None:
    counts = sparse.csr_array(np.array([[0, 3, 1], [3, 0, 2], [1, 2, 0]]))
    found = {
        (block.words.start, block.contexts.start): np.exp(block.logs.data).tolist()
        for block in glove._blocks(counts, window=2)
    }
    assert found == {(0, 1): [1.5], (1, 0): [1.5], (1, 2): [1.0], (2, 1): [1.0]}


@pytest.mark.parametrize("size", [0, 8])
def test_no_pairs_give_vectors_without_a_fit(size: int) -> None:
    vectors = glove.learn(sparse.csr_array((size, size), dtype=np.int64), window=2, dim=4)
    assert vectors.shape == (size, 4)
    assert np.isfinite(vectors).all()
