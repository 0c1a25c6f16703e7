"""Drift and skew: what is complained of, and what is said where nothing can be compared."""

import pytest

from components.data_gate.distance_rules import Comparison, distance_findings, state
from components.data_gate.settings import ComparedRule
from components.text_statistics.distance import Change, Distance

RULE = ComparedRule(min_rows=2_000)
NEAR = Distance(
    column="글/characters",
    measure="Jensen-Shannon",
    figure=0.004,
    limit=0.01,
)
FAR = Distance(
    column="분류",
    measure="L-infinity",
    figure=0.2,
    limit=0.05,
    most_changed=Change("환불", 0.6, 0.4),
)
LONGER = Distance(column="글/characters", measure="Jensen-Shannon", figure=0.02, limit=0.01)
UNKNOWN = Distance(column="채널", measure="L-infinity", limit=0.05)


def drift(rows: int | None, *distances: Distance) -> Comparison:
    return Comparison(relation="drift", name="drift", rows=rows, distances=distances)


def test_only_what_is_too_far_is_named_with_figure_limit_and_what_moved_most() -> None:
    (finding,) = distance_findings(drift(5_000, NEAR, FAR, UNKNOWN), RULE)

    assert (finding.rule, finding.level) == ("drift", "refuse")
    assert finding.subject == "train: 분류"
    assert finding.figure == "L-infinity 0.2000, most by '환불': 60.00% against 40.00%"
    assert finding.limit == "0.05"


def test_a_column_of_numbers_has_no_value_that_moved() -> None:
    (finding,) = distance_findings(drift(5_000, LONGER), RULE)

    assert finding.figure == "Jensen-Shannon 0.0200"


@pytest.mark.parametrize("rows", [None, 1_999])
def test_too_few_rows_or_none_are_no_reason_to_refuse(rows: int | None) -> None:
    assert list(distance_findings(drift(rows, FAR), RULE)) == []


def test_as_many_rows_as_asked_for_are_enough() -> None:
    assert len(list(distance_findings(drift(2_000, FAR), RULE))) == 1


def test_the_absence_of_a_baseline_is_said() -> None:
    assert state(drift(None), RULE) == "no baseline yet: no earlier span was accepted"
    assert state(drift(100, FAR), RULE) == "not compared: 100 rows, fewer than 2,000"
    assert state(drift(5_000, NEAR, FAR), RULE) == "2 distances measured"
    assert state(drift(5_000, NEAR, UNKNOWN, UNKNOWN), RULE) == (
        f"1 distance measured, none of {UNKNOWN.column}: "
        "one of the two lacks it, or was measured with another setting"
    )


def test_served_requests_are_judged_by_the_rule_on_skew_under_their_own_name() -> None:
    served = Comparison(relation="skew", name="served", rows=5_000, distances=(FAR,))
    (finding,) = distance_findings(served, RULE)

    assert (finding.rule, finding.subject) == ("skew", "served: 분류")
    nothing = Comparison(relation="skew", name="served", rows=None, distances=())
    assert state(nothing, RULE) == "no served requests were given"
