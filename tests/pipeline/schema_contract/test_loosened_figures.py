"""The limits that accepting writes: just far enough, however the figure was rounded."""

from typing import Any

import pytest

from pipeline.schema_contract.figures import just_above, just_below, limit_that_keeps


@pytest.mark.parametrize(
    ("figure", "side", "limit"),
    [
        ("1.50% of 1,000 rows (15)", "most", "0.0151"),
        ("1% of 5 rows", "most", "0.02"),
        ("3 rows", "least", "3"),
        ("1,234 rows", "most", "1234"),
        ("16.8:1", "most", "16.9"),
        ("0.0123", "least", "0.0122"),
        ("0.00%", "most", "0.0001"),
        ("none", "most", None),
    ],
)
def test_a_limit_keeps_a_figure_that_was_rounded(figure: str, side: Any, limit: str | None) -> None:
    assert limit_that_keeps(figure, side) == limit


@pytest.mark.parametrize(
    ("figure", "above", "below"),
    [(0.38235294, 0.3824, 0.3823), (0.05, 0.0501, 0.05), (0.00001, 0.0001, 0.0)],
)
def test_thresholds_stand_just_beyond_the_figure(figure: float, above: float, below: float) -> None:
    assert (just_above(figure), just_below(figure)) == (above, below)
