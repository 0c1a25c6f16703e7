"""The TextExampleGen component, as the pipeline's graph uses it."""

from tfx import types
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.standard_component_specs import EXAMPLES_KEY, INPUT_CONFIG_KEY, RANGE_CONFIG_KEY

from components.artifacts import Quarantine
from components.text_example_gen.driver import Driver
from components.text_example_gen.executor import DIGEST_KEY, QUARANTINE_KEY, SOURCE_KEY, Executor
from components.text_example_gen.plan import input_config
from components.text_example_gen.source import TextSource


class TextExampleGenSpec(ComponentSpec):
    """The component's parameters and outputs; every parameter is part of the cache's key."""

    PARAMETERS = {
        INPUT_CONFIG_KEY: ExecutionParameter(type=example_gen_pb2.Input),
        RANGE_CONFIG_KEY: ExecutionParameter(type=range_config_pb2.RangeConfig, optional=True),
        SOURCE_KEY: ExecutionParameter(type=str),
        DIGEST_KEY: ExecutionParameter(type=str),
    }
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {
        EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples),
        QUARANTINE_KEY: ChannelParameter(type=Quarantine),
    }


class TextExampleGen(FileBasedExampleGen):
    """Labelled text in CSV, TSV, JSON Lines or Parquet files becomes examples.

    A `FileBasedExampleGen`, so that TFX's runners treat it as one: span, version and the files'
    fingerprint are resolved before the run.

    Outputs:
        examples: Splits `train`, `eval` and, where there are such sources, `unlabelled` and
            `served`.
        quarantine: The rows that were not kept, with file, line and reason, and the counts.
    """

    SPEC_CLASS = TextExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(self, source: TextSource, digest: str) -> None:
        """Make the component.

        Args:
            source: Where the rows lie and how they are written.
            digest: A digest of this project's code: other code must not find the old result.
        """
        parameters = {
            INPUT_CONFIG_KEY: input_config(source),
            SOURCE_KEY: source.model_dump_json(),
            DIGEST_KEY: digest,
            EXAMPLES_KEY: types.Channel(type=standard_artifacts.Examples),
            QUARANTINE_KEY: types.Channel(type=Quarantine),
        }
        if source.span is not None:
            parameters[RANGE_CONFIG_KEY] = range_config_pb2.RangeConfig(
                static_range=range_config_pb2.StaticRange(
                    start_span_number=source.span, end_span_number=source.span
                )
            )
        # FileBasedExampleGen's own __init__ makes the spec of its input folder.
        base_beam_component.BaseBeamComponent.__init__(self, spec=TextExampleGenSpec(**parameters))
