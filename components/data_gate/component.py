"""DataGate: from statistics, schema and quarantine to a verdict on the run's data."""

from pathlib import Path

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Quality, Quarantine, Verdict
from components.data_gate.executor import Executor
from components.data_gate.settings import DataGateSettings
from components.text_example_gen.source import Columns


class DataGateSpec(ComponentSpec):
    """Inputs, outputs and properties of `DataGate`."""

    INPUTS = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "quarantine": ChannelParameter(type=Quarantine),
        "quality": ChannelParameter(type=Quality),
        "baseline": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {"verdict": ChannelParameter(type=Verdict)}
    PARAMETERS = {
        "releases": ExecutionParameter(type=str),
        "settings": ExecutionParameter(type=str),
        "columns": ExecutionParameter(type=str),
        "digest": ExecutionParameter(type=str),
    }


class DataGate(BaseComponent):
    """Judges data before anything is trained on it.

    It never fails because of what it finds: the verdict must be kept, and TFX throws away what a
    failing node wrote. `components.halt` stops the run.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(  # noqa: PLR0913 - one for each channel
        self,
        *,
        statistics: channel.BaseChannel,
        schema: channel.BaseChannel,
        quarantine: channel.BaseChannel,
        quality: channel.BaseChannel,
        baseline: channel.BaseChannel,
        examples: channel.BaseChannel,
        releases: Path,
        settings: DataGateSettings,
        columns: Columns,
        digest: str,
    ) -> None:
        """Make the node.

        Args:
            statistics: of every split.
            schema: the contract from git.
            quarantine: the rows that TextExampleGen could not use.
            quality: what DataQuality found.
            baseline: statistics of the last accepted span, if the metadata store knows one.
            examples: whose digest tells this data from that of a release.
            releases: folder of the released versions, which keep the statistics of their data for
                when the metadata store knows none.
            settings: the rules' levels and limits.
            columns: which column plays which part.
            digest: of the gate's source, so that the cache knows of changes.
        """
        super().__init__(
            DataGateSpec(
                statistics=statistics,
                schema=schema,
                quarantine=quarantine,
                quality=quality,
                baseline=baseline,
                examples=examples,
                releases=str(releases),
                settings=settings.model_dump_json(),
                columns=columns.model_dump_json(),
                digest=digest,
                verdict=channel.Channel(type=Verdict),
            )
        )
