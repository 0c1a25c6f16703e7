"""The rows of the report's tables."""

from dataclasses import replace
from typing import Any

from components.canary.record import Record, refusal
from components.canary.settings import CanarySettings
from components.data_quality.report import Overlap, Quality
from components.model_gate.verdict import Check, Verdict
from pipeline.report import tables

FIGURES = {"accuracy": 0.87968, "macro_f1": 0.5, "example_count": 14_977.0}


def test_what_refuses_comes_first_and_what_was_not_judged_last(accuracy: Check) -> None:
    checks = [
        replace(accuracy, state="not judged"),
        accuracy,
        replace(accuracy, state="broken", level="warn"),
        replace(accuracy, state="broken"),
    ]
    outcomes = [row.outcome for row in tables.model_rows(checks)]
    assert outcomes == ["refused", "warned", "kept", "not judged"]


def test_only_a_broken_check_comes_with_advice(accuracy: Check) -> None:
    (kept,) = tables.model_rows([accuracy])
    (broken,) = tables.model_rows([replace(accuracy, state="broken")])
    assert kept.words == accuracy.sentence
    assert broken.words == f"{accuracy.sentence}; {accuracy.advice}"


def test_a_canary_that_blesses_tells_what_it_measured(record: Record) -> None:
    rows = tables.canary_rows(record, CanarySettings(max_p99_ms=None))
    assert [(row.rule, row.figure, row.limit, row.outcome) for row in rows] == [
        ("ready", "8.0 s", "120 s", "kept"),
        ("answers", "2,246 answers are training's", "within 1e-05", "kept"),
        ("latency", "3.3 ms", "100 ms", "kept"),
        ("latency", "8.1 ms", "none", "kept"),
    ]


def test_a_rule_that_the_canary_finds_broken_is_not_kept_too(record: Record) -> None:
    slow = refusal("latency", subject="p99", figure="2 s", limit="1000 ms", advice="make it small")
    rows = tables.canary_rows(replace(record, findings=(slow,)), CanarySettings())
    assert [(row.rule, row.outcome) for row in rows] == [
        ("latency", "refused"),
        ("ready", "kept"),
        ("answers", "kept"),
    ]


def test_a_canary_that_asked_nothing_has_measured_nothing() -> None:
    assert tables.canary_rows(Record(), CanarySettings()) == []


def test_a_metric_has_the_interval_of_the_gate_where_there_is_one(accuracy: Check) -> None:
    verdict = Verdict(production="", rows=1, checks=(accuracy,))
    assert tables.metrics(FIGURES, verdict) == {
        "accuracy": "0.8797 [0.8744, 0.8848]",
        "macro F1": "0.5000",
        "eval rows": "14,977",
    }


def test_a_figure_of_other_rows_is_not_taken_for_the_splits(accuracy: Check) -> None:
    verdict = Verdict(production="", rows=1, checks=(replace(accuracy, subject="label '환불'"),))
    assert tables.metrics(FIGURES, verdict)["accuracy"] == "0.8797"


def test_a_network_alone_has_no_linear_channel(training: dict[str, Any]) -> None:
    del training["linear_accuracy"]
    assert [channel.name for channel in tables.channels(training)] == ["network", "mixture"]


def test_every_overlap_of_the_quality_has_a_line(quality: Quality) -> None:
    found = [value for value in vars(quality).values() if isinstance(value, Overlap)]
    assert len(tables.overlaps(quality)) == len(found)


def test_labels_are_counted_by_split_the_most_frequent_first(quality: Quality) -> None:
    counts = tables.labels(quality)
    assert list(counts.items()) == [("배송", [0, 100]), ("환불", [20, 50])]


def test_a_rule_that_warns_twice_is_named_once_and_one_that_refuses_not(accuracy: Check) -> None:
    warns = replace(accuracy, rule="calibration", level="warn", state="broken")
    refuses = replace(accuracy, state="broken")
    verdict = Verdict(production="", rows=1, checks=(warns, warns, refuses))
    assert tables.warned(None, verdict) == ["calibration"]
