"""The latest blessed model that is not the candidate itself."""

from collections.abc import Iterable

import ml_metadata
from tfx.components.evaluator import constants
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import Artifact

Artifacts = dict[str, list[Artifact]]


class LatestOtherBlessedModel(ResolverStrategy):
    """Resolves `model` to the latest blessed one other than `candidate`, if there is any.

    TFX's own strategy takes the candidate's own earlier blessing for a baseline when a run is
    repeated: the Evaluator then sees a new input and runs again, to compare a model with itself.
    """

    def resolve_artifacts(
        self, store: ml_metadata.MetadataStore, input_dict: Artifacts
    ) -> Artifacts:
        """Choose among all models and blessings of the pipeline.

        Args:
            store: unused, the artifacts carry all that is needed.
            input_dict: `model` and `model_blessing`, all of them, and `candidate`, this run's.

        Returns:
            At most one `model` and its `model_blessing`, and the `candidate` as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = blessings_by_model(input_dict["model_blessing"])
        others = [m for m in input_dict["model"] if m.id in blessings and m.id not in candidates]
        chosen = sorted(others, key=lambda m: blessings[m.id].id)[-1:]
        return {
            "model": chosen,
            "model_blessing": [blessings[model.id] for model in chosen],
            "candidate": input_dict["candidate"],
        }


def blessings_by_model(judgements: Iterable[Artifact]) -> dict[int, Artifact]:
    """Index the blessings that were given by the model's id, the latest of each."""
    latest = {}
    for judgement in sorted(judgements, key=lambda judgement: judgement.id):
        if judgement.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1:
            model = constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
            latest[judgement.get_int_custom_property(model)] = judgement
    return latest
