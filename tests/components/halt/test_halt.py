"""The node that stops a run which a gate has refused."""

from pathlib import Path

import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import channel

from components.artifacts import Verdict
from components.data_gate.verdict import Finding
from components.data_gate.verdict import Verdict as GateVerdict
from components.gate_rules import Level
from components.halt.component import Executor, GateRefusedError, Halt


def finding(level: Level, subject: str) -> Finding:
    return Finding(
        rule="rows_per_label",
        level=level,
        subject=f"train: label {subject!r}",
        figure="4 rows",
        limit="at least 5",
        advice="add rows of this label",
    )


def halt(folder: Path, *findings: Finding) -> None:
    (folder / "verdict.json").write_text(GateVerdict(findings).to_json(), "utf-8")
    verdict = Verdict()
    verdict.uri = str(folder)
    Executor(BaseExecutor.Context()).Do({"verdict": [verdict]}, {}, {})


def test_a_refused_run_is_stopped_with_every_reason(tmp_path: Path) -> None:
    refused = [finding("refuse", "환불"), finding("refuse", "ㅋㅋ")]
    with pytest.raises(GateRefusedError) as caught:
        halt(tmp_path, refused[0], finding("warn", "칭찬"), refused[1])
    reasons = str(caught.value).splitlines()
    assert reasons == [reason.in_words() for reason in refused]
    assert "rows_per_label: train: label '환불': 4 rows, limit at least 5" in reasons[0]


@pytest.mark.parametrize("level", [None, "warn"])
def test_a_run_that_passed_goes_on(tmp_path: Path, level: Level | None) -> None:
    halt(tmp_path, *([finding(level, "환불")] if level else []))
    assert (tmp_path / "verdict.json").exists()


def test_a_verdict_that_is_not_there_stops_the_run(tmp_path: Path) -> None:
    verdict = Verdict()
    verdict.uri = str(tmp_path / "nowhere")
    with pytest.raises(Exception, match=r"verdict\.json"):
        Executor(BaseExecutor.Context()).Do({"verdict": [verdict]}, {}, {})


def test_the_node_waits_for_the_verdict() -> None:
    gate = channel.Channel(type=Verdict)
    assert Halt(verdict=gate).inputs == {"verdict": gate}
