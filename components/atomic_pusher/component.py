"""AtomicPusher: TFX's Pusher, with versions that appear whole or not at all, and their papers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.system_executions import Deploy

from components.artifacts import Verdict
from components.atomic_pusher.executor import Executor
from components.text_example_gen.source import Columns
from serving.releases.settings import ReleaseSettings

_PUSHED_WITH: Final = {"keep", "warmup_requests", "handover_s"}
"""The settings that a push goes by; a change of any other shall not push a model again."""


class AtomicPusherSpec(ComponentSpec):
    """Inputs, outputs and properties of `AtomicPusher`."""

    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing, optional=True),
        "infra_blessing": ChannelParameter(type=standard_artifacts.InfraBlessing, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
        "data_verdict": ChannelParameter(type=Verdict, optional=True),
    }
    OUTPUTS = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}
    PARAMETERS = {
        "base": ExecutionParameter(type=str),
        "settings": ExecutionParameter(type=str),
        "columns": ExecutionParameter(type=str),
        "sources": ExecutionParameter(type=str),
        "digest": ExecutionParameter(type=str),
    }
    TYPE_ANNOTATION = Deploy


class AtomicPusher(BaseComponent):
    """A Pusher for folders of this machine or of a mounted volume."""

    SPEC_CLASS = AtomicPusherSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(
        self,
        *,
        base: Path,
        settings: ReleaseSettings,
        columns: Columns,
        digest: str,
        model: BaseChannel,
        sources: Mapping[str, str] | None = None,
        **papers: BaseChannel,
    ) -> None:
        """Make the node.

        Args:
            base: folder of the versions; its name is the served model's.
            settings: how many versions stay, what they are warmed up with, how they take over.
            columns: which column plays which part.
            digest: of the pusher's source, so that the cache knows of changes.
            model: the export.
            sources: digests of the code that made the model, for the manifest.
            papers: any of the spec's other inputs: `model_blessing` and `infra_blessing` must be
                blessed, `examples`, `statistics`, `schema`, `evaluation` and `data_verdict` go
                into the manifest. Without `examples` there are no warm-up requests.
        """
        super().__init__(
            AtomicPusherSpec(
                base=str(base),
                settings=settings.model_dump_json(include=_PUSHED_WITH),
                columns=columns.model_dump_json(),
                sources=json.dumps(dict(sources or {}), sort_keys=True),
                digest=digest,
                model=model,
                pushed_model=Channel(type=standard_artifacts.PushedModel),
                **papers,
            )
        )
