"""Keeps the cache from answering for what may have changed since: a push, a canary's refusal."""

from pathlib import Path
from typing import Final

from ml_metadata.proto import metadata_store_pb2

from pipeline.recovery import open_metadata
from serving.releases.folder import versions
from serving.releases.state import read_state, served

PUSHED_MODEL: Final = "PushedModel"
DESTINATION: Final = "pushed_destination"

INFRA_BLESSING: Final = "InfraBlessing"
BLESSED: Final = "blessed"

_State = metadata_store_pb2.Artifact


def mark_pushes(root: Path, models: Path) -> None:
    """Mark pushes live in the metadata whose version serves, and the others deleted.

    The cache's key tells what was pushed, not what a rollback, a pin or a hand made of it since.
    TFX takes from the cache what is live and nothing else, so that the next run pushes again. A
    version that serves again counts again.

    Args:
        root: the output folder; the caller holds its lock.
        models: folder of the versions. Pushes to other folders are left as they are.

    Raises:
        ReleaseError: `releases.json` cannot be read.
    """
    store = open_metadata(root)
    if store is None:
        return
    serving = _serving(models)
    changed = []
    for push in store.get_artifacts_by_type(PUSHED_MODEL):
        folder = Path(push.custom_properties[DESTINATION].string_value)
        state = _State.LIVE if folder in serving else _State.DELETED
        if folder.parent == models and push.state in {_State.LIVE, _State.DELETED} - {state}:
            push.state = state
            changed.append(push)
    store.put_artifacts(changed)


def forget_refusals(root: Path) -> None:
    """Mark the blessings that a canary has withheld as deleted, so that the next run asks again.

    A busy machine, a full disk or the server's binary may have been at fault, and no key of the
    cache tells of their mending.

    Args:
        root: the output folder; the caller holds its lock.
    """
    store = open_metadata(root)
    if store is None:
        return
    refused = [
        blessing
        for blessing in store.get_artifacts_by_type(INFRA_BLESSING)
        if blessing.state == _State.LIVE and not blessing.custom_properties[BLESSED].int_value
    ]
    for blessing in refused:
        blessing.state = _State.DELETED
    store.put_artifacts(refused)


def _serving(models: Path) -> set[Path]:
    """List the folders of the versions that have a label, as far as they are there."""
    labelled = {served(models), *read_state(models).labels.values()}
    return {models / str(version) for version in versions(models) if version in labelled}
