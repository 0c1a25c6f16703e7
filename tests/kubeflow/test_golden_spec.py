"""The compiled pipeline of a small configuration, word for word, and what must hold of it."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from kubeflow import compile as compiling
from kubeflow import document, raw
from kubeflow.admission import objections
from kubeflow.mounts import APP
from kubeflow.spec import Spec, all_tasks, containers, executor, tasks
from pipeline import config, graph
from serving.backends import BINARY

GOLDEN = Path(__file__).with_name("golden")
COMMAND = "malmoi kubeflow compile tests/kubeflow/golden/malmoi.yaml -o <the file>"
_DIGEST = re.compile(r"(?<=['\"\s])[0-9a-f]{16}(?=['\"\s])")


@pytest.fixture(scope="module")
def loaded() -> config.Config:
    return config.load(GOLDEN / "malmoi.yaml")


@pytest.fixture(scope="module")
def text(loaded: config.Config) -> str:
    return compiled(loaded)


@pytest.fixture(scope="module")
def spec(text: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Spec]:
    path = tmp_path_factory.mktemp("compiled") / "pipeline.yaml"
    path.write_text(text, "utf-8")
    return document.read(path)


def compiled(loaded: config.Config) -> str:
    return document.to_yaml(*compiling.compile_config(loaded))


def without_digests(text: str) -> list[Any]:
    """Parse the documents, every digest of our source the same: code changes, the shape stays."""
    return list(yaml.safe_load_all(_DIGEST.sub("digest", text)))


def test_the_compiled_pipeline_is_the_golden_one(text: str) -> None:
    golden = (GOLDEN / "pipeline.yaml").read_text("utf-8")

    assert without_digests(text) == without_digests(golden), COMMAND


def test_the_same_configuration_compiles_to_the_same_text(loaded: config.Config, text: str) -> None:
    assert compiled(loaded) == text


def test_a_model_server_of_this_machine_s_is_none_of_the_cluster_s(
    loaded: config.Config, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / BINARY).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert compiled(loaded) == text


def test_there_are_no_anchors_and_no_aliases(text: str) -> None:
    assert not [t for t in yaml.scan(text) if isinstance(t, yaml.AnchorToken | yaml.AliasToken)]


def test_no_path_of_this_machine_is_left(text: str, loaded: config.Config) -> None:
    assert str(GOLDEN) not in text
    assert str(Path(loaded.output)) not in text


def test_the_documents_parse_strictly_as_the_format_s_messages(spec: tuple[Spec, Spec]) -> None:
    pipeline, platform = spec

    message = json_format.ParseDict(pipeline, pipeline_spec_pb2.PipelineSpec())
    json_format.ParseDict(pipeline["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())
    json_format.ParseDict(platform, pipeline_spec_pb2.PlatformSpec())

    assert message.schema_version == "2.1.0"


def test_the_backend_would_take_it(spec: tuple[Spec, Spec]) -> None:
    assert objections(spec[0]) == []


def test_every_node_of_the_graph_is_a_task(spec: tuple[Spec, Spec], loaded: config.Config) -> None:
    nodes = {node.id for node in graph.build(loaded)}

    assert set(tasks(spec[0])) == {*nodes, "import-data"} - {"LastAccepted"}
    assert set(all_tasks(spec[0])) - set(tasks(spec[0])) == {"post-verdict"}


def test_every_container_is_entered_through_this_project_s_door(spec: tuple[Spec, Spec]) -> None:
    commands = {container["command"][-1] for _, container in containers(spec[0])}

    assert commands == {"kubeflow.entrypoint", "kubeflow.resolve", "kubeflow.post_verdict"}


@pytest.mark.parametrize("task", ["Production", "Baseline"])
def test_every_resolver_looks_where_the_pusher_pushes(spec: tuple[Spec, Spec], task: str) -> None:
    pushing = tasks(spec[0])["AtomicPusher"]["inputs"]["parameters"]["base"]

    args = executor(spec[0], task)["container"]["args"]

    assert pushing["runtimeValue"]["constant"] == args[args.index("--models") + 1]


@pytest.mark.parametrize(
    ("task", "candidate"), [("Production", "TextExampleGen"), ("Baseline", "Trainer")]
)
def test_every_resolver_looks_when_its_candidate_is_there_and_not_when_the_run_begins(
    spec: tuple[Spec, Spec], task: str, candidate: str
) -> None:
    assert tasks(spec[0])[task]["dependentTasks"] == [candidate]


def test_the_raw_spec_is_rejected_with_the_backend_s_own_reasons(loaded: config.Config) -> None:
    nodes = graph.build(loaded)
    spec, _ = raw.compile_nodes(nodes, name=loaded.name, image="image:1", beam_args=())

    reasons = "\n".join(objections(spec))

    for task in ("Production", "Baseline", "LastAccepted"):
        assert f"{task}: non-container and non-importer executor not implemented" in reasons
    assert "TextExampleGen: lifecycle is ignored by the backend" in reasons
    assert "Trainer: TFX's own entrypoint dies of the backend's executor input" in reasons


def test_a_configuration_without_the_section_is_told_what_it_needs(loaded: config.Config) -> None:
    with pytest.raises(compiling.NoKubeflowSettingsError, match="expected a section with image"):
        compiled(loaded.model_copy(update={"kubeflow": None}))


def test_workers_of_beam_s_get_what_the_image_holds_of_this_project(
    loaded: config.Config,
) -> None:
    elsewhere = loaded.model_copy(update={"beam_args": ("--runner=DataflowRunner",)})

    spec, _ = compiling.compile_config(elsewhere)

    args = executor(spec, "Transform")["container"]["args"]
    assert args[-2:] == [f"--setup_file={APP}/setup.py", "--runner=DataflowRunner"]


def test_our_artifact_types_are_themselves_again_after_compiling(text: str) -> None:
    from components.artifacts import Quarantine

    assert text
    assert Quarantine.TYPE_NAME == "Quarantine"
    assert Quarantine.PROPERTIES
