"""`malmoi kubeflow`: what the commands say, and how they end."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kubeflow.console.rehearse import status_of
from kubeflow.document import NotAPipelineError, read, to_yaml, write
from kubeflow.rehearse.result import State, TaskResult
from kubeflow.spec import Spec
from pipeline.console.main import app
from pipeline.kubeflow_settings import KubeflowSettings

DONE, FAULT, REFUSED = 0, 1, 2

VERDICT: Spec = {"taskOutputArtifact": {"producerTask": "Gate", "outputArtifactKey": "verdict"}}
SPEC: Spec = {
    "components": {
        "Push": {"executorLabel": "p", "outputDefinitions": {"artifacts": {"pushed_model": {}}}},
        "Gate": {"executorLabel": "g", "outputDefinitions": {"artifacts": {"verdict": {}}}},
        "Halt": {"executorLabel": "h"},
    },
    "root": {
        "dag": {
            "tasks": {
                "Push": {"componentRef": {"name": "Push"}, "inputs": {"artifacts": {"v": VERDICT}}},
                "Gate": {"componentRef": {"name": "Gate"}},
                "Halt": {"componentRef": {"name": "Halt"}, "inputs": {"artifacts": {"v": VERDICT}}},
            }
        }
    },
    "deploymentSpec": {"executors": {"p": {}, "g": {}, "h": {}}},
}


def malmoi(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def test_the_commands_are_listed_below_kubeflow() -> None:
    status, told = malmoi("kubeflow", "--help")

    assert status == DONE
    assert "compile" in told
    assert "rehearse" in told


@pytest.mark.parametrize("command", ["compile", "rehearse"])
def test_a_command_shows_an_example_of_itself(command: str) -> None:
    _, told = malmoi("kubeflow", command, "--help")

    assert f"Example: malmoi kubeflow {command}" in told


WITHIN = """
pipelineInfo: {name: 문의}
schemaVersion: 2.1.0
root: {dag: {tasks: {train: {componentRef: {name: train}}}}}
components: {train: {dag: {tasks: {}}}}
deploymentSpec: {executors: {}}
"""
"""A pipeline of somebody else's, with another one within."""


@pytest.mark.parametrize(
    "command", [("rehearse", "--folder", "rehearsal"), ("submit", "--host", "http://127.0.0.1:9")]
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "가",
        "a: 1",
        "--- {}\n--- {}\n--- {}\n",
        "a: [",
        "when: 2026-13-45",
        "pipelineInfo: {name: 문의}",
        "{pipelineInfo: 문의, components: {}, root: {dag: {tasks: {}}}}",
        "{pipelineInfo: {name: 문의}, components: {}, root: {dag: {tasks: {}}}}\n--- 가\n",
        WITHIN,
    ],
)
def test_a_file_that_holds_no_pipeline_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pipeline.yaml"
    path.write_text(text, "utf-8")

    status, told = malmoi("kubeflow", command[0], path, *command[1:])

    assert status == FAULT
    assert str(path) in told


def test_a_pipeline_that_the_backend_rejects_is_told_with_its_reasons(tmp_path: Path) -> None:
    spec = {
        "pipelineInfo": {"name": "old"},
        "schemaVersion": "2.0.0",
        "root": {"dag": {"tasks": {}}},
        "components": {},
        "deploymentSpec": {"executors": {}},
    }
    (tmp_path / "pipeline.yaml").write_text(to_yaml(spec, {}), "utf-8")

    status, told = malmoi(
        "kubeflow", "rehearse", tmp_path / "pipeline.yaml", "--folder", tmp_path / "rehearsal"
    )

    assert status == FAULT
    assert "but the pipeline spec has version 2.0.0" in told


def test_rows_that_are_nowhere_are_asked_for(tmp_path: Path) -> None:
    golden = Path(__file__).with_name("golden") / "pipeline.yaml"

    status, told = malmoi("kubeflow", "rehearse", golden, "--folder", tmp_path / "rehearsal")

    assert status == FAULT
    assert "s3://malmoi/rows is empty here: name the folder that stands for it" in told


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("/tmp/rows", "no provider scheme found: /tmp/rows; expected gs://"),
        ("s3://malmoi/../../rows", "s3://malmoi/../../rows leads out of its bucket"),
        ("s3://malmoi/", "URI s3://malmoi/ has empty key given its bucket: name a folder in it"),
    ],
)
def test_rows_that_lie_in_no_bucket_are_told(tmp_path: Path, uri: str, reason: str) -> None:
    golden = Path(__file__).with_name("golden") / "pipeline.yaml"
    words = ("--folder", tmp_path / "rehearsal", "--parameter", f"data_uri={uri}")

    status, told = malmoi("kubeflow", "rehearse", golden, *words)

    assert status == FAULT
    assert reason in told


