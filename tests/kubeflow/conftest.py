"""A small spec as TFX compiles it, the plan to adapt it by, and a quick way to rehearse."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kubeflow.adapt.plan import Plan
from kubeflow.origins import Origins
from kubeflow.rehearse.isolation import choose, file_system
from kubeflow.rehearse.room import WORK, Isolation, Prepared, Room, environment
from kubeflow.spec import Spec
from pipeline.kubeflow_settings import KubeflowSettings

TFX = "tfx.orchestration.kubeflow.v2"
BEAM = ["--runner=DirectRunner"]
PATIENCE_S = 300.0


def schema(title: str) -> Spec:
    return {"artifactType": {"instanceSchema": f"title: {title}\ntype: object\n"}}


def node(
    name: str,
    *,
    inputs: dict[str, tuple[str, str, str]] | None = None,
    outputs: dict[str, str] | None = None,
    parameters: dict[str, Any] | None = None,
    waits_for: tuple[str, ...] = (),
) -> tuple[Spec, Spec, Spec]:
    """Return component, executor and task of a node; an input is (type, producer, key)."""
    definitions: Spec = {}
    given: Spec = {}
    if inputs:
        definitions["artifacts"] = {k: schema(kind) for k, (kind, _, _) in inputs.items()}
        given["artifacts"] = {
            key: {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": output}}
            for key, (_, task, output) in inputs.items()
        }
    if parameters:
        definitions["parameters"] = {key: {"parameterType": "STRING"} for key in parameters}
        given["parameters"] = {
            key: {"runtimeValue": {"constant": value}} for key, value in parameters.items()
        }
    component: Spec = {"executorLabel": f"{name}_executor", "inputDefinitions": definitions}
    if outputs:
        component["outputDefinitions"] = {
            "artifacts": {key: schema(kind) for key, kind in outputs.items()}
        }
    container = {
        "image": "image:1",
        "command": ["python", "-m", f"{TFX}.container.kubeflow_v2_run_executor"],
        "args": [
            *("--executor_class_path", f"nodes.{name}"),
            *("--json_serialized_invocation_args", "{{$}}"),
            *("--json_serialized_inputs_spec_args", json.dumps(definitions)),
            *BEAM,
        ],
    }
    task = {
        "taskInfo": {"name": name},
        "componentRef": {"name": name},
        "cachingOptions": {"enableCache": True},
        "dependentTasks": sorted({*waits_for, *(t for _, t, _ in (inputs or {}).values())}),
        "inputs": given,
    }
    return component, {"container": container}, task


def assemble(nodes: dict[str, tuple[Spec, Spec, Spec]]) -> Spec:
    return {
        "pipelineInfo": {"name": "enquiries"},
        "schemaVersion": "2.1.0",
        "sdkVersion": "tfx-1.16.0",
        "components": {name: component for name, (component, _, _) in nodes.items()},
        "deploymentSpec": {
            "executors": {c["executorLabel"]: executor for c, executor, _ in nodes.values()}
        },
        "root": {"dag": {"tasks": {name: task for name, (_, _, task) in nodes.items()}}},
    }


@pytest.fixture
def raw() -> Spec:
    """Rows, a gate, a model before a resolver's, and a push."""
    nodes = {
        "Rows": node(
            "Rows",
            outputs={"examples": "tfx.Examples", "quarantine": "malmoi.Quarantine"},
            parameters={"input_config": '{"splits": [{"name": "train", "pattern": "a.csv"}]}'},
        ),
        "Contract": node(
            "Contract", outputs={"schema": "tfx.Schema"}, parameters={"schema_file": "/here/s"}
        ),
        "Halt": node("Halt", inputs={"quarantine": ("malmoi.Quarantine", "Rows", "quarantine")}),
        "model_of_before": node(
            "model_of_before", outputs={"model": "tfx.Model", "model_blessing": "tfx.ModelBlessing"}
        ),
        "Judge": node(
            "Judge",
            inputs={
                "examples": ("tfx.Examples", "Rows", "examples"),
                "baseline_model": ("tfx.Model", "model_of_before", "model"),
            },
            outputs={"blessing": "tfx.ModelBlessing"},
            waits_for=("Halt",),
        ),
        "Push": node(
            "Push",
            inputs={"model_blessing": ("tfx.ModelBlessing", "Judge", "blessing")},
            outputs={"pushed_model": "tfx.PushedModel"},
            parameters={"push_destination": '{"base_directory": "/malmoi/models/enquiries"}'},
        ),
    }
    nodes["model_of_before"][1].clear()
    nodes["model_of_before"][1]["resolver"] = {"outputArtifactQueries": {"model": {"filter": ""}}}
    nodes["Rows"][1]["container"]["lifecycle"] = {
        "preCacheCheck": {"command": ["python", "-m", f"{TFX}.file_based_example_gen.driver"]}
    }
    return assemble(nodes)


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """Makes the plan for `raw`, with other settings where they are given."""

    def make(**settings: Any) -> Plan:
        given = {"image": "image:1", "models": {"claim": "models", "mount_path": "/malmoi"}}
        return Plan(
            settings=KubeflowSettings.model_validate({**given, **settings}),
            origins=Origins(
                drivers={"Rows": "nodes.RowsDriver"},
                strategies={"model_of_before": "components.baseline.served.ServedModel"},
                waits={"model_of_before": ["Rows"]},
                types={"malmoi.Quarantine": "components.artifacts.Quarantine"},
            ),
            data_uri="s3://rows/enquiries",
            models_dir="/malmoi/models/enquiries",
            notes_dir="/malmoi/verdicts/enquiries",
            files={"/here/s": 'feature { name: "문의" }'},
        )

    return make


class Warm:
    """The room of `Namespaces`, entered by a fork of a process that has imported TFX."""

    name = "warm"

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        root = room.folder / "root"
        root.mkdir()
        request = room.folder / "request.json"
        request.write_text(
            json.dumps(
                {
                    "script": "\n".join(file_system(root, room)),
                    "root": str(root),
                    "folder": f"/{WORK}",
                    "command": list(command),
                    "environment": environment(),
                }
            ),
            "utf-8",
        )
        client = str(Path(__file__).with_name("warm_client.py"))
        argv = [sys.executable, "-S", "-E", client, str(self._socket), str(request)]
        return Prepared(argv=argv, environment={"LANG": "C.UTF-8"}, folder=room.folder)


@pytest.fixture(scope="module")
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isolation]:
    cold = choose()
    if cold.name == "none" or os.geteuid() != 0:
        yield cold  # a fork could not make itself a room
        return
    folder = tmp_path_factory.mktemp("warm")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("warm_steps.py"), folder / "socket"],
            env={
                **os.environ,
                "PYTHONPATH": environment()["PYTHONPATH"],
                "TF_CPP_MIN_LOG_LEVEL": "2",
            },
            stderr=log,
        )
    until = time.monotonic() + PATIENCE_S
    while not (folder / "socket").exists() and time.monotonic() < until:
        assert server.poll() is None, (folder / "log").read_text("utf-8")
        time.sleep(0.1)
    assert (folder / "socket").exists(), f"no socket after {PATIENCE_S:g} s"
    yield Warm(folder / "socket")
    server.terminate()
    server.wait()
