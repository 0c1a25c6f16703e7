"""What holds of the data gate's rules whatever they are given."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data_gate.distance_rules import Comparison
from components.data_gate.rules import Anomaly, Evidence, judge
from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Finding, Verdict
from components.data_quality.report import Match, Overlap, Quality, Sightings
from components.text_statistics.distance import Change, Distance

DEFAULTS = DataGateSettings().model_dump()
LOWEST = ("labels", "rows_per_label")
"""Rules whose limit is the least that there must be; every other limit is the most."""

HIGHEST = sorted(name for name, rule in DEFAULTS.items() if "limit" in rule and name not in LOWEST)
COMPARED = ("drift", "skew")

ROWS = st.integers(0, 20)
SHARES = st.floats(0, 1)
LIMITS = SHARES | st.integers(0, 20)
TWO_LIMITS = st.lists(LIMITS, min_size=2, max_size=2).map(sorted)
TWO_COUNTS = st.lists(st.integers(1, 20), min_size=2, max_size=2).map(sorted)
WORDS = st.sampled_from(["", "긍정", "부정", "ㅋㅋㅋ", "\u1112\u1161\u11ab", "😀", "x" * 10_000])
SPLITS = st.sampled_from(["train", "eval", "unlabelled", "served"])
PLACES = st.sampled_from(["후기.csv:2", "a.tsv.gz:10"])
COUNTS = st.dictionaries(WORDS, ROWS, max_size=3)
OVERLAPS = st.builds(
    Overlap,
    texts=ROWS,
    rows=ROWS,
    examples=st.lists(st.builds(Match, PLACES, PLACES | st.just("")), max_size=2).map(tuple),
)
QUALITIES = st.builds(
    Quality,
    labels=st.dictionaries(
        st.sampled_from(["train", "eval"]), st.dictionaries(WORDS, st.integers(1, 20))
    ),
    personal=st.dictionaries(
        st.sampled_from(["email", "phone"]),
        st.builds(Sightings, rows=ROWS, examples=st.lists(PLACES, max_size=2).map(tuple)),
    ),
    **{f.name: OVERLAPS for f in fields(Quality) if f.type is Overlap},
)


def comparisons(relation: str, name: str) -> st.SearchStrategy[Comparison]:
    distances = st.builds(
        Distance,
        column=WORDS,
        measure=st.sampled_from(["L-infinity", "Jensen-Shannon"]),
        figure=st.none() | SHARES,
        limit=SHARES,
        most_changed=st.none() | st.builds(Change, WORDS, SHARES, SHARES),
    )
    return st.builds(
        Comparison,
        relation=st.just(relation),
        name=st.just(name),
        rows=st.none() | ROWS,
        distances=st.lists(distances, max_size=3),
    )


EVIDENCE = st.builds(
    Evidence,
    rows_read=st.dictionaries(SPLITS, ROWS),
    rows_quarantined=st.dictionaries(SPLITS, ROWS),
    quarantine=st.dictionaries(SPLITS, st.lists(PLACES, max_size=12)),
    label_counts=COUNTS,
    absent_labels=st.lists(WORDS, max_size=20),
    anomalies=st.lists(
        st.builds(Anomaly, split=WORDS, column=WORDS, summary=WORDS, description=WORDS), max_size=2
    ),
    quality=QUALITIES,
    text_shares=st.dictionaries(st.sampled_from(["near_empty", "over_long"]), SHARES),
    drift=comparisons("drift", "drift"),
    skew=comparisons("skew", "skew"),
    served=comparisons("skew", "served"),
)


def rules(name: str) -> st.SearchStrategy[dict[str, Any]]:
    parts = {"level": st.sampled_from(["off", "warn", "refuse"])}
    if "limit" in DEFAULTS[name]:
        parts["limit"] = LIMITS
    if "min_rows" in DEFAULTS[name]:
        parts["min_rows"] = st.integers(1, 20)
    return st.fixed_dictionaries(parts)


SETTINGS = st.fixed_dictionaries({name: rules(name) for name in DEFAULTS}).map(
    DataGateSettings.model_validate
)


def changed(settings: DataGateSettings, **changes: dict[str, Any]) -> DataGateSettings:
    tree = settings.model_dump()
    return DataGateSettings.model_validate(
        tree | {name: tree[name] | change for name, change in changes.items()}
    )


def subjects(verdict: Verdict) -> set[tuple[str, str]]:
    return {(finding.rule, finding.subject) for finding in verdict.findings}


@given(EVIDENCE, SETTINGS)
def test_whatever_is_found_every_finding_says_what_how_much_and_what_to_do(
    evidence: Evidence, settings: DataGateSettings
) -> None:
    verdict = judge(evidence, settings)
    for finding in verdict.findings:
        assert finding.rule in DEFAULTS
        assert finding.figure
        assert finding.limit
        assert finding.advice
        assert len(finding.rows) <= 10
    assert set(verdict.comparisons) == {*COMPARED, "served"}
    assert all(verdict.comparisons.values())


@given(EVIDENCE, SETTINGS)
def test_a_finding_has_the_level_of_its_rule_and_refusals_alone_stop_the_run(
    evidence: Evidence, settings: DataGateSettings
) -> None:
    levels = {name: rule["level"] for name, rule in settings.model_dump().items()}
    verdict = judge(evidence, settings)
    assert all(finding.level == levels[finding.rule] for finding in verdict.findings)
    assert verdict.passed is not any(levels[f.rule] == "refuse" for f in verdict.findings)


@given(EVIDENCE, SETTINGS, st.sampled_from(sorted(DEFAULTS)))
def test_a_rule_that_is_off_never_speaks_and_no_other_rule_hears_of_it(
    evidence: Evidence, settings: DataGateSettings, name: str
) -> None:
    def of_others(verdict: Verdict) -> list[Finding]:
        return [finding for finding in verdict.findings if finding.rule != name]

    silent = judge(evidence, changed(settings, **{name: {"level": "off"}}))
    assert list(silent.findings) == of_others(silent)
    assert of_others(silent) == of_others(judge(evidence, settings))


@pytest.mark.parametrize("name", HIGHEST)
@given(evidence=EVIDENCE, settings=SETTINGS, limits=TWO_LIMITS)
def test_raising_what_is_allowed_at_most_never_adds_a_finding(
    name: str, evidence: Evidence, settings: DataGateSettings, limits: list[float]
) -> None:
    less, more = (
        subjects(judge(evidence, changed(settings, **{name: {"level": "warn", "limit": limit}})))
        for limit in limits
    )
    assert more <= less


@pytest.mark.parametrize("name", LOWEST)
@given(evidence=EVIDENCE, settings=SETTINGS, limits=TWO_LIMITS)
def test_raising_what_is_asked_for_at_least_never_takes_a_finding_away(
    name: str, evidence: Evidence, settings: DataGateSettings, limits: list[float]
) -> None:
    less, more = (
        subjects(judge(evidence, changed(settings, **{name: {"level": "warn", "limit": limit}})))
        for limit in limits
    )
    assert less <= more


@pytest.mark.parametrize("name", COMPARED)
@given(evidence=EVIDENCE, settings=SETTINGS, counts=TWO_COUNTS)
def test_asking_for_more_rows_never_adds_a_distance(
    name: str, evidence: Evidence, settings: DataGateSettings, counts: list[int]
) -> None:
    less, more = (
        subjects(judge(evidence, changed(settings, **{name: {"level": "warn", "min_rows": rows}})))
        for rows in counts
    )
    assert more <= less


@given(EVIDENCE, SETTINGS)
def test_a_verdict_on_anything_comes_back_from_its_json(
    evidence: Evidence, settings: DataGateSettings
) -> None:
    verdict = judge(evidence, settings)
    assert Verdict.from_json(verdict.to_json()) == verdict
