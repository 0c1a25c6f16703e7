"""The whole graph, compiled and rehearsed: against the local run, and after an earlier release.

The slow part of this folder: two rehearsals, one that the data gate stops, and a local run as far
as the model gate; of 300 rows, with the smallest model that learns them.
"""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from kubeflow import compile as compiling
from kubeflow import document
from kubeflow.console.rehearse import status_of
from kubeflow.rehearse.isolation import choose
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.room import Isolation
from kubeflow.rehearse.run import Rehearsal
from kubeflow.spec import GUARDED, Spec, tasks
from pipeline import config, graph, local_runner
from pipeline.demo import corpus
from pipeline.local_runner import NodeResult
from serving.releases.manifest import read_manifest

DONE, FAULT, REFUSED = 0, 1, 2
LABELS = ("배송 지연", "주문 취소", "환불 요청")
ROWS = 300
URI = "s3://malmoi/rows"

REHEARSED = Path(__file__).with_name("rehearsed")
WORSE = (
    *("training.epochs=1", "training.learning_rate=1e-9", "training.linear_penalty=1e-9"),
    "gates.model.accuracy=0.0",
)

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
        return sorted(path.name for path in self.models.glob("*") if path.name.isdecimal())

    def compile(self, *overrides: str) -> tuple[Spec, Spec]:
        path = self.folder / "pipeline.yaml"
        loaded = config.load(self.folder / "malmoi.yaml", overrides)
        document.write(path, *compiling.compile_config(loaded))
        return document.read(path)

    def rehearse(self, *overrides: str) -> tuple[int, Results]:
        pipeline, platform = self.compile(*overrides)
        rehearsal = Rehearsal(self.folder / "rehearsal", self.isolation)
        rehearsal.store.mirror(self.folder / "rows", URI)
        results = rehearsal.run(pipeline, platform, listener=Told(), parameters={})
        return status_of(pipeline, results), results


def blessing(results: Results) -> Spec:
    return results["ModelGate"].metadata["blessing"]


def data_verdict(results: Results) -> Any:
    place = results["DataGate"].artifacts["verdict"] / "verdict.json"
    return json.loads(place.read_text("utf-8"))


def summary(results: Results, task: str) -> str:
    return results[task].artifacts["summary"].read_text("utf-8")


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
        for name in ("malmoi.yaml", "schema.pbtxt"):
            shutil.copy(REHEARSED / name, house.folder)
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


class Unheard:
    def node_started(self, node: str) -> None:
        pass

    def node_ended(self, result: NodeResult) -> None:
        pass


@pytest.fixture(scope="module")
def local(house: House, first: Any) -> dict[str, NodeResult]:
    """The same rows and settings through the local runner, as far as the model is judged."""
    loaded = config.load(house.folder / "malmoi.yaml")
    judged = graph.build_until(loaded, "ModelGate")
    pipeline = local_runner.make_pipeline(judged, name=loaded.name, root=loaded.output_dir)
    return local_runner.run(pipeline, Unheard())


def place(result: NodeResult, key: str) -> Path:
    (artifact,) = result.outputs[key]
    return Path(artifact.uri)


def test_a_step_runs_in_a_process_of_its_own_as_the_command_starts_it(house: House) -> None:
    pipeline, _ = house.compile()
    only = "ImportSchemaGen"
    pipeline["root"]["dag"]["tasks"] = {only: tasks(pipeline)[only]}
    del pipeline["components"][GUARDED]
    rehearsal = Rehearsal(house.folder / "alone", choose())

    results = rehearsal.run(pipeline, {}, listener=Told(), parameters={})

    assert results[only].state == "ran", because(results)
    written = results[only].artifacts["schema"] / "schema.pbtxt"
    assert written.read_bytes() == (house.folder / "schema.pbtxt").read_bytes()


def test_the_first_rehearsal_goes_the_whole_way_and_pushes(house: House, first: Any) -> None:
    status, results, versions = first

    assert status == DONE, because(results)
    assert {result.state for result in results.values()} == {"ran"}
    (version,) = versions
    origin = read_manifest(house.models, int(version)).provenance
    bucket = house.folder / "rehearsal" / "buckets" / "minio"
    model = results["Trainer"].artifacts["model"].relative_to(bucket)
    assert origin.model_uri == f"minio://{model}"
    _, _, _, pipeline, run, *_ = model.parts
    assert (origin.pipeline, origin.run_id) == (pipeline, run)


