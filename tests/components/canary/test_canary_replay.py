"""The comparison with training's answers, the drawing of texts, and the times."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from components.canary.golden import Case as GoldenCase
from components.canary.golden import Row, eval_cases, hostile_cases, missing
from components.canary.record import Latency, Record, Server, refusal
from components.canary.replay import (
    LARGE_BATCH,
    LARGE_BATCH_BYTES,
    Pass,
    difference,
    latency_findings,
    measure,
    passes,
    percentile,
    replay,
)
from components.canary.requests import Ranked, RequestFailedError
from components.canary.settings import CanarySettings
from trainer.golden import Golden
from trainer.hostile import HOSTILE

TOLERANCE = 1e-5
CASE = GoldenCase("문의.csv:2", b"\xea\xb0\x80", {"칭찬": 0.25, "환불": 0.75})
RIGHT: Ranked = [("환불", 0.75), ("칭찬", 0.25)]
NAN = math.nan


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (RIGHT, ""),
        ([("환불", 0.750009), ("칭찬", 0.249991)], ""),
        ([("환불", 0.75002), ("칭찬", 0.24998)], "training says 0."),
        ([("칭찬", 0.75), ("환불", 0.25)], "has 0."),
        ([("환불", NAN), ("칭찬", 0.25)], "has nan"),
        ([("칭찬", 0.25), ("환불", 0.75)], "labels not best first: [0.25, 0.75]"),
        ([("환불", 0.75)], "labels ['환불'], expected ['칭찬', '환불']"),
        ([("환불", 0.75), ("환불", 0.25)], "labels ['환불', '환불']"),
        ([("환불", 0.75), ("칭찬", 0.25), ("기타", 0.0)], "labels ['환불', '칭찬', '기타']"),
        ([], "labels [], expected ['칭찬', '환불']"),
    ],
)
def test_an_answer_is_compared_label_by_label(answer: Ranked, fault: str) -> None:
    found = difference(CASE, answer, tolerance=TOLERANCE)
    assert (found == "") == (fault == "")
    assert fault in found


def test_an_answer_in_the_order_of_the_ids_needs_no_ranking() -> None:
    assert difference(CASE, RIGHT[::-1], tolerance=TOLERANCE, ranked=False) == ""


def test_the_first_text_that_differs_is_named_and_ends_the_pass() -> None:
    asked: list[bytes] = []

    def ask(texts: Sequence[bytes]) -> list[Ranked]:
        asked.extend(texts)
        return [RIGHT if text != b"3" else RIGHT[::-1] for text in texts]

    cases = [GoldenCase(f"문의.csv:{n}", str(n).encode(), CASE.expected) for n in range(6)]
    agreed, finding = replay(Pass("REST", ask, [[case] for case in cases]), tolerance=TOLERANCE)
    assert (agreed, asked) == (3, [b"0", b"1", b"2", b"3"])
    assert finding is not None
    assert (finding.rule, finding.subject) == ("answers", "REST: 문의.csv:3")


@pytest.mark.parametrize(("size", "subject"), [(1, "문의.csv:2"), (3, "3 texts")])
def test_a_request_without_an_answer_is_another_fault(size: int, subject: str) -> None:
    def ask(texts: Sequence[bytes]) -> list[Ranked]:
        raise RequestFailedError("RESOURCE_EXHAUSTED: the server is full")

    agreed, finding = replay(Pass("gRPC", ask, [[CASE] * size]), tolerance=TOLERANCE)
    assert agreed == 0
    assert finding is not None
    assert (finding.rule, finding.subject) == ("requests", f"gRPC: {subject}")
    assert "RESOURCE_EXHAUSTED" in finding.figure


class Recorder:
    def __getattr__(self, name: str) -> Any:
        return name


def test_every_text_is_asked_alone_and_a_thousand_together_over_both_apis() -> None:
    cases = [CASE] * 7
    found = [
        (one.ask, sorted({len(batch) for batch in one.batches}), len(one.batches))
        for one in passes(Recorder(), cases)  # type: ignore[arg-type]
    ]
    assert found == [
        ("by_text", [1], 7),
        ("by_text", [LARGE_BATCH], 1),
        ("by_rest", [1], 7),
        ("by_rest", [LARGE_BATCH], 1),
        ("by_example", [7], 1),
    ]


def test_of_long_texts_fewer_are_asked_together_so_that_no_request_is_too_large() -> None:
    third = b"x" * (LARGE_BATCH_BYTES // 3)
    cases = [GoldenCase(f"문의.csv:{n}", third, CASE.expected) for n in range(7)]
    _, together, _, over_rest, by_example = passes(Recorder(), cases)  # type: ignore[arg-type]
    assert (together.name, over_rest.name) == ("gRPC, 3 texts", "REST, 3 texts")
    assert [len(batch) for batch in (*together.batches, *over_rest.batches)] == [3, 3]
    assert [len(batch) for batch in by_example.batches] == [3, 3, 1]
    assert [case for batch in by_example.batches for case in batch] == cases


def keys(texts: Sequence[bytes]) -> list[str]:
    """All that is known of a text is its length and its start."""
    return [f"{len(text)} {text[:1]!r}" for text in texts]


def golden_of(*texts: bytes) -> Golden:
    known = (*HOSTILE.values(), *texts)
    return Golden(("칭찬", "환불"), dict.fromkeys(keys(known), (0.5, 0.5)))


def rows(*lengths: int) -> list[Row]:
    return [Row(f"문의.csv:{n}", b"x" * n) for n in lengths]


def test_eval_texts_are_drawn_in_order_as_far_as_needed_and_equal_ones_once() -> None:
    golden = golden_of(*(b"x" * n for n in (1_001, 1_002, 1_003, 1_004)))
    chunks = iter([rows(900, 1_001, 1_001), rows(1_003), rows(1_002), rows(1_004)])
    drawn = eval_cases(chunks, golden, keys, rows=2)
    assert [case.name for case in drawn] == ["문의.csv:1001", "문의.csv:1003"]
    assert drawn[0].expected == {"칭찬": 0.5, "환불": 0.5}
    assert next(chunks) == rows(1_002)


def test_texts_whose_features_training_never_saw_cannot_judge() -> None:
    golden = golden_of(*(b"x" * n for n in range(1_001, 1_004 + len(HOSTILE))))
    hostile = hostile_cases(golden, keys)
    drawn = eval_cases([rows(1_001, 1_002, 1_003)], golden, keys, rows=3)
    assert len(hostile) == len(HOSTILE)
    assert missing(golden, hostile=hostile, drawn=drawn, rows=3) == ()
    found = missing(golden, hostile=hostile[1:], drawn=drawn[1:], rows=3)
    assert [finding.rule for finding in found] == ["golden", "golden"]
    assert [finding.figure for finding in found] == [
        f"training has answered {len(HOSTILE) - 1} of {len(HOSTILE)}",
        "training has answered 2 of 3",
    ]
    assert missing(golden, hostile=hostile, drawn=[], rows=3)


def test_a_tiny_eval_split_may_have_fewer_texts_than_are_asked_for() -> None:
    golden = golden_of(b"x" * 1_001)
    hostile = hostile_cases(golden, keys)
    drawn = eval_cases([rows(1_001)], golden, keys, rows=64)
    assert missing(golden, hostile=hostile, drawn=drawn, rows=64) == ()


@pytest.mark.parametrize(
    ("figures", "share", "expected"),
    [([5.0], 0.99, 5.0), ([1.0, 2.0, 3.0], 0.5, 2.0), (list(range(1, 101)), 0.99, 99)],
)
def test_a_percentile_is_one_of_the_figures(
    figures: list[float], share: float, expected: float
) -> None:
    assert percentile(figures, share) == expected


def test_times_are_taken_of_single_texts_in_turn() -> None:
    asked: list[Sequence[bytes]] = []
    latency = measure(lambda texts: asked.append(texts) or [], [CASE, CASE], requests=5)  # type: ignore[func-returns-value]
    assert asked == [[CASE.text]] * 5
    assert latency.requests == 5
    assert 0 <= latency.p50_ms <= latency.p99_ms


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        ({"max_p50_ms": 10.0, "max_p99_ms": 50.0}, []),
        ({"max_p50_ms": 9.9, "max_p99_ms": 50.0}, ["p50"]),
        ({"max_p50_ms": 9.9, "max_p99_ms": 49.9}, ["p50", "p99"]),
        ({"max_p50_ms": None, "max_p99_ms": None}, []),
    ],
)
def test_times_are_judged_by_the_limits_that_are_set(
    limits: dict[str, Any], refused: list[str]
) -> None:
    latency = Latency(requests=100, p50_ms=10.0, p99_ms=50.0)
    findings = latency_findings(latency, CanarySettings(**limits))
    assert [finding.subject[:3] for finding in findings] == refused
    assert all(f"gates.canary.max_{f.subject[:3]}_ms" in f.advice for f in findings)


def test_a_record_reads_back_the_same_and_is_told_in_a_few_words() -> None:
    server = Server(backend="embedded", program="/usr/bin/python", version="TensorFlow 2.16.2")
    good = Record(
        server=server,
        ready_s=3.25,
        texts=82,
        replayed=2_246,
        latency=Latency(requests=100, p50_ms=2.31, p99_ms=4.0),
    )
    assert Record.from_json(good.to_json()) == good
    assert good.in_words() == (
        "2,246 answers are training's, ready in 3.2 s, p50 2.3 ms; "
        "the embedded server (TensorFlow 2.16.2)"
    )
    fault = refusal("load", subject="칭찬", figure="a\n\nb", limit="c", advice="d")
    bad = Record(findings=(fault, replace(fault, rows=("e",))))
    assert Record.from_json(bad.to_json()) == bad
    assert fault.in_words() == "load: 칭찬: a b, limit c; d"
    assert (bad.blessed, bad.in_words()) == (False, "refused by load")


def test_a_canary_that_has_asked_nothing_blesses_nothing() -> None:
    server = Server(backend="embedded", program="python", version="1")
    record = Record(server=server, ready_s=1.0)
    assert not record.blessed
    assert record.in_words() == "refused: nothing was asked"
