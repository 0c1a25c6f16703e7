"""Each rule of the data gate from both sides, and its verdict on paper."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.data_gate.distance_rules import Comparison
from components.data_gate.rules import MOST_ROWS, Anomaly, Evidence, judge
from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Finding, Verdict, heard
from components.data_quality.report import Match, Overlap, Quality, Sightings
from components.text_statistics.distance import Distance

NEW_LABEL = Anomaly(
    split="train",
    column="분류",
    summary="Unexpected string values",
    description="Examples contain values missing from the schema: 기타 (<1%).",
)


NOTHING = Overlap(texts=0, rows=0, examples=())
SOUND = Quality(
    labels={"train": {"칭찬": 600, "환불": 400}, "eval": {"칭찬": 60, "환불": 40}},
    duplicates=NOTHING,
    leakage_verbatim=NOTHING,
    leakage=NOTHING,
    conflicts_verbatim=NOTHING,
    conflicts=NOTHING,
    near_duplicates=NOTHING,
    near_leakage=NOTHING,
    personal={},
)


def evidence(**fields: Any) -> Evidence:
    sound: dict[str, Any] = {
        "rows_read": {"train": 1_000},
        "rows_quarantined": {},
        "quarantine": {},
        "label_counts": {"칭찬": 600, "환불": 400},
        "absent_labels": [],
        "anomalies": [],
        "quality": SOUND,
        "text_shares": {},
        "drift": Comparison(relation="drift", name="drift", rows=None, distances=()),
        "skew": Comparison(relation="skew", name="skew", rows=None, distances=()),
        "served": Comparison(relation="skew", name="served", rows=None, distances=()),
    }
    return Evidence(**(sound | fields))


def settings(**rules: dict[str, Any]) -> DataGateSettings:
    defaults = DataGateSettings().model_dump()
    return DataGateSettings.model_validate({n: f | rules.get(n, {}) for n, f in defaults.items()})


def test_a_bare_number_is_the_rules_limit() -> None:
    given = DataGateSettings.model_validate({"leakage": 0.2, "labels": 3})
    assert (given.leakage.level, given.leakage.limit) == ("refuse", 0.2)
    assert given.labels.limit == 3
    assert given.duplicates == DataGateSettings().duplicates


def test_a_rule_given_in_part_keeps_the_rest() -> None:
    given = DataGateSettings.model_validate(
        {"leakage": {"level": "warn"}, "drift": {"min_rows": 9}}
    )
    assert (given.leakage.level, given.leakage.limit) == ("warn", 0.01)
    assert (given.drift.level, given.drift.min_rows) == ("refuse", 9)


@pytest.mark.parametrize(
    "given",
    [{"drift": 5}, {"anomalies": 5}, {"leakage": True}, {"leakage": "much"}, {"leakage": -1}],
)
def test_what_is_no_limit_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DataGateSettings.model_validate(given)


def test_sound_data_passes_without_a_word() -> None:
    verdict = judge(evidence(), settings())
    assert verdict.findings == ()
    assert verdict.passed
    assert judge(evidence(rows_read={"train": 9}), settings()).findings == (), "no row is lost"


PASSING = {
    "quarantined": evidence(rows_quarantined={"train": 10}),
    "labels": evidence(label_counts={"칭찬": 5, "환불": 5}),
    "rows_per_label": evidence(label_counts={"칭찬": 600, "환불": 5}),
    "anomalies": evidence(),
}
REFUSED = {
    "quarantined": (
        evidence(
            rows_quarantined={"train": 11}, quarantine={"train": ["a.csv:3: a NUL character"]}
        ),
        ("train files", "1.10% of 1,000 rows (11)", "1.00%"),
    ),
    "anomalies": (
        evidence(anomalies=[NEW_LABEL]),
        ("train: 분류", f"{NEW_LABEL.summary}: {NEW_LABEL.description}", "the schema"),
    ),
    "labels": (
        evidence(label_counts={"칭찬": 1_000}),
        ("train", "1 (칭찬)", "at least 2"),
    ),
    "rows_per_label": (
        evidence(label_counts={"칭찬": 996, "환불": 4}),
        ("train: label '환불'", "4 rows", "at least 5"),
    ),
}


@pytest.mark.parametrize("rule", PASSING)
def test_data_at_the_limit_passes(rule: str) -> None:
    assert judge(PASSING[rule], settings()).findings == ()


@pytest.mark.parametrize("rule", REFUSED)
def test_data_beyond_the_limit_is_refused_with_figure_limit_and_advice(rule: str) -> None:
    data, expected = REFUSED[rule]
    verdict = judge(data, settings())
    [finding] = verdict.findings
    assert (finding.rule, finding.level) == (rule, "refuse")
    assert (finding.subject, finding.figure, finding.limit) == expected
    assert finding.advice
    assert not verdict.passed
    assert verdict.refusals == (finding,)


@pytest.mark.parametrize("rule", REFUSED)
def test_a_rule_that_warns_is_heard_and_lets_the_run_go_on(rule: str) -> None:
    verdict = judge(REFUSED[rule][0], settings(**{rule: {"level": "warn"}}))
    assert [finding.level for finding in verdict.findings] == ["warn"]
    assert verdict.passed


@pytest.mark.parametrize("rule", REFUSED)
def test_a_rule_that_is_off_is_silent(rule: str) -> None:
    verdict = judge(REFUSED[rule][0], settings(**{rule: {"level": "off"}}))
    assert verdict.findings == ()


@pytest.mark.parametrize(
    ("rule", "limit"), [("quarantined", 0.02), ("labels", 1), ("rows_per_label", 4)]
)
def test_the_limit_is_the_configurations(rule: str, limit: float) -> None:
    assert judge(REFUSED[rule][0], settings(**{rule: {"limit": limit}})).passed


def found(rows: int, *, texts: int = 1) -> Overlap:
    return Overlap(
        texts=texts, rows=rows, examples=(Match("a.csv:3", "b.csv:9"), Match("a.csv:4", ""))
    )


def quality(**fields: Any) -> Evidence:
    return evidence(quality=replace(SOUND, **fields))


def labelled(**counts: int) -> Evidence:
    return quality(labels={"train": counts, "eval": {}})


NAMED = ("a.csv:3 (like b.csv:9)", "a.csv:4")
LIMITED: dict[str, tuple[Evidence, Evidence, tuple[str, ...], tuple[str, ...]]] = {
    "leakage": (
        quality(leakage=found(1)),
        quality(leakage=found(2), leakage_verbatim=found(1)),
        (
            "refuse",
            "eval rows whose text stands in train",
            "2.00% of 100 (2 rows; 1 verbatim)",
            "1.00%",
        ),
        NAMED,
    ),
    "duplicates": (
        quality(duplicates=found(100)),
        quality(duplicates=found(101, texts=7)),
        (
            "refuse",
            "train rows that repeat another's text",
            "10.10% of 1,000 (101 rows; 7 texts)",
            "10.00%",
        ),
        NAMED,
    ),
    "near_duplicates": (
        quality(near_duplicates=found(100)),
        quality(near_duplicates=found(101)),
        (
            "warn",
            "train rows that are almost another's text",
            "10.10% of 1,000 (101 rows; by MinHash)",
            "10.00%",
        ),
        NAMED,
    ),
    "conflicting_labels": (
        quality(conflicts=found(5)),
        quality(conflicts=found(6, texts=3), conflicts_verbatim=found(4, texts=2)),
        (
            "warn",
            "train rows whose text also bears another label",
            "0.60% of 1,000 (6 rows; 3 texts, 2 verbatim)",
            "0.50%",
        ),
        NAMED,
    ),
    "imbalance": (
        labelled(칭찬=1_000, 환불=100),
        labelled(칭찬=1_060, 환불=100, 문의=500),
        ("warn", "train labels", "10.6 to 1 ('칭찬' 1,060 rows, '환불' 100)", "10 to 1"),
        (),
    ),
    "personal_data": (
        quality(personal={"phone number": Sightings(rows=0, examples=())}),
        quality(personal={"phone number": Sightings(rows=1, examples=("a.csv:2",))}),
        ("warn", "phone number", "1 row", "0"),
        ("a.csv:2",),
    ),
    "near_empty": (
        evidence(text_shares={"near_empty": 0.05}),
        evidence(text_shares={"near_empty": 0.0512}),
        ("warn", "train texts", "5.12%", "5.00%"),
        (),
    ),
    "over_long": (
        evidence(text_shares={"over_long": 0.01}),
        evidence(text_shares={"over_long": 0.0112}),
        ("warn", "train texts", "1.12%", "1.00%"),
        (),
    ),
}


@pytest.mark.parametrize("rule", LIMITED)
def test_each_rule_on_quality_complains_beyond_its_limit_alone(rule: str) -> None:
    within, beyond, expected, rows = LIMITED[rule]
    assert judge(within, settings()).findings == ()
    [finding] = judge(beyond, settings()).findings
    assert finding.rule == rule
    assert (finding.level, finding.subject, finding.figure, finding.limit) == expected
    assert finding.rows == rows
    assert finding.advice


def test_a_finding_is_told_on_one_line() -> None:
    [finding] = judge(REFUSED["rows_per_label"][0], settings()).findings
    assert finding.in_words() == (
        "rows_per_label: train: label '환불': 4 rows, limit at least 5; add rows of this label, "
        "merge it into another, or lower gates.data.rows_per_label.limit"
    )


def test_every_kind_of_personal_data_is_told_in_order() -> None:
    seen = {kind: Sightings(rows=1_234, examples=()) for kind in ("phone", "card", "e-mail", "id")}
    findings = judge(quality(personal=seen), settings()).findings
    assert [finding.subject for finding in findings] == ["card", "e-mail", "id", "phone"]
    assert {finding.figure for finding in findings} == {"1,234 rows"}


def test_quality_of_no_rows_divides_by_nothing() -> None:
    nothing = quality(labels={"train": {}, "eval": {}}, leakage=found(0), duplicates=found(0))
    assert judge(nothing, settings()).findings == ()


def test_every_comparison_is_judged_and_told() -> None:
    far = Distance(column="분류", measure="L-infinity", figure=0.2, limit=0.05)
    compared = {
        name: Comparison(relation=relation, name=name, rows=5_000, distances=[far])
        for name, relation in {"drift": "drift", "skew": "skew", "served": "skew"}.items()
    }
    verdict = judge(evidence(**compared), settings(drift={"min_rows": 5_000}))
    assert [(finding.rule, finding.subject) for finding in verdict.findings] == [
        ("drift", "train: 분류"),
        ("skew", "train: 분류"),
        ("skew", "served: 분류"),
    ]
    assert verdict.comparisons == dict.fromkeys(compared, "1 distance measured")
    few = judge(evidence(**compared), settings(drift={"min_rows": 5_001}))
    assert [finding.rule for finding in few.findings] == ["skew", "skew"]


def test_every_fault_is_told_at_once() -> None:
    everything = evidence(
        rows_quarantined={"train": 999},
        label_counts={"환불": 1},
        anomalies=[NEW_LABEL, Anomaly(split="eval", column="글", summary="s", description="d")],
    )
    rules = [finding.rule for finding in judge(everything, settings()).findings]
    assert rules == ["quarantined", "anomalies", "anomalies", "labels", "rows_per_label"]


def test_a_finding_shows_ten_rows_at_most() -> None:
    rows = [f"a.csv:{n}: a NUL character" for n in range(50)]
    bad = evidence(rows_quarantined={"train": 50}, quarantine={"train": rows})
    [finding] = judge(bad, settings()).findings
    assert finding.rows == tuple(rows[:MOST_ROWS])
    assert MOST_ROWS == 10


def test_a_ruined_split_is_refused_however_many_sound_rows_another_has() -> None:
    ruined = evidence(
        rows_read={"train": 150_000, "eval": 1_000, "unlabelled": 500},
        rows_quarantined={"train": 3, "eval": 900, "unlabelled": 50},
        quarantine={
            "train": ["학습.csv:3: the text is empty"],
            "eval": ["평가.csv:2: a NUL character"],
        },
    )
    findings = judge(ruined, settings()).findings
    assert [(f.subject, f.figure, f.rows) for f in findings] == [
        ("eval files", "90.00% of 1,000 rows (900)", ("평가.csv:2: a NUL character",)),
        ("unlabelled files", "10.00% of 500 rows (50)", ()),
    ]


def test_quarantined_rows_are_told_with_the_place_of_their_file() -> None:
    [finding] = judge(evidence(rows_quarantined={"train": 50}), settings()).findings
    assert "quarantine.jsonl (of a run on this machine, under artifacts/TextExampleGen" in (
        finding.advice
    )


def test_data_without_a_single_row_or_label_is_refused_and_nothing_divides_by_zero() -> None:
    [finding] = judge(evidence(rows_read={}, label_counts={}), settings()).findings
    assert (finding.rule, finding.figure) == ("labels", "0 (none)")


def test_a_label_that_only_eval_has_does_not_count_as_one_to_learn() -> None:
    findings = judge(evidence(label_counts={"칭찬": 600, "환불": 0}), settings()).findings
    assert [(f.rule, f.figure) for f in findings] == [
        ("labels", "1 (칭찬)"),
        ("rows_per_label", "0 rows"),
    ]


def test_a_label_of_the_schema_that_no_row_has_is_told_and_lets_the_run_go_on() -> None:
    lost = evidence(absent_labels=["교환"])
    verdict = judge(lost, settings())
    [finding] = verdict.findings
    assert (finding.rule, finding.level) == ("absent_labels", "warn")
    assert (finding.figure, finding.limit) == ("1 label ('교환')", "at most 0")
    assert verdict.passed
    assert not judge(lost, settings(absent_labels={"level": "refuse"})).passed
    assert judge(lost, settings(absent_labels={"limit": 1})).findings == ()


def test_of_many_absent_labels_the_first_are_named() -> None:
    many = evidence(absent_labels=[f"{n}번 상품" for n in range(1_200)])
    [finding] = judge(many, settings()).findings
    assert finding.figure.startswith("1,200 labels ('0번 상품', '1번 상품', ")
    assert finding.figure.endswith("'9번 상품', 1,190 more)")


def test_thousands_of_rare_labels_are_few_findings_the_rarest_among_them() -> None:
    """A column of texts or ids taken for the label; the table is as wide as its widest cell."""
    rare = {f"{n}번 문의": 4 for n in range(5_000)}
    counts = rare | {"맨 끝 문의": 1, "빠진 문의": 0}
    findings = judge(evidence(label_counts=counts), settings()).findings
    assert len(findings) == 11
    told = {finding.subject: finding.figure for finding in findings}
    assert told["train: label '맨 끝 문의'"] == "1 row"
    assert told["train: label '빠진 문의'"] == "0 rows"
    assert told["train: other labels"] == "4 rows each, 4,992 labels"


def test_a_contradiction_of_a_thousand_values_is_cut_and_says_where_the_rest_stands() -> None:
    values = ", ".join(f"{n}번 문의 (<1%)" for n in range(1_000))
    [finding] = judge(
        evidence(anomalies=[replace(NEW_LABEL, description=values)]), settings()
    ).findings
    assert finding.figure.startswith("Unexpected string values: 0번 문의 (<1%), 1번 문의 (<1%), ")
    assert finding.figure.endswith("... (in full in anomalies-train.pbtxt)")
    assert len(finding.figure) < 1_100


def test_one_row_is_told_in_the_singular() -> None:
    [finding] = judge(evidence(label_counts={"칭찬": 9, "환불": 1}), settings()).findings
    assert finding.figure == "1 row"


def test_labels_are_named_in_order_whatever_the_order_of_the_counts() -> None:
    rare = evidence(label_counts={"환불": 1, "ㅋㅋㅋ": 2, "칭찬": 3, "A/S": 4})
    subjects = [finding.subject for finding in judge(rare, settings()).findings]
    assert subjects == [f"train: label {name!r}" for name in ("A/S", "ㅋㅋㅋ", "칭찬", "환불")]


WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
FINDINGS = st.builds(
    Finding,
    rule=WORDS,
    level=st.sampled_from(["warn", "refuse"]),
    subject=WORDS,
    figure=WORDS,
    limit=WORDS,
    advice=WORDS,
    rows=st.lists(WORDS, max_size=3).map(tuple),
)


@given(st.lists(FINDINGS, max_size=4).map(tuple).map(Verdict))
def test_a_verdict_comes_back_from_its_json(verdict: Verdict) -> None:
    assert Verdict.from_json(verdict.to_json()) == verdict
    assert json.loads(verdict.to_json())["passed"] is verdict.passed


def test_the_json_is_readable_korean() -> None:
    text = judge(REFUSED["labels"][0], settings()).to_json()
    assert '"figure": "1 (칭찬)"' in text
    assert text.startswith('{\n  "passed": false,\n')


def test_only_findings_of_rules_that_are_on_are_heard() -> None:
    blank = {"rule": "r", "subject": "", "figure": "", "limit": "", "advice": ""}
    findings = [Finding(level=level, **blank) for level in ("off", "warn", "off", "refuse")]
    assert [finding.level for finding in heard(findings)] == ["warn", "refuse"]