def test_before_the_first_push_there_is_no_baseline_and_no_vocabulary(first: Any) -> None:
    _, results, _ = first

    assert results["Baseline"].metadata["model"] == {}
    assert "baseline_model_id" not in blessing(results)


def test_the_schema_is_the_local_run_s(first: Any, local: dict[str, NodeResult]) -> None:
    there = first[1]["ImportSchemaGen"].artifacts["schema"] / "schema.pbtxt"
    here = place(local["ImportSchemaGen"], "schema") / "schema.pbtxt"

    assert there.read_bytes() == here.read_bytes()


@pytest.mark.parametrize("asset", ["subwords", "labels"])
def test_the_vocabulary_and_the_labels_are_the_local_run_s(
    house: House, first: Any, local: dict[str, NodeResult], asset: str
) -> None:
    here = place(local["Transform"], "transform_graph") / "transform_fn" / "assets" / asset
    pushed = house.models / first[2][0] / "assets" / asset

    assert pushed.read_bytes() == here.read_bytes()


def test_the_data_gate_s_verdict_is_the_local_run_s(
    first: Any, local: dict[str, NodeResult]
) -> None:
    here = place(local["DataGate"], "verdict") / "verdict.json"

    assert data_verdict(first[1]) == json.loads(here.read_text("utf-8"))


def test_the_model_gate_s_verdict_is_the_local_run_s(
    first: Any, local: dict[str, NodeResult]
) -> None:
    here = place(local["ModelGate"], "blessing") / "verdict.json"
    there = first[1]["ModelGate"].artifacts["blessing"] / "verdict.json"

    assert json.loads(there.read_text("utf-8")) == json.loads(here.read_text("utf-8"))


def test_the_first_model_is_blessed_by_the_gate_and_by_the_canary(first: Any) -> None:
    assert blessing(first[1])["blessed"] == 1
    assert first[1]["Canary"].metadata["blessing"]["blessed"] == 1


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


def test_the_same_rows_are_not_their_own_last_accepted_span(first: Any, second: Any) -> None:
    assert data_verdict(second[1])["comparisons"] == data_verdict(first[1])["comparisons"]
    assert "no baseline yet" in data_verdict(second[1])["comparisons"]["drift"]


def test_what_was_pushed_is_the_last_word_of_the_run(first: Any) -> None:
    _, results, (version,) = first

    assert f"enquiries: version {version} is pushed" in summary(results, "post-verdict")
    assert summary(results, "DataGate").startswith("## DataGate: passed")
    assert summary(results, "Canary").startswith("## Canary: ")


def test_why_a_candidate_is_refused_stands_on_its_page_and_in_the_last_word(second: Any) -> None:
    _, results = second

    assert "**Refused because**" in summary(results, "ModelGate")
    assert "accuracy_loss" in summary(results, "ModelGate")
    assert "refused, nothing is pushed" in summary(results, "post-verdict")
    assert "ModelGate: accuracy_loss" in summary(results, "post-verdict")


def test_a_worse_candidate_is_refused_and_not_pushed(house: House, first: Any, second: Any) -> None:
    status, results = second

    assert status == REFUSED, because(results)
    assert blessing(results)["blessed"] == 0
    assert house.versions() == first[2]


def test_what_reads_no_rows_comes_from_the_cache_and_nothing_else_does(second: Any) -> None:
    cached = {name for name, result in second[1].items() if result.state == "cached"}

    assert cached == {"ImportSchemaGen"}  # whatever reads rows reads new artifacts


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
    assert "모르는 갈래" in summary(results, "DataGate")
    assert "refused, nothing is pushed" in summary(results, "post-verdict")
    behind = ("SimpleBaselines", "Transform", "Trainer", "ModelGate", "Canary", "AtomicPusher")
    assert {results[task].state for task in behind} == {"not run"}
    assert house.versions() == []
