"""DataGate: from statistics, schema and quarantine to a verdict on the run's data."""

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Quarantine, Verdict
from components.data_gate.executor import Executor
from components.data_gate.settings import DataGateSettings


class DataGateSpec(ComponentSpec):
    """Inputs, outputs and properties of `DataGate`."""

    INPUTS = {
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "quarantine": ChannelParameter(type=Quarantine),
    }
    OUTPUTS = {"verdict": ChannelParameter(type=Verdict)}
    PARAMETERS = {
        "settings": ExecutionParameter(type=str),
        "label_column": ExecutionParameter(type=str),
        "digest": ExecutionParameter(type=str),
    }


class DataGate(BaseComponent):
    """Judges data before anything is trained on it.

    It never fails because of what it finds: the verdict must be kept, and TFX throws away what a
    failing node wrote. `components.halt` stops the run.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(
        self,
        *,
        statistics: channel.BaseChannel,
        schema: channel.BaseChannel,
        quarantine: channel.BaseChannel,
        settings: DataGateSettings,
        label_column: str,
        digest: str,
    ) -> None:
        """Make the node.

        Args:
            statistics: of every split.
            schema: the contract from git.
            quarantine: the rows that TextExampleGen could not use.
            settings: the rules' levels and limits.
            label_column: the column with the label.
            digest: of the gate's source, so that the cache knows of changes.
        """
        super().__init__(
            DataGateSpec(
                statistics=statistics,
                schema=schema,
                quarantine=quarantine,
                settings=settings.model_dump_json(),
                label_column=label_column,
                digest=digest,
                verdict=channel.Channel(type=Verdict),
            )
        )