def test_a_schema_in_another_encoding_is_told_with_its_name(tmp_path: Path) -> None:
    golden = Path(__file__).with_name("golden") / "malmoi.yaml"
    schema = tmp_path / "schema.pbtxt"
    schema.write_bytes("# 문의\n".encode("cp949"))

    status, told = malmoi(
        *("kubeflow", "compile", golden, "-o", tmp_path / "p.yaml", "--set", f"schema={schema}")
    )

    assert status == FAULT
    assert f"schema: {schema} is not UTF-8" in told
    assert not (tmp_path / "p.yaml").exists()


FEATURES = 'feature { name: "text" } feature { name: "label" } '


@pytest.mark.parametrize(
    ("schema", "column", "fault"),
    [
        ("문의", "label", "is not a schema in text form"),
        (FEATURES, "label", 'no environment TRAINING: add the line `default_environment: "TRAIN'),
        (f'{FEATURES} default_environment: "TRAINING"', "갈래", "no feature '갈래', which"),
    ],
)
def test_a_schema_that_a_run_here_would_refuse_is_refused(
    tmp_path: Path, schema: str, column: str, fault: str
) -> None:
    golden, file = Path(__file__).with_name("golden") / "malmoi.yaml", tmp_path / "schema.pbtxt"
    file.write_text(schema, "utf-8")
    changes = ("--set", f"schema={file}", "--set", f"data.columns.label={column}")

    status, told = malmoi("kubeflow", "compile", golden, "-o", tmp_path / "p.yaml", *changes)

    assert status == FAULT
    assert fault in told


@pytest.mark.parametrize(
    ("overrides", "folder"),
    [
        ((), str(Path(__file__).with_name("golden") / "rows") + "/"),
        (("data.train=s3://b/r/a.csv", "data.eval=s3://b/r/e.csv", "kubeflow.data=null"), "FOLDER"),
    ],
)
def test_compile_names_the_command_that_tries_it_with_the_folder_of_the_rows(
    tmp_path: Path, overrides: tuple[str, ...], folder: str
) -> None:
    golden, written = Path(__file__).with_name("golden") / "malmoi.yaml", tmp_path / "p.yaml"
    settings = [part for override in overrides for part in ("--set", override)]

    status, told = malmoi("kubeflow", "compile", golden, "-o", written, *settings)

    assert status == DONE
    assert told.endswith(f"try it here: malmoi kubeflow rehearse {written} --data {folder}\n")


@pytest.mark.parametrize("given", ["data_uri", "=s3://b", ""])
def test_a_parameter_without_key_or_value_is_refused_with_an_example(
    tmp_path: Path, given: str
) -> None:
    status, told = malmoi("kubeflow", "rehearse", tmp_path / "p.yaml", "--parameter", given)

    assert status == FAULT
    assert "--parameter takes KEY=VALUE, such as data_uri=s3://bucket/rows" in told


def test_documents_are_read_as_they_were_written(tmp_path: Path) -> None:
    pipeline = {**SPEC, "pipelineInfo": {"name": "문의"}, "shared": [{"a": 1}] * 2}
    platform = {"platforms": {"kubernetes": {}}}
    path = tmp_path / "pipeline.yaml"

    path.write_text(to_yaml(pipeline, platform), "utf-8")

    assert read(path) == (pipeline, platform)
    assert "&" not in path.read_text("utf-8")


def test_a_pipeline_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "pipeline.yaml"
    write(path, {"name": "문의"}, {})
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        write(path, {"name": "다른 것"}, {})

    assert path.read_text("utf-8") == "name: 문의\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipeline_can_be_written_to_what_is_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as others:
        heard = others.submit(pipe.read_text, "utf-8")
        write(pipe, {"name": "문의"}, {})

    assert heard.result() == "name: 문의\n"
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "text", ["y", "N", "1e3", "1.5E3", "2026-1-2", "0o17", "0X1F", "no", "12", "2026-01-02"]
)
def test_a_text_that_the_backend_would_read_as_something_else_is_quoted(text: str) -> None:
    assert to_yaml({"name": text}, {}) == f"name: '{text}'\n"


