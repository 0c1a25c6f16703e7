"""A new span on the cluster: from `{SPAN}` in the configuration to the examples of a run."""

import shutil
from pathlib import Path

import pytest

from kubeflow import compile as compiling
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.room import Isolation
from kubeflow.rehearse.run import Rehearsal
from kubeflow.spec import Spec, tasks
from pipeline import config

URI = "s3://malmoi/rows"
CONFIG = """
name: enquiries
data:
  train: rows/span-{SPAN}/*.csv
  columns: {text: text, label: label}
schema: schema.pbtxt
kubeflow:
  image: registry.example/malmoi:0.1.0
  data: s3://malmoi/rows
  models: {claim: models, mount_path: /malmoi}
"""
READERS = ("import-data", "TextExampleGen")
ROWS = {1: 20, 2: 30}


class Unheard:
    def task_ended(self, result: TaskResult) -> None:
        pass


def write_span(folder: Path, span: int) -> None:
    rows = [f"{span}번째 묶음의 문의 {n},{'환불' if n % 2 else '배송'}" for n in range(ROWS[span])]
    (folder / f"span-{span}").mkdir(parents=True)
    file = folder / f"span-{span}" / "rows.csv"
    file.write_text("\n".join(["text,label", *rows, ""]), "utf-8")


def compiled(folder: Path) -> Spec:
    """Compile the configuration, and keep the tasks that read the rows."""
    (folder / "malmoi.yaml").write_text(CONFIG, "utf-8")
    shutil.copy(Path(__file__).with_name("rehearsed") / "schema.pbtxt", folder)
    pipeline, _ = compiling.compile_config(config.load(folder / "malmoi.yaml"))
    pipeline["root"]["dag"]["tasks"] = {name: tasks(pipeline)[name] for name in READERS}
    return pipeline


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, isolation: Isolation
) -> dict[int, dict[str, TaskResult]]:
    """Rehearse what was compiled once with span 1, and again when span 2 has come."""
    folder = tmp_path_factory.mktemp("spans")
    rehearsal = Rehearsal(folder / "rehearsal", isolation)
    pipeline = compiled(folder)
    found = {}
    for span in ROWS:
        write_span(folder / "rows", span)
        rehearsal.store.mirror(folder / "rows", URI)
        found[span] = rehearsal.run(pipeline, {}, listener=Unheard(), parameters={})
    return found


@pytest.mark.parametrize("span", list(ROWS))
def test_a_run_takes_the_newest_span_and_its_rows_alone(
    runs: dict[int, dict[str, TaskResult]], span: int
) -> None:
    result = runs[span]["TextExampleGen"]

    assert result.state == "ran", result.why
    examples = result.metadata["examples"]
    assert examples["custom:span"] == span  # TFX writes it so, for it is a property of the type too
    assert examples["rows_train"] + examples["rows_eval"] == ROWS[span]


def test_nothing_of_a_new_span_comes_from_the_cache(runs: dict[int, dict[str, TaskResult]]) -> None:
    first, second = (run["TextExampleGen"] for run in runs.values())

    assert {result.state for result in runs[2].values()} == {"ran"}
    assert second.artifacts["examples"] != first.artifacts["examples"]
    fingerprints = [run.metadata["examples"]["input_fingerprint"] for run in (first, second)]
    assert fingerprints[0] != fingerprints[1]
