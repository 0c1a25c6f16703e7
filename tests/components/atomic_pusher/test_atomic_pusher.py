"""The pusher's executor, with artifacts as TFX hands them over."""

from pathlib import Path

import pytest
import tfx.v1 as tfx
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.atomic_pusher.component import AtomicPusher, Executor


def push(folder: Path, *, blessed: bool) -> standard_artifacts.PushedModel:
    (folder / "model" / "Format-Serving").mkdir(parents=True)
    (folder / "model" / "Format-Serving" / "saved_model.pb").write_bytes(b"graph")
    (folder / "blessing").mkdir()
    (folder / "blessing" / ("BLESSED" if blessed else "NOT_BLESSED")).touch()
    model, blessing = standard_artifacts.Model(), standard_artifacts.ModelBlessing()
    pushed = standard_artifacts.PushedModel()
    model.uri, blessing.uri = str(folder / "model"), str(folder / "blessing")
    pushed.uri = str(folder / "pushed")
    blessing.set_int_custom_property("blessed", int(blessed))
    destination = tfx.proto.PushDestination(
        filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(folder / "releases"))
    )
    Executor(BaseExecutor.Context()).Do(
        {"model": [model], "model_blessing": [blessing]},
        {"pushed_model": [pushed]},
        {"push_destination": proto_utils.proto_to_json(destination)},
    )
    return pushed


def test_a_blessed_model_becomes_a_version_and_the_artifact_names_it(tmp_path: Path) -> None:
    pushed = push(tmp_path, blessed=True)
    [version] = (tmp_path / "releases").iterdir()
    assert (version / "saved_model.pb").read_bytes() == b"graph"
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == version.name
    assert pushed.get_string_custom_property("pushed_destination") == str(version)


def test_a_model_without_blessing_is_not_pushed(tmp_path: Path) -> None:
    pushed = push(tmp_path, blessed=False)
    assert not (tmp_path / "releases").exists()
    assert pushed.get_int_custom_property("pushed") == 0


def test_the_node_runs_the_atomic_executor() -> None:
    assert AtomicPusher.EXECUTOR_SPEC.executor_class is Executor
    assert pytest.importorskip("tfx").components.Pusher in AtomicPusher.__mro__
