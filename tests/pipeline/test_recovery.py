"""What a run finds in its output folder before it begins."""

from pathlib import Path

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from pipeline.local_runner import METADATA_FILE
from pipeline.recovery import MovedOutputsError, StrayArtifactsError, open_metadata, recover

_State = metadata_store_pb2.Execution


def new_store(root: Path) -> MetadataStore:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(root / METADATA_FILE)
    return MetadataStore(config)


def test_outputs_without_metadata_are_not_mixed_with_new_ones(tmp_path: Path) -> None:
    stray = tmp_path / "artifacts" / "TextExampleGen" / "examples" / "1"
    stray.mkdir(parents=True)
    with pytest.raises(StrayArtifactsError, match="move the folder away"):
        recover(tmp_path, tmp_path / "models")
    assert stray.exists()


def test_a_folder_that_was_moved_is_told_where_it_was_and_goes_on_behind_a_link(
    tmp_path: Path,
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    written = before / "artifacts" / "Trainer" / "model" / "7"
    written.mkdir(parents=True)
    store = new_store(before)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Model"))
    store.put_artifacts([metadata_store_pb2.Artifact(type_id=kind, uri=str(written))])
    assert recover(before, before / "models") == []
    before.rename(now)

    with pytest.raises(MovedOutputsError, match=f"now/artifacts was {before / 'artifacts'} when"):
        recover(now, now / "models")

    before.symlink_to(now)
    assert recover(now, now / "models") == []


@pytest.mark.parametrize("folder", ["runs/1", "artifacts"])
def test_a_folder_without_outputs_needs_no_recovery(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert recover(tmp_path, tmp_path / "models") == []


def test_a_file_beside_no_outputs_is_none(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / ".DS_Store").touch()
    assert recover(tmp_path, tmp_path / "models") == []


def test_an_execution_that_was_killed_is_closed_and_its_outputs_alone_are_removed(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    kind = store.put_execution_type(
        metadata_store_pb2.ExecutionType(name="tfx.components.trainer.component.Trainer")
    )
    states = (_State.COMPLETE, _State.RUNNING, _State.CACHED)
    done, killed, cached = store.put_executions(
        [_State(type_id=kind, last_known_state=state) for state in states]
    )
    node = tmp_path / "artifacts" / "Trainer"
    for part in ("model", ".system/executor_execution"):
        for execution in (done, killed):
            (node / part / str(execution) / "half").mkdir(parents=True)

    assert recover(tmp_path, tmp_path / "models") == ["Trainer"]

    left = sorted(path.parent.relative_to(node) for path in node.rglob("half"))
    assert left == [Path(".system/executor_execution", str(done)), Path("model", str(done))]
    reopened = open_metadata(tmp_path)
    assert reopened is not None
    found = {e.id: e.last_known_state for e in reopened.get_executions()}
    closed = {done: _State.COMPLETE, killed: _State.CANCELED, cached: _State.CACHED}
    assert found == closed
    assert recover(tmp_path, tmp_path / "models") == []


def test_half_a_version_that_a_killed_push_left_is_removed(tmp_path: Path) -> None:
    half = tmp_path / "models" / ".unfinished-17"
    half.mkdir(parents=True)
    assert recover(tmp_path, tmp_path / "models") == []
    assert not half.exists()
