"""The model in production, other than what this run brings forth."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import ml_metadata
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import Artifact

from serving.releases.errors import NoManifestError
from serving.releases.manifest import read_manifest
from serving.releases.state import STABLE, history

_INPUTS = {metadata_store_pb2.Event.INPUT, metadata_store_pb2.Event.DECLARED_INPUT}
_OUTPUTS = {metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT}

_LOG = logging.getLogger(__name__)

Artifacts = dict[str, list[Artifact]]


class ServedModel(ResolverStrategy):
    """Resolves `model` to the one that serves, or last served, but for what `candidate` is part of.

    TFX's own strategy takes the latest blessed model, which a rollback may have withdrawn, which
    the canary may have refused, and which in a repeated run is the candidate itself: the gate would
    then compare a model with itself, and nothing would come from the cache.

    Args:
        base: folder of the released versions.
    """

    def __init__(self, base: str) -> None:
        self._base = Path(base)

    def resolve_artifacts(
        self, store: ml_metadata.MetadataStore, input_dict: Artifacts
    ) -> Artifacts:
        """Choose among all models of the pipeline, and warn of a version that none of them is.

        Args:
            store: asked what a model was made from.
            input_dict: `model`, all of them, and `candidate`: this run's model, or the examples
                that it is made from.

        Returns:
            At most one `model`, and the `candidate` as it came.

        Raises:
            ReleaseError: a manifest that tells a version's model cannot be read.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        models = {model.uri: model for model in input_dict["model"]}
        chosen, unknown = [], []
        for version, uri in self._served():
            if uri not in models:
                unknown.append(version)
            elif not candidates & {models[uri].id, *ancestors(store, models[uri].id)}:
                chosen = [models[uri]]
                break
        if unknown:
            _LOG.warning(
                "version %d has served, but the metadata do not know its model: nothing is "
                "compared with it",
                unknown[0],
            )
        return {"model": chosen, "candidate": input_dict["candidate"]}

    def _served(self) -> Iterator[tuple[int, str]]:
        """Yield the versions that were stable and the URIs of their models, the latest first.

        A damaged manifest stops the run, before anything is trained: compared with an older model
        instead, or with none, a worse one would pass the gate.
        """
        for activation in reversed(history(self._base)):
            if activation.label == STABLE:
                try:
                    manifest = read_manifest(self._base, activation.version)
                except NoManifestError:  # a version that retention has removed
                    continue
                yield activation.version, manifest.model_uri


def ancestors(store: ml_metadata.MetadataStore, artifact: int) -> set[int]:
    """Find the ids of all artifacts that one was made from, however many nodes lie between."""
    found: set[int] = set()
    todo = {artifact}
    while todo:
        makers = {e.execution_id for e in _events(store, todo) if e.type in _OUTPUTS}
        events = store.get_events_by_execution_ids(makers) if makers else []
        todo = {event.artifact_id for event in events if event.type in _INPUTS} - found
        found |= todo
    return found


def _events(
    store: ml_metadata.MetadataStore, artifacts: Iterable[int]
) -> list[metadata_store_pb2.Event]:
    return store.get_events_by_artifact_ids(list(artifacts))
