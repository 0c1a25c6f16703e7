"""The statistics that a new span is compared with."""

from typing import Final

import ml_metadata
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import Artifact

STATISTICS_ID: Final = "statistics_id"
"""Custom property of a verdict: the statistics that it judged."""

Artifacts = dict[str, list[Artifact]]


class LastAcceptedStatistics(ResolverStrategy):
    """Resolves `statistics` to those of the last run whose data gate passed, but for `candidate`.

    Without the exception a repeated run would be compared with itself.
    """

    def resolve_artifacts(
        self, store: ml_metadata.MetadataStore, input_dict: Artifacts
    ) -> Artifacts:
        """Choose among all statistics of the pipeline.

        Args:
            store: unused, the artifacts carry all that is needed.
            input_dict: `statistics` and `verdict`, all of them, and `candidate`, this run's.

        Returns:
            At most one `statistics` and its `verdict`, and the `candidate` as it came.
        """
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        accepted = {
            verdict.get_int_custom_property(STATISTICS_ID): verdict
            for verdict in sorted(input_dict["verdict"], key=lambda v: v.id)
            if verdict.get_int_custom_property("passed") == 1
        }
        others = [
            s for s in input_dict["statistics"] if s.id in accepted and s.id not in candidates
        ]
        chosen = sorted(others, key=lambda s: accepted[s.id].id)[-1:]
        return {
            "statistics": chosen,
            "verdict": [accepted[statistics.id] for statistics in chosen],
            "candidate": input_dict["candidate"],
        }
