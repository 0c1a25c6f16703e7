"""What a run tells about its texts."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from trainer.traits import SplitTraits, TextTraits, measure, traits_of


def of(rows: list[tuple[int, int, int]]) -> SplitTraits:
    """Sum up rows of (all tokens, kept tokens, unknown ones)."""
    return traits_of(*np.array(rows, np.int64).reshape(-1, 3).T)


def test_the_mean_counts_whole_rows_and_empty_ones_too() -> None:
    assert of([(4, 4, 0), (0, 0, 0), (200, 128, 0)]).mean_tokens == 68.0


def test_empty_rows_are_counted() -> None:
    assert of([(4, 4, 0), (0, 0, 0), (0, 0, 0)]).empty_rows == 2


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([7], 7), ([1] * 99 + [50], 1), ([1] * 98 + [50] * 2, 50), ([*range(1, 201)], 198)],
)
def test_99_of_100_rows_are_no_longer_than_the_percentile(
    lengths: list[int], expected: int
) -> None:
    assert of([(length, length, 0) for length in lengths]).p99_tokens == expected


def test_a_row_of_just_the_limit_is_not_cut() -> None:
    assert of([(128, 128, 0), (129, 128, 0), (3, 3, 0), (9_000, 128, 0)]).cut_share == 0.5


def test_unknown_tokens_are_a_share_of_the_kept_ones() -> None:
    assert of([(10, 10, 1), (500, 30, 1), (0, 0, 0)]).unknown_share == 0.05


def test_a_row_is_covered_if_it_has_no_unknown_token() -> None:
    assert of([(10, 10, 1), (5, 5, 0), (0, 0, 0), (2, 2, 2)]).coverage == 0.5


def test_a_split_without_rows_has_traits_too() -> None:
    assert of([]) == SplitTraits(
        rows=0,
        empty_rows=0,
        mean_tokens=0.0,
        p99_tokens=0,
        cut_share=0.0,
        unknown_share=0.0,
        coverage=1.0,
    )


@pytest.fixture(scope="module")
def measured(transformed: Any, make_settings: Any) -> TextTraits:
    files = {split: [pattern] for split, pattern in transformed.patterns.items()}
    return measure(transformed.output, files, make_settings().transform.text)


def test_the_traits_of_transformed_rows_are_those_of_their_tokens(
    transformed: Any, measured: TextTraits
) -> None:
    rows = [tokens for tokens, _ in transformed.rows("train")]
    tokens = [token for row in rows for token in row]
    assert measured.splits["train"] == SplitTraits(
        rows=57,
        empty_rows=0,
        mean_tokens=pytest.approx(len(tokens) / 57),
        p99_tokens=max(map(len, rows)),
        cut_share=0.0,
        unknown_share=0.0,
        coverage=1.0,
    )


def test_edge_cases_are_counted_as_such(measured: TextTraits, edge_texts: list[str]) -> None:
    edge = measured.splits["edge"]
    assert (edge.rows, edge.empty_rows) == (len(edge_texts), 3)
    assert edge.p99_tokens >= 2_500
    assert edge.cut_share == pytest.approx(2 / len(edge_texts))
    assert 0 < edge.unknown_share < 1
    assert 0 < edge.coverage < 1


def test_what_the_traits_belong_to_is_told(measured: TextTraits, transformed: Any) -> None:
    assert (measured.tokens, measured.max_tokens) == ("subwords", 24)
    assert measured.vocabulary_size == transformed.output.vocabulary_size_by_name("subwords")
    assert list(asdict(measured)["splits"]) == ["train", "evaluation", "edge"]
