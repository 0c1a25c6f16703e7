"""Tidies up after a run that was killed, before the next one begins."""

import shutil
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

from pipeline.local_runner import ARTIFACTS_FOLDER, METADATA_FILE
from serving.releases import publish

_State = metadata_store_pb2.Execution


class StrayArtifactsError(Exception):
    """Outputs of runs whose metadata are gone."""


def recover(root: Path, models: Path) -> list[str]:
    """Close executions that no process works on any more and remove what they had half written.

    The caller holds the folder's lock, so whatever the metadata calls running is dead.

    Returns:
        The nodes that were interrupted.

    Raises:
        StrayArtifactsError: artifacts, but no metadata that know of them.
    """
    publish.recover(models)
    artifacts = root / ARTIFACTS_FOLDER
    store = open_metadata(root)
    if store is None:
        _refuse_strays(artifacts)
        return []
    names = {kind.id: kind.name for kind in store.get_execution_types()}
    dead = [e for e in store.get_executions() if e.last_known_state == _State.RUNNING]
    for execution in dead:
        execution.last_known_state = _State.CANCELED
        for folder in artifacts.glob(f"*/*/{execution.id}"):
            shutil.rmtree(folder)
        for folder in artifacts.glob(f"*/.system/*/{execution.id}"):
            shutil.rmtree(folder)
    store.put_executions(dead)
    return [names[execution.type_id].rsplit(".", 1)[-1] for execution in dead]


def open_metadata(root: Path) -> MetadataStore | None:
    """Open the metadata of an output folder; None before its first run."""
    if not (root / METADATA_FILE).exists():
        return None
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(root / METADATA_FILE)
    return MetadataStore(config)


def _refuse_strays(artifacts: Path) -> None:
    """Keep new outputs apart from old ones: without metadata TFX numbers both from 1."""
    if any(path.is_dir() for path in artifacts.glob("*")):
        raise StrayArtifactsError(
            f"{artifacts} holds outputs of runs that no {METADATA_FILE} beside it knows of: move "
            "the folder away, and every node runs again, with no model to compare with; the pushed "
            "versions stay"
        )
