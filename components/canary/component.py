"""Canary: serves the export in a fresh process before it may be pushed.

It is no subclass of TFX's InfraValidator, though it takes its place and writes its artifact: that
one turns every reason into one boolean, tries five times, blesses when its list of servers is
empty, knows Docker and a cluster alone, and has no place for the answers of training.
"""

import os
import shutil

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.canary.executor import Executor
from components.canary.settings import CanarySettings
from components.text_example_gen.source import Columns
from serving.backends import BINARY


class CanarySpec(ComponentSpec):
    """Inputs, output and properties of `Canary`."""

    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {"blessing": ChannelParameter(type=standard_artifacts.InfraBlessing)}
    PARAMETERS = {
        "settings": ExecutionParameter(type=str),
        "columns": ExecutionParameter(type=str),
        "binary": ExecutionParameter(type=str),
        "binary_written": ExecutionParameter(type=str),
        "digest": ExecutionParameter(type=str),
    }


class Canary(BaseComponent):
    """Loads the export as production does, and compares its answers with those of training.

    It never fails because of what it finds: the record must be kept. A Pusher that gets its
    `blessing` as `infra_blessing` does not push what it refuses.
    """

    SPEC_CLASS = CanarySpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(
        self,
        *,
        model: channel.BaseChannel,
        model_run: channel.BaseChannel,
        transform_graph: channel.BaseChannel,
        examples: channel.BaseChannel,
        settings: CanarySettings,
        columns: Columns,
        digest: str,
    ) -> None:
        """Make the node.

        Args:
            model: the Trainer's export.
            model_run: the Trainer's other output, with `golden.jsonl`.
            transform_graph: turns the texts into the features that training knows.
            examples: raw, with the eval split.
            settings: limits and patience.
            columns: which column holds the text.
            digest: of the source, so that the cache knows of changes.
        """
        binary = shutil.which(BINARY) or ""
        super().__init__(
            CanarySpec(
                model=model,
                model_run=model_run,
                transform_graph=transform_graph,
                examples=examples,
                settings=settings.model_dump_json(),
                columns=columns.model_dump_json(),
                # Where the real server is installed or upgraded later, the cache must not answer
                # for it.
                binary=binary,
                binary_written=str(os.stat(binary).st_mtime_ns) if binary else "",
                digest=digest,
                blessing=channel.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
