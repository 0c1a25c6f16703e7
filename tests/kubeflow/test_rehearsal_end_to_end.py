"""The whole graph, compiled and rehearsed: against the local run, and after an earlier release.

The slow part of this folder: three rehearsals and one local run of 300 rows.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow import compile as compiling
from kubeflow import document
from kubeflow.console.rehearse import status_of
from kubeflow.rehearse.isolation import choose
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.room import Isolation, environment
from kubeflow.rehearse.run import Rehearsal
from kubeflow.spec import Spec
from pipeline import config
from pipeline.demo import corpus

DONE, FAULT, REFUSED = 0, 1, 2
LABELS = ("배송 지연", "주문 취소", "환불 요청")
ROWS = 300
URI = "s3://malmoi/rows"

SCHEMA = """
feature {{
  name: "text" type: BYTES
  presence {{ min_fraction: 1.0 min_count: 1 }} value_count {{ min: 1 max: 1 }}
}}
feature {{
  name: "label" type: BYTES domain: "labels" not_in_environment: "UNLABELLED"
  presence {{ min_fraction: 1.0 min_count: 1 }} value_count {{ min: 1 max: 1 }}
}}
string_domain {{ name: "labels" {values} }}
default_environment: "TRAINING"
default_environment: "SERVING"
default_environment: "UNLABELLED"
"""

SETTINGS: dict[str, Any] = {
    "name": "enquiries",
    "data": {"train": "rows/rows.csv", "columns": {"text": "text", "label": "label"}},
    "schema": "schema.pbtxt",
    "text": {"vocabulary_size": 500},
    "training": {
        "embedding_dim": 8,
        "units": 8,
        "batch_size": 16,
        "epochs": 4,
        "patience": 4,
        "learning_rate": 0.02,
    },
    "gates": {"model": {"accuracy": 0.1}},
    "kubeflow": {
        "image": "registry.example/malmoi:0.1.0",
        "data": URI,
        "models": {"claim": "models", "mount_path": "/malmoi"},
    },
}
WORSE = ("training.epochs=1", "training.learning_rate=1e-9", "gates.model.accuracy=0.0")

Row = tuple[str, str]
Results = dict[str, TaskResult]


@dataclass
class Told:
    """What a rehearsal has said while it ran."""

    order: list[str] = field(default_factory=list)

    def task_ended(self, result: TaskResult) -> None:
        self.order.append(result.task)


@dataclass(frozen=True)
class House:
    """A configuration with its rows, and the folder of its rehearsals."""

    folder: Path
    isolation: Isolation

    @property
    def models(self) -> Path:
        return self.folder / "rehearsal" / "volumes" / "models" / "models" / "enquiries"

    def versions(self) -> list[str]:
        return sorted(path.name for path in self.models.glob("*"))

    def compile(self, *overrides: str) -> tuple[Spec, Spec]:
        path = self.folder / "pipeline.yaml"
        loaded = config.load(self.folder / "malmoi.yaml", overrides)
        path.write_text(compiling.compile_yaml(loaded), "utf-8")
        return document.read(path)

    def rehearse(self, *overrides: str) -> tuple[int, Results]:
        pipeline, platform = self.compile(*overrides)
        rehearsal = Rehearsal(self.folder / "rehearsal", self.isolation)
        rehearsal.store.mirror(self.folder / "rows", URI)
        results = rehearsal.run(pipeline, platform, listener=Told(), parameters={})
        return status_of(pipeline, results), results


def blessing(results: Results) -> Spec:
    (found,) = (r.metadata["blessing"] for r in results.values() if "blessing" in r.metadata)
    return found


def because(results: Results) -> str:
    return "\n".join(result.why for result in results.values() if result.why)


@pytest.fixture(scope="module")
def build(
    tmp_path_factory: pytest.TempPathFactory, isolation: Isolation
) -> Callable[[Sequence[Row]], House]:
    def make(rows: Sequence[Row]) -> House:
        house = House(tmp_path_factory.mktemp("house"), isolation)
        (house.folder / "rows").mkdir()
        with (house.folder / "rows" / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
        values = " ".join(f'value: "{label}"' for label in LABELS)
        (house.folder / "schema.pbtxt").write_text(SCHEMA.format(values=values), "utf-8")
        written = yaml.safe_dump(SETTINGS, allow_unicode=True)
        (house.folder / "malmoi.yaml").write_text(written, "utf-8")
        return house

    return make


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = ((row.text, row.label) for row in corpus.generate() if row.label in LABELS)
    return list(islice(found, ROWS))


@pytest.fixture(scope="module")
def house(build: Callable[[Sequence[Row]], House], rows: list[Row]) -> House:
    return build(rows)


@pytest.fixture(scope="module")
def first(house: House) -> tuple[int, Results, list[str]]:
    """The first rehearsal, and the versions after it."""
    status, results = house.rehearse()
    return status, results, house.versions()


@pytest.fixture(scope="module")
def second(house: House, first: Any) -> tuple[int, Results]:
    """A second one, of a model that has learnt nothing."""
    return house.rehearse(*WORSE)


@pytest.fixture(scope="module")
def local(house: House, first: Any) -> dict[str, Any]:
    """The same rows and settings through `malmoi run`."""
    malmoi = Path(sys.executable).with_name("malmoi")
    done = subprocess.run(
        [malmoi, "run", house.folder / "malmoi.yaml", "--json"],
        env={**os.environ, "PYTHONPATH": environment()["PYTHONPATH"]},
        capture_output=True,
        check=False,
    )
    assert done.returncode == DONE, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_step_runs_in_a_process_of_its_own_as_the_command_starts_it(house: House) -> None:
    pipeline, _ = house.compile()
    only = "ImportSchemaGen"
    pipeline["root"]["dag"]["tasks"] = {only: pipeline["root"]["dag"]["tasks"][only]}
    rehearsal = Rehearsal(house.folder / "alone", choose())

    results = rehearsal.run(pipeline, {}, listener=Told(), parameters={})

    assert results[only].state == "ran", because(results)
    written = results[only].artifacts["schema"] / "schema.pbtxt"
    assert written.read_bytes() == (house.folder / "schema.pbtxt").read_bytes()


def test_the_first_rehearsal_goes_the_whole_way_and_pushes(first: Any) -> None:
    status, results, versions = first

    assert status == DONE, because(results)
    assert {result.state for result in results.values()} == {"ran"}
    assert len(versions) == 1


def test_before_the_first_push_there_is_no_baseline_and_no_vocabulary(first: Any) -> None:
    _, results, _ = first

    assert results["Baseline"].metadata["model"] == {}
    assert "baseline_model_id" not in blessing(results)


def test_the_schema_is_the_local_run_s(house: House, first: Any, local: Any) -> None:
    (place,) = first[1]["ImportSchemaGen"].artifacts["schema"].glob("*")
    (imported,) = (house.folder / "output").rglob("ImportSchemaGen/schema/*/schema.pbtxt")

    assert place.read_bytes() == imported.read_bytes()


def test_the_vocabulary_and_the_labels_are_the_local_run_s(
    house: House, first: Any, local: Any
) -> None:
    rehearsed = house.models / first[2][0]

    for asset in ("subwords", "labels"):
        here = (Path(local["pushed"]["path"]) / "assets" / asset).read_bytes()
        assert (rehearsed / "assets" / asset).read_bytes() == here


def test_the_data_gate_s_verdict_is_the_local_run_s(first: Any, local: Any) -> None:
    here = Path(local["run_folder"]) / "data_gate" / "verdict.json"
    there = first[1]["DataGate"].artifacts["verdict"] / "verdict.json"

    assert json.loads(there.read_text("utf-8")) == json.loads(here.read_text("utf-8"))


def test_the_blessing_is_the_local_run_s(first: Any, local: Any) -> None:
    assert blessing(first[1])["blessed"] == 1
    assert local["verdict"] == "pushed"


def test_examples_carry_span_and_fingerprint_of_the_files_that_were_read(first: Any) -> None:
    examples = first[1]["TextExampleGen"].metadata["examples"]

    assert examples["input_fingerprint"].startswith("split:train,num_files:1,")
    assert json.loads(examples["split_names"]) == ["train", "eval"]


def test_the_second_rehearsal_finds_the_first_one_s_model(first: Any, second: Any) -> None:
    _, results = second
    (version,) = first[2]

    assert results["Baseline"].metadata["model"]["pushed_version"] == version
    assert results["Production"].metadata["model"]["pushed_version"] == version
    assert "baseline_model_id" in blessing(results)


def test_a_worse_candidate_is_refused_and_not_pushed(house: House, first: Any, second: Any) -> None:
    status, results = second

    assert status == REFUSED, because(results)
    assert blessing(results)["blessed"] == 0
    assert house.versions() == first[2]


def test_what_reads_no_rows_comes_from_the_cache_and_nothing_else_does(second: Any) -> None:
    cached = {name for name, result in second[1].items() if result.state == "cached"}

    assert cached == {"ImportSchemaGen"}


def test_data_that_the_gate_refuses_stop_the_run_before_any_training(
    build: Callable[[Sequence[Row]], House], rows: list[Row]
) -> None:
    unknown = [(text, "모르는 갈래") for text, _ in rows[:60]]
    house = build([*rows[:120], *unknown])

    status, results = house.rehearse()

    assert status == REFUSED, because(results)
    assert results["DataGate"].state == "ran"
    assert results["DataGateHalt"].state == "failed"
    assert "모르는 갈래" in results["DataGateHalt"].why
    behind = ("Transform", "Trainer", "Evaluator", "AtomicPusher")
    assert {results[task].state for task in behind} == {"not run"}
    assert house.versions() == []
