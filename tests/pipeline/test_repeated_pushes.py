"""The same run again: from the cache while its version serves, pushed anew if it does not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.types import standard_artifacts

from components.atomic_pusher.component import AtomicPusher
from pipeline import graph
from pipeline.config import Config, load
from pipeline.local_runner import METADATA_FILE
from pipeline.recovery import open_metadata
from pipeline.run import execute
from pipeline.run_folder import Summary, make_run_folder
from pipeline.withdrawn import forget_refusals, mark_pushes
from serving.releases.changes import pin, rollback, unpin
from serving.releases.folder import versions
from serving.releases.state import served

Run = Callable[..., Summary]
State = metadata_store_pb2.Artifact


class Deaf:
    def node_started(self, node: str) -> None:
        pass

    def node_ended(self, result: Any) -> None:
        pass


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    module = tf.Module()
    answer = tf.function(lambda text: {"labels": text}, [tf.TensorSpec([None], tf.string, "text")])
    tf.saved_model.save(module, str(folder), {"serving_default": answer})
    return folder


@pytest.fixture
def config(config_file: Path) -> Config:
    return load(config_file)


@pytest.fixture
def run(config: Config, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a graph that finds a model under a name, made if it is new, and pushes it."""

    def once(model: str = "one", *, name: str = config.name) -> Summary:
        place = tmp_path / model / "Format-Serving"
        if not place.exists():
            shutil.copytree(export, place)

        def build(config: Config) -> list[BaseNode]:
            found = Importer(source_uri=str(place.parent), artifact_type=standard_artifacts.Model)
            pusher = AtomicPusher(
                base=config.models_dir,
                settings=config.release,
                columns=config.data.columns,
                digest="fedcba9876543210",
                model=found.outputs["result"],
            )
            return [found, pusher]

        monkeypatch.setattr(graph, "build", build)
        named = config.model_copy(update={"name": name})
        return execute(named, make_run_folder(named), Deaf())

    return once


def pushed(summary: Summary) -> int:
    assert summary.pushed is not None
    assert (Path(summary.pushed["path"]) / "saved_model.pb").is_file()
    return int(summary.pushed["version"])


def came_from_the_cache(summary: Summary) -> bool:
    return "AtomicPusher" in summary.cached


def test_a_push_counts_where_its_summary_cannot_be_written(
    run: Run, config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.run.SUMMARY_FILE", "no such folder/summary.json")
    summary = run()
    assert summary.verdict == "pushed"
    assert pushed(summary) == served(config.models_dir)
    assert "No such file or directory" in capfd.readouterr().err


def test_a_version_that_serves_is_not_pushed_again(run: Run, config: Config) -> None:
    first, again = run(), run()
    assert came_from_the_cache(again)
    assert pushed(again) == pushed(first) == served(config.models_dir)


def test_after_a_rollback_the_same_run_pushes_a_version_that_serves(
    run: Run, config: Config
) -> None:
    run("one")
    withdrawn = pushed(run("two"))
    rollback(config.models_dir)
    again = run("two")
    assert not came_from_the_cache(again)
    assert pushed(again) == served(config.models_dir) > withdrawn
    assert pushed(run("two")) == pushed(again)


def test_a_rollback_that_was_itself_rolled_back_changes_nothing(run: Run, config: Config) -> None:
    run("one")
    second = pushed(run("two"))
    rollback(config.models_dir)
    run("three")
    rollback(config.models_dir, to=second)
    again = run("two")
    assert came_from_the_cache(again)
    assert pushed(again) == second == served(config.models_dir)


def test_a_model_that_another_has_replaced_is_pushed_again(run: Run, config: Config) -> None:
    run("one")
    run("two")
    assert pushed(run("one")) == served(config.models_dir) == versions(config.models_dir)[-1]


def test_a_canary_is_not_pushed_again(run: Run, config: Config) -> None:
    pin(config.models_dir, pushed(run("one")))
    canary = run("two")
    assert pushed(run("two")) == pushed(canary)
    unpin(config.models_dir)
    assert pushed(run("two")) == pushed(canary)


@pytest.mark.parametrize("lost", ["output/models/reviews/{version}", "output/models"])
def test_a_lost_version_is_pushed_again(
    run: Run, config: Config, tmp_path: Path, lost: str
) -> None:
    shutil.rmtree(tmp_path / lost.format(version=pushed(run())))
    again = run()
    assert not came_from_the_cache(again)
    assert pushed(again) == served(config.models_dir)


def test_pushes_of_another_name_in_the_same_output_folder_are_left_alone(
    run: Run, config: Config
) -> None:
    run()
    run(name="enquiries")
    store = open_metadata(config.output_dir)
    assert store is not None
    pushes = store.get_artifacts_by_type("PushedModel")
    assert [push.state for push in pushes] == [metadata_store_pb2.Artifact.LIVE] * 2


def test_a_push_that_never_ended_is_not_counted_among_them(run: Run, config: Config) -> None:
    run("one")
    run("two")
    store = open_metadata(config.output_dir)
    assert store is not None
    pushes = store.get_artifacts_by_type("PushedModel")
    for push in pushes:
        push.state = metadata_store_pb2.Artifact.PENDING
    store.put_artifacts(pushes)
    mark_pushes(config.output_dir, config.models_dir)
    states = [push.state for push in store.get_artifacts_by_type("PushedModel")]
    assert states == [metadata_store_pb2.Artifact.PENDING] * 2


def test_a_canary_that_refused_is_asked_again_and_one_that_blessed_is_not(tmp_path: Path) -> None:
    forget_refusals(tmp_path)  # no run yet
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / METADATA_FILE)
    config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
    store = MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="InfraBlessing"))
    for blessed in (0, 1):
        blessing = metadata_store_pb2.Artifact(type_id=kind, state=State.LIVE)
        blessing.custom_properties["blessed"].int_value = blessed
        store.put_artifacts([blessing])
    forget_refusals(tmp_path)
    assert [blessing.state for blessing in store.get_artifacts()] == [State.DELETED, State.LIVE]
