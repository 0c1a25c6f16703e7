"""Where output cannot be written, a lost answer is a fault; a line of progress is none."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from kubeflow.console.compile import compile_
from kubeflow.console.rehearse import rehearse
from kubeflow.console.submit import submit
from kubeflow.document import read, to_yaml
from kubeflow.spec import Spec
from kubeflow.submission import request as submission

DONE, FAULT = 0, 1
GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A pipeline of two steps that do nothing."""
    names = [f"step-{number}" for number in (1, 2)]
    container = {"image": "image:1", "command": ["true"]}
    spec: Spec = {
        "pipelineInfo": {"name": "enquiries"},
        "schemaVersion": "2.1.0",
        "components": {name: {"executorLabel": name} for name in names},
        "deploymentSpec": {
            "executors": {name: {"container": {**container, "args": [name]}} for name in names}
        },
        "root": {"dag": {"tasks": {name: {"componentRef": {"name": name}} for name in names}}},
    }
    path = tmp_path / "pipeline.yaml"
    path.write_text(to_yaml(spec, {}), "utf-8")
    return path


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The reader has gone, as that of `| head` does."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield


def compiled(folder: Path) -> None:
    compile_(GOLDEN / "malmoi.yaml", folder / "compiled.yaml")


def submitted(_: Path) -> None:
    submit(GOLDEN / "pipeline.yaml", "http://127.0.0.1:9")


def rehearsed(folder: Path) -> None:
    rehearse(folder / "pipeline.yaml", folder=folder / "rehearsal", as_json=True)


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("command", [compiled, submitted, rehearsed])
def test_an_answer_that_cannot_be_written_is_a_fault(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    command: Callable[[Path], None],
) -> None:
    receipt = submission.Receipt(id="run-1", url="http://127.0.0.1:9/#/runs", disabled=())
    compiling = SimpleNamespace(
        NoKubeflowSettingsError=Exception,
        compile_config=lambda _: read(GOLDEN / "pipeline.yaml"),
        settings_of=lambda config: config.kubeflow,
    )
    monkeypatch.setitem(sys.modules, "kubeflow.compile", compiling)  # without TFX
    monkeypatch.setattr(submission, "send", lambda _: receipt)
    request.getfixturevalue("full")  # not before: the capture puts its own in place again

    with pytest.raises(typer.Exit) as ended:
        command(tmp_path)

    assert ended.value.exit_code == FAULT
    told = capsys.readouterr().err
    assert told == "standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("where", "complaint"),
    [("full", "standard output cannot be written: No space left on device\n"), ("left", "")],
)
def test_a_rehearsal_goes_on_where_nobody_hears_it_and_complains_once_at_most(
    pipeline: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    where: str,
    complaint: str,
) -> None:
    request.getfixturevalue(where)

    with pytest.raises(typer.Exit) as ended:
        rehearse(pipeline, folder=tmp_path / "rehearsal")

    assert ended.value.exit_code == DONE
    assert capsys.readouterr().err == complaint
    logs = (tmp_path / "rehearsal" / "runs").glob("*/*/log.txt")
    assert sorted(log.parent.name for log in logs) == ["step-1", "step-2"]
