"""What each step that judges says for people, from what it has written for programs."""

from pathlib import Path

import pytest

from components.canary.record import RECORD_FILE, Record, refusal
from components.data_gate.executor import VERDICT_FILE
from components.data_gate.verdict import Finding
from components.data_gate.verdict import Verdict as DataVerdict
from components.gate_rules import Level
from components.model_gate import verdict as model_gate
from kubeflow.step.judgement import Judgement, of_step


def finding(rule: str, level: Level) -> Finding:
    return Finding(
        rule=rule, level=level, subject="train", figure="2 %", limit="1 %", advice="행을 고친다"
    )


def check(rule: str, level: Level, state: model_gate.State) -> model_gate.Check:
    return model_gate.Check(
        rule=rule,
        level=level,
        state=state,
        subject="환불 요청",
        figure="0.7",
        limit="0.8",
        sentence="0.7은 0.8보다 낮다",
        advice="행을 더한다",
    )


def judged(step: str, key: str, file: Path, text: str) -> Judgement:
    file.write_text(text, "utf-8")
    return of_step(step, {key: {"uri": str(file.parent)}})


def test_of_the_data_gate_what_refuses_is_a_reason_and_what_warns_a_remark(tmp_path: Path) -> None:
    verdict = DataVerdict(
        (finding("labels", "refuse"), finding("imbalance", "warn")), {"drift": "no baseline yet"}
    )

    found = judged("DataGate", "verdict", tmp_path / VERDICT_FILE, verdict.to_json())

    assert found.headline == "refused; drift: no baseline yet"
    assert found.reasons == ["labels: train: 2 %, limit 1 %; 행을 고친다"]
    assert found.remarks == ["imbalance: train: 2 %, limit 1 %; 행을 고친다"]


def test_of_the_model_gate_only_what_is_broken_counts(tmp_path: Path) -> None:
    verdict = model_gate.Verdict(
        production="version 3",
        rows=1_200,
        checks=(
            check("accuracy", "refuse", "kept"),
            check("label_loss", "refuse", "broken"),
            check("calibration", "warn", "broken"),
        ),
    )

    found = judged("ModelGate", "blessing", tmp_path / model_gate.VERDICT_FILE, verdict.to_json())

    assert found.headline == "refused, on 1,200 eval rows; production: version 3"
    assert found.reasons == ["label_loss: 0.7은 0.8보다 낮다; 행을 더한다"]
    assert found.remarks == ["calibration: 0.7은 0.8보다 낮다; 행을 더한다"]


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        (Record(replayed=0), ["refused: nothing was asked"]),
        (
            Record(
                findings=(
                    refusal("ops", subject="그래프", figure="MyOp", limit="none", advice="뺀다"),
                )
            ),
            ["ops: 그래프: MyOp, limit none; 뺀다"],
        ),
    ],
)
def test_a_canary_that_blesses_nothing_has_a_reason(
    tmp_path: Path, record: Record, reasons: list[str]
) -> None:
    found = judged("Canary", "blessing", tmp_path / RECORD_FILE, record.to_json())

    assert found.reasons == reasons


@pytest.mark.parametrize(("version", "words"), [("3", "version 3 is pushed"), ("", "nothing is")])
def test_the_pusher_names_its_version(version: str, words: str) -> None:
    outputs = {"pushed_model": {"uri": "/m", "metadata": {"pushed_version": version}}}

    found = of_step("AtomicPusher", outputs)

    assert found.version == version
    assert found.headline.startswith(words)
