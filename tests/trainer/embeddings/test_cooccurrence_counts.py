"""Co-occurrence counts against a count by hand, and how they add up."""

from functools import reduce
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.embeddings import cooccurrence as co

Rows = list[list[int]]

CORPORA = st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=12)
WINDOWS = st.integers(1, 6)


def count(rows: Rows, window: int) -> co.Counts:
    ids = np.array([i for row in rows for i in row], np.int64)
    return co.count(ids, np.array([len(row) for row in rows], np.int64), window=window)


def by_hand(rows: Rows, window: int) -> npt.NDArray[np.int64]:
    table = np.zeros((10, 10), np.int64)
    for row in rows:
        for i, token in enumerate(row):
            for distance, follower in enumerate(row[i + 1 : i + 1 + window], start=1):
                table[token, follower] += window + 1 - distance
    return table


def dense(counts: co.Counts) -> npt.NDArray[np.int64]:
    table = np.zeros((10, 10), np.int64)
    table[: counts.shape[0], : counts.shape[1]] = counts.toarray()
    return table


def test_nearer_pairs_weigh_more() -> None:
    counts = count([[2, 3, 4, 5]], window=2)
    pairs = {(2, 3): 2, (3, 4): 2, (4, 5): 2, (2, 4): 1, (3, 5): 1}
    assert dict(counts.todok().items()) == pairs


@given(CORPORA, WINDOWS)
def test_counts_are_those_of_a_loop_over_the_tokens(rows: Rows, window: int) -> None:
    np.testing.assert_array_equal(dense(count(rows, window)), by_hand(rows, window))


@given(CORPORA, WINDOWS, st.lists(st.integers(0, 12), max_size=4))
def test_any_cut_between_rows_gives_the_same_sum(rows: Rows, window: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(rows)]
    parts = [count(rows[a:b], window) for a, b in pairwise(edges)]
    for order in (parts, parts[::-1]):
        total = reduce(co.add, order, co.nothing())
        np.testing.assert_array_equal(dense(total), by_hand(rows, window))


@given(CORPORA, WINDOWS)
def test_both_neighbours_count_alike(rows: Rows, window: int) -> None:
    both = co.symmetric(count(rows, window))
    table = by_hand(rows, window)
    np.testing.assert_array_equal(dense(both), table + table.T)
    assert co.counted(both).tolist() == np.flatnonzero((table + table.T).any(axis=1)).tolist()


def test_a_window_ends_with_its_row() -> None:
    counts = count([[2, 3], [4, 5]], window=5)
    assert set(counts.todok().keys()) == {(2, 3), (4, 5)}


@pytest.mark.parametrize("rows", [[], [[]], [[], []], [[7]], [[7], [], [8]]])
def test_rows_of_one_token_or_none_have_no_pairs(rows: Rows) -> None:
    both = co.symmetric(co.add(co.nothing(), count(rows, window=5)))
    assert both.nnz == 0
    assert co.counted(both).size == 0


def test_a_row_of_one_repeated_letter_is_its_own_neighbour() -> None:
    counts = count([[3] * 10_000], window=5)
    assert counts.todok()[3, 3] == sum(w * (10_000 - d) for d, w in enumerate((5, 4, 3, 2, 1), 1))


def test_counting_leaves_what_it_was_given() -> None:
    first, second = count([[2, 3, 4]], window=2), count([[2, 3], [9, 8]], window=2)
    before = dense(first), dense(second)
    co.symmetric(co.add(first, second, max_pairs=2))
    np.testing.assert_array_equal((dense(first), dense(second)), before)


@pytest.mark.parametrize("times", [1, 2**8, 2**16, 2**40])
def test_packed_counts_are_unpacked_as_they_were(times: int) -> None:
    for rows in ([], [[0]], [[2, 3, 4], [9, 8]]):
        counts = count(rows, window=2) * times
        found = co.unpack(co.pack(counts))
        assert found.shape == counts.shape
        assert found.data.dtype == np.int64
        np.testing.assert_array_equal(found.toarray(), counts.toarray())


def test_sums_do_not_overflow() -> None:
    many = count([[2, 3]], window=1) * (2**40)
    assert co.add(many, many).todok()[2, 3] == 2**41


@pytest.mark.parametrize(
    ("times", "kept"),
    [([5, 4, 2, 1], [5, 4]), ([90, 3, 2, 1], [90, 3]), ([5, 1, 1, 1], [5]), ([2, 2, 1], [2, 2, 1])],
)
def test_beyond_the_limit_the_rarer_half_is_forgotten(times: list[int], kept: list[int]) -> None:
    rows = [[2 * i, 2 * i + 1] for i, n in enumerate(times, start=1) for _ in range(n)]
    total = co.add(co.nothing(), count(rows, window=1), max_pairs=3)
    assert total.nnz == len(kept)
    pairs = {(2 * i, 2 * i + 1): n for i, n in enumerate(kept, start=1)}
    assert dict(total.todok().items()) == pairs
