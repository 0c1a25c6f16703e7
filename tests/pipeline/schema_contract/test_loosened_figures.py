"""The limits that accepting writes: just far enough, however the figure was rounded."""

from typing import Any

import pytest

from pipeline.schema_contract.figures import beyond, just_above, just_below, limit_that_keeps


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


@pytest.mark.parametrize(
    ("description", "figure"),
    [
        ("Unexpectedly large value: 20261121090000.", "20261121090000"),
        ("Unexpectedly small value: -9223372036854775808.", "-9223372036854775808"),
        ("Unexpectedly high value: 4.5>1(upto six significant digits)", "4.5"),
        ("Unexpectedly high value: 1.23456e+06>5(upto six significant digits)", "1234570.0"),
        ("Unexpectedly low values: 0.123456<1(upto six significant digits)", "0.123455"),
        ("Unexpectedly low values: -1.23456<1(upto six significant digits)", "-1.23457"),
    ],
)
def test_a_value_beyond_a_domain_is_read_in_full_and_a_rounded_one_from_further_out(
    description: str, figure: str
) -> None:
    assert str(beyond(description)) == figure
