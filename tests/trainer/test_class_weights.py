"""Balanced weights let every label count the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.class_weights import class_weights

COUNTS = {"배송 지연": 60, "칭찬": 30, "환불": 10}
LABELS = ["배송 지연", "칭찬", "환불"]


def test_balanced_weights_are_rows_by_classes_times_rows_of_the_class() -> None:
    weights = class_weights(COUNTS, LABELS, "balanced")
    assert weights == {0: pytest.approx(5 / 9), 1: pytest.approx(10 / 9), 2: pytest.approx(10 / 3)}


def test_weights_that_are_off_are_none() -> None:
    assert class_weights(COUNTS, LABELS, "off") is None


def test_ids_follow_the_order_of_the_labels_not_of_the_counts() -> None:
    weights = class_weights(COUNTS, LABELS[::-1], "balanced")
    assert weights is not None
    assert weights[0] == pytest.approx(10 / 3)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_every_label_weighs_the_same_in_sum_and_all_rows_weigh_as_many_as_they_are(
    rows: list[int],
) -> None:
    labels = [str(n) for n in range(len(rows))]
    weights = class_weights(dict(zip(labels, rows, strict=True)), labels, "balanced")
    assert weights is not None
    sums = [weights[n] * count for n, count in enumerate(rows)]
    assert sums == [pytest.approx(sums[0])] * len(rows)
    assert sum(sums) == pytest.approx(sum(rows))
