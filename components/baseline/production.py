"""The model in production when this run's data came in."""

from collections.abc import Iterable

import ml_metadata
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import Artifact

from components.baseline.strategy import blessings_by_model

_INPUTS = {metadata_store_pb2.Event.INPUT, metadata_store_pb2.Event.DECLARED_INPUT}
_OUTPUTS = {metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT}

Artifacts = dict[str, list[Artifact]]


class LatestModelOfOtherData(ResolverStrategy):
    """Resolves `model` to the latest blessed one that was not trained on `candidate`.

    The text of a new span is measured against the vocabulary of the model that serves meanwhile. A
    repeated run must not find the model that its own data has brought forth: its statistics would
    be another, and nothing would come from the cache.
    """

    def resolve_artifacts(
        self, store: ml_metadata.MetadataStore, input_dict: Artifacts
    ) -> Artifacts:
        """Choose among all models of the pipeline.

        Args:
            store: asked what each model was made from.
            input_dict: `model` and `model_blessing`, all of them, and `candidate`, this run's
                examples.

        Returns:
            At most one `model` and its `model_blessing`, and the `candidate` as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = blessings_by_model(input_dict["model_blessing"])
        blessed = [model for model in input_dict["model"] if model.id in blessings]
        newest_first = sorted(blessed, key=lambda model: blessings[model.id].id, reverse=True)
        others = (m for m in newest_first if not candidates & ancestors(store, m.id))
        chosen = [model for model in [next(others, None)] if model]
        return {
            "model": chosen,
            "model_blessing": [blessings[model.id] for model in chosen],
            "candidate": input_dict["candidate"],
        }


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
