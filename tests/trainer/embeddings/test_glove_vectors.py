"""GloVe's fit: its loss, its vectors, its corners."""

import numpy as np
import pytest
from scipy import sparse

from trainer.embeddings import cooccurrence as co
from trainer.embeddings import glove

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
