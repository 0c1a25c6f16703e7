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


class MovedOutputsError(Exception):
    """Metadata of runs whose outputs are no longer where they were written."""


def recover(root: Path, models: Path) -> list[str]:
    """Close executions that no process works on any more and remove what they had half written.

    The caller holds the folder's lock, so whatever the metadata calls running is dead.

    Returns:
        The nodes that were interrupted.

    Raises:
        StrayArtifactsError: artifacts, but no metadata that know of them.
        MovedOutputsError: metadata, but of a folder that is gone.
    """
    publish.recover(models)
    artifacts = root / ARTIFACTS_FOLDER
    store = open_metadata(root)
    if store is None:
        _refuse_strays(artifacts)
        return []
    _refuse_moved(store, artifacts)
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


def _refuse_moved(store: MetadataStore, artifacts: Path) -> None:
    """Stop where the folder was moved: the cache and the gates' baselines would not be found."""
    written = (Path(artifact.uri) for artifact in store.get_artifacts())
    gone = (uri for uri in written if artifacts not in uri.parents and not uri.exists())
    if lost := next(gone, None):
        before = next((p for p in lost.parents if p.name == ARTIFACTS_FOLDER), lost)
        raise MovedOutputsError(
            f"{artifacts} was {before} when its runs wrote there, and {METADATA_FILE} knows it by "
            "that path: move it back, or leave a link there; or move both away, and every node "
            "runs again, with no model to compare with; the pushed versions stay"
        )


def _refuse_strays(artifacts: Path) -> None:
    """Keep new outputs apart from old ones: without metadata TFX numbers both from 1."""
    if any(path.is_dir() for path in artifacts.glob("*")):
        raise StrayArtifactsError(
            f"{artifacts} holds outputs of runs that no {METADATA_FILE} beside it knows of: move "
            "the folder away, and every node runs again, with no model to compare with; the pushed "
            "versions stay"
        )
