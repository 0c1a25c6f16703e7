"""ModelGate: from a model, the eval rows and what it must be better than to a blessing."""

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import BaselinePredictions
from components.model_gate.executor import (
    BASELINES_KEY,
    BLESSING_KEY,
    COLUMNS_KEY,
    DIGEST_KEY,
    EXAMPLES_KEY,
    MODEL_KEY,
    PRODUCTION_KEY,
    SETTINGS_KEY,
    Executor,
)
from components.model_gate.settings import ModelGateSettings
from components.text_example_gen.source import Columns


class ModelGateSpec(ComponentSpec):
    """Inputs, output and properties of `ModelGate`."""

    INPUTS = {
        EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples),
        MODEL_KEY: ChannelParameter(type=standard_artifacts.Model),
        PRODUCTION_KEY: ChannelParameter(type=standard_artifacts.Model, optional=True),
        BASELINES_KEY: ChannelParameter(type=BaselinePredictions),
    }
    OUTPUTS = {BLESSING_KEY: ChannelParameter(type=standard_artifacts.ModelBlessing)}
    PARAMETERS = {
        SETTINGS_KEY: ExecutionParameter(type=str),
        COLUMNS_KEY: ExecutionParameter(type=str),
        DIGEST_KEY: ExecutionParameter(type=str),
    }


class ModelGate(BaseComponent):
    """Judges a model before it is pushed.

    It never fails because of what it finds: a model that is not blessed is a result.

    Outputs:
        blessing: marked as TFX's Evaluator marks it, with `verdict.json` and `verdict.txt`.
    """

    SPEC_CLASS = ModelGateSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(
        self,
        *,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        production: channel.BaseChannel,
        baselines: channel.BaseChannel,
        settings: ModelGateSettings,
        columns: Columns,
        digest: str,
    ) -> None:
        """Make the node.

        Args:
            examples: with the split `eval`.
            model: the candidate.
            production: the model that serves, or last served, if there is one.
            baselines: of SimpleBaselines, on the same examples.
            settings: the rules' levels and limits.
            columns: which column plays which part.
            digest: of the code that this runs, so that the cache knows of changes.
        """
        super().__init__(
            ModelGateSpec(
                **{
                    EXAMPLES_KEY: examples,
                    MODEL_KEY: model,
                    PRODUCTION_KEY: production,
                    BASELINES_KEY: baselines,
                    SETTINGS_KEY: settings.model_dump_json(),
                    COLUMNS_KEY: columns.model_dump_json(),
                    DIGEST_KEY: digest,
                    BLESSING_KEY: channel.Channel(type=standard_artifacts.ModelBlessing),
                }
            )
        )
