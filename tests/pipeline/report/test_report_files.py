"""What the report is made from, and what becomes of it where it cannot be written."""

import errno
import json
from datetime import datetime
from pathlib import Path

import pytest

from components.data_gate import executor
from pipeline.report import facts as report_facts
from pipeline.report import page
from pipeline.report.facts import Facts, gather
from pipeline.run import _report
from pipeline.run_folder import TRAINING_FILE, Summary
from trainer.run import TRAINING_SUMMARY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "20261121-114311-130693"
    made.mkdir()
    return made


def test_a_runs_folder_tells_all_facts(facts: Facts, folder: Path) -> None:
    assert facts.data_verdict
    assert facts.quality
    assert facts.model_verdict
    assert facts.canary
    contents = {
        "data_gate/verdict.json": facts.data_verdict.to_json(),
        "quality.json": facts.quality.to_json(),
        "training.json": json.dumps(facts.training),
        "model_gate/verdict.json": facts.model_verdict.to_json(),
        "canary/canary.json": facts.canary.to_json(),
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    found = gather(facts.config, facts.summary, folder)
    assert found.began == datetime(2026, 11, 21, 11, 43, 11, 130_693)
    for name in ("data_verdict", "quality", "training", "model_verdict", "canary"):
        assert getattr(found, name) == getattr(facts, name)


def test_an_empty_folder_tells_none(facts: Facts, folder: Path) -> None:
    found = gather(facts.config, facts.summary, folder)
    assert (found.data_verdict, found.quality, found.training) == (None, None, {})
    assert (found.model_verdict, found.canary) == (None, None)


def test_files_are_called_as_their_writers_call_them() -> None:
    assert executor.VERDICT_FILE == report_facts.DATA_VERDICT_FILE
    assert TRAINING_SUMMARY == TRAINING_FILE


def test_a_report_is_named_in_the_summary(facts: Facts, folder: Path) -> None:
    summary = Summary(verdict="data refused")
    _report(facts.config, summary, folder)
    assert summary.report == str(folder / "report.html")
    assert "The data gate refused this run" in Path(summary.report).read_text("utf-8")
    assert json.loads(summary.to_json())["report"] == summary.report


def test_a_report_that_cannot_be_written_leaves_nothing_and_keeps_the_verdict(
    facts: Facts, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "report.html").mkdir()
    summary = Summary(verdict="pushed", pushed={"version": "7", "path": "models/7"})
    _report(facts.config, summary, folder)
    assert summary.verdict == "pushed"
    assert summary.report == ""
    assert "Is a directory" in summary.report_fault
    assert "Traceback" in capfd.readouterr().err
    assert [file.name for file in folder.iterdir()] == ["report.html"]


def test_a_full_disk_is_told_with_the_way_out(
    facts: Facts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(page, "write", full)
    summary = Summary()
    _report(facts.config, summary, folder)
    assert summary.report_fault.startswith("the disk is full: free some space")
