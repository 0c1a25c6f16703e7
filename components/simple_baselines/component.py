"""SimpleBaselines: from examples to the predictions of models that need seconds."""

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import BaselinePredictions
from components.simple_baselines.executor import (
    BASELINES_KEY,
    COLUMNS_KEY,
    DIGEST_KEY,
    EXAMPLES_KEY,
    Executor,
)
from components.text_example_gen.source import Columns


class SimpleBaselinesSpec(ComponentSpec):
    """Input, output and properties of `SimpleBaselines`."""

    INPUTS = {EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {BASELINES_KEY: ChannelParameter(type=BaselinePredictions)}
    PARAMETERS = {
        COLUMNS_KEY: ExecutionParameter(type=str),
        DIGEST_KEY: ExecutionParameter(type=str),
    }


class SimpleBaselines(BaseComponent):
    """Fits the majority class, naive Bayes on words and a linear SVM on character n-grams.

    It depends on the rows alone, so that another model, setting or threshold finds it in the cache.

    Outputs:
        baselines: `predictions.parquet`, one row for each labelled eval row, and `baselines.json`.
    """

    SPEC_CLASS = SimpleBaselinesSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(self, *, examples: channel.BaseChannel, columns: Columns, digest: str) -> None:
        """Make the node.

        Args:
            examples: of TextExampleGen, with the splits `train` and `eval`.
            columns: which column plays which part.
            digest: of the code that this runs, `trainer/text.py` included.
        """
        super().__init__(
            SimpleBaselinesSpec(
                **{
                    EXAMPLES_KEY: examples,
                    COLUMNS_KEY: columns.model_dump_json(),
                    DIGEST_KEY: digest,
                    BASELINES_KEY: channel.Channel(type=BaselinePredictions),
                }
            )
        )
