"""DataQuality: from examples to evidence on their quality."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Quality
from components.data_quality.executor import (
    COLUMNS_KEY,
    DIGEST_KEY,
    EXAMPLES_KEY,
    QUALITY_KEY,
    Executor,
)
from components.text_example_gen.source import Columns


class DataQualitySpec(ComponentSpec):
    """Inputs, outputs and properties of `DataQuality`."""

    INPUTS = {EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {QUALITY_KEY: ChannelParameter(type=Quality)}
    PARAMETERS = {
        COLUMNS_KEY: ExecutionParameter(type=str),
        DIGEST_KEY: ExecutionParameter(type=str),
    }


class DataQuality(base_beam_component.BaseBeamComponent):
    """Looks for duplicates, leakage, conflicting labels, imbalance and personal data.

    It finds and locates; what is too much, the data gate's rules say.

    Outputs:
        quality: `quality.json`.
    """

    SPEC_CLASS = DataQualitySpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, *, examples: channel.BaseChannel, columns: Columns, digest: str) -> None:
        """Make the node.

        Args:
            examples: of TextExampleGen, each with its file and line.
            columns: the text's and the label's.
            digest: of the code that this runs, `trainer/text.py` included, so that the cache knows
                of changes.
        """
        super().__init__(
            DataQualitySpec(
                **{
                    EXAMPLES_KEY: examples,
                    COLUMNS_KEY: columns.model_dump_json(),
                    DIGEST_KEY: digest,
                    QUALITY_KEY: channel.Channel(type=Quality),
                }
            )
        )
