"""Rows packed by step."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from trainer.models.packing import by_step, pack

ROWS = [[10, 11], [20, 21, 22, 23], [], [30]]


def packed_by_hand(rows: list[list[int]]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Row numbers, values read onwards, values read from the end, rows alive: step by step."""
    numbered = sorted(enumerate(rows), key=lambda pair: -len(pair[1]))
    longest = max([1, *map(len, rows)])
    cells = [(n, row, t) for t in range(longest) for n, row in numbered if t < len(row)]
    return (
        [n for n, _, _ in cells],
        [row[t] for _, row, t in cells],
        [row[-1 - t] for _, row, t in cells],
        [sum(t < len(row) for row in rows) for t in range(longest)],
    )


def packed(rows: list[list[int]]) -> tuple[list[int], list[int], list[int], list[int]]:
    tokens = tf.ragged.constant(rows, tf.int64, ragged_rank=1)
    found = pack(tokens)
    values = tokens.flat_values.numpy()
    read = (values[found.forward], values[found.backward])
    return (
        found.rows.numpy().tolist(),
        read[0].tolist(),
        read[1].tolist(),
        found.alive.numpy().tolist(),
    )


def test_the_longest_row_comes_first_and_ended_rows_drop_out() -> None:
    rows, forward, backward, alive = packed(ROWS)
    assert rows == [1, 0, 3, 1, 0, 1, 1]
    assert forward == [20, 10, 30, 21, 11, 22, 23]
    assert backward == [23, 11, 30, 22, 10, 21, 20]
    assert alive == [3, 2, 1, 1]


@given(st.lists(st.lists(st.integers(0, 99), max_size=9), max_size=9))
def test_any_rows_are_packed_as_by_hand(rows: list[list[int]]) -> None:
    assert packed(rows) == packed_by_hand(rows)


@pytest.mark.parametrize("rows", [[], [[]], [[], []]])
def test_no_tokens_are_one_step_without_rows(rows: list[list[int]]) -> None:
    assert packed(rows) == ([], [], [], [0])


def test_values_are_cut_by_step() -> None:
    values = np.arange(14, dtype=np.float32).reshape(7, 2)
    steps = by_step(tf.constant(values), tf.constant([3, 2, 1, 1]))
    found = [steps.read(t).numpy() for t in range(4)]
    assert [len(step) for step in found] == [3, 2, 1, 1]
    np.testing.assert_array_equal(np.concatenate(found), values)