def test_only_such_a_text_is_quoted() -> None:
    plain = {"b": "y2", "version": "2.1.0", "wait": "30s", "whole": 2, "zero": 0.5, "true": True}

    assert "'" not in to_yaml(plain, {}).replace("'true'", "")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotAPipelineError, match="cannot be read"):
        read(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("push", "halt", "passed", "status"),
    [
        (TaskResult(task="Push", state="ran", metadata={"p": {"pushed": 1.0}}), "ran", 1.0, DONE),
        (
            TaskResult(task="Push", state="ran", metadata={"p": {"pushed": 0.0}}),
            "ran",
            1.0,
            REFUSED,
        ),
        (TaskResult(task="Push", state="not run"), "failed", 0.0, REFUSED),
        (TaskResult(task="Push", state="not run"), "failed", 1.0, FAULT),
        (TaskResult(task="Push", state="failed"), "ran", 1.0, FAULT),
        (TaskResult(task="Push", state="failed"), "failed", 0.0, FAULT),
    ],
)
def test_the_exit_status_tells_refused_from_failed(
    push: TaskResult, halt: State, passed: float, status: int
) -> None:
    results = {
        "Push": push,
        "Gate": TaskResult(task="Gate", state="ran", metadata={"verdict": {"passed": passed}}),
        "Halt": TaskResult(task="Halt", state=halt),
    }

    assert status_of(SPEC, results) == status


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"data": "/rows"}, "data"),
        ({"data": "hdfs://b/rows"}, "data"),
        ({"pipeline_root": "runs"}, "pipeline_root"),
        ({"models": {"claim": "m", "mount_path": "malmoi"}}, "mount_path"),
        ({"models": {"claim": "m", "mount_path": "/malmoi/"}}, "mount_path"),
        ({"models": {"claim": "m", "mount_path": "/"}}, "mount_path"),
        ({"step": {"cpu": 0}}, "cpu"),
        ({"steps": {"Trainer": {"retries": -1}}}, "retries"),
        ({"steps": {"Trainer": {"gpu": 1}}}, "gpu"),
        ({"image": ""}, "image"),
        ({"image": "registry.example/Malmoi:0.1"}, "must be a name such as registry"),
        ({"image": "malmoi:0.1 "}, "image"),
        ({"image": "https://registry.example/malmoi"}, "image"),
        ({"image": "malmoi:"}, "image"),
        ({"models": {"claim": "My_Claim", "mount_path": "/malmoi"}}, "claim"),
        ({"models": {"claim": "models.v1", "mount_path": "/malmoi"}}, "claim"),
        ({"models": {"claim": "m" * 64, "mount_path": "/malmoi"}}, "claim"),
        ({"models": {"claim": "m", "mount_path": "/mal:moi"}}, "mount_path"),
        ({"webhook": "https://user:secret@chat.example/hook"}, "webhook"),
        ({"webhook": "https://chat.example/알림"}, "webhook"),
        ({"webhook": "https://알림.example/hook"}, "webhook"),
        ({"step": {"cpu": float("inf")}}, "step.cpu"),
        ({"step": {"memory_gb": float("inf")}}, "step.memory_gb"),
    ],
)
def test_settings_that_no_cluster_could_use_are_refused(
    settings: dict[str, object], place: str
) -> None:
    good = {"image": "image:1", "models": {"claim": "m", "mount_path": "/malmoi"}}

    with pytest.raises(ValueError, match=place):
        KubeflowSettings.model_validate({**good, **settings})


@pytest.mark.parametrize(
    "image",
    [
        "malmoi",
        "localhost/python:3.10-slim",
        "Registry.example:5000/team/mal_moi--x:V1.0_2",
        f"[::1]:5000/malmoi@sha256:{'0' * 64}",
    ],
)
def test_every_name_of_an_image_is_taken(image: str) -> None:
    models = {"claim": "m" * 63, "mount_path": "/m"}

    assert KubeflowSettings.model_validate({"image": image, "models": models}).image == image


def test_settings_survive_the_way_through_json() -> None:
    settings = KubeflowSettings.model_validate(
        {
            "image": "image:1",
            "models": {"claim": "m", "mount_path": "/malmoi"},
            "steps": {"Trainer": {"memory_gb": 8}},
            "volumes": [{"claim": "scratch", "mount_path": "/v"}],
        }
    )

    again = KubeflowSettings.model_validate(json.loads(settings.model_dump_json()))

    assert again == settings
