"""From learnt vectors to the rows of an embedding layer."""

import numpy as np
import pytest

from trainer.embeddings import table
from trainer.vocabulary import PADDING_ID


@pytest.fixture
def learnt() -> table.Learnt:
    vectors = np.random.default_rng(3).normal(2.0, 7.0, (12, 4)).astype(np.float32)
    return table.select(vectors, np.array([1, 4, 5, 11]))


def test_elements_get_the_standard_deviation_of_an_embedding_layer(learnt: table.Learnt) -> None:
    norms = np.square(learnt.vectors).sum(axis=1)
    assert norms.mean() == pytest.approx(4 * table.STANDARD_DEVIATION**2, rel=1e-5)


def test_scaling_keeps_the_directions() -> None:
    vectors = np.array([[3, 4], [5, 12], [0, 0]], np.float32)
    found = table.select(vectors, np.array([0, 1])).vectors
    np.testing.assert_allclose(found * 3 / found[0, 0], vectors[:2], rtol=1e-6)


def test_each_vector_lies_in_the_row_of_its_id(learnt: table.Learnt) -> None:
    found = table.embedding_table(learnt, rows=20)
    assert found is not None
    assert found.shape == (20, 4)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[[1, 4, 5, 11]], learnt.vectors)


def test_padding_is_zero_and_ids_never_seen_have_the_mean(learnt: table.Learnt) -> None:
    found = table.embedding_table(learnt, rows=20)
    assert found is not None
    assert not found[PADDING_ID].any()
    unseen = sorted(set(range(20)) - {PADDING_ID, 1, 4, 5, 11})
    mean = np.broadcast_to(learnt.vectors.mean(axis=0), (len(unseen), 4))
    np.testing.assert_array_equal(found[unseen], mean)


def test_vectors_that_are_all_zero_stay_zero() -> None:
    found = table.select(np.zeros((3, 2), np.float32), np.array([1, 2]))
    np.testing.assert_array_equal(found.vectors, np.zeros((2, 2)))


def test_nothing_learnt_gives_no_table() -> None:
    nothing = table.select(np.zeros((5, 4), np.float32), np.array([], np.int64))
    assert table.embedding_table(table.from_bytes(table.to_bytes(nothing)), rows=5) is None


def test_what_is_written_is_read(learnt: table.Learnt) -> None:
    read = table.from_bytes(table.to_bytes(learnt))
    np.testing.assert_array_equal(read.ids, learnt.ids)
    np.testing.assert_array_equal(read.vectors, learnt.vectors)
