"""TextStatisticsGen: from examples to statistics of the columns and of the text itself."""

import json
from collections.abc import Sequence

import tensorflow_data_validation as tfdv
from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.text_statistics.executor import (
    DIGEST_KEY,
    EXAMPLES_KEY,
    EXCLUDE_SPLITS_KEY,
    MOST_CHARACTERS_KEY,
    STATISTICS_KEY,
    STATS_OPTIONS_KEY,
    TEXT_COLUMN_KEY,
    VOCABULARY_MODEL_KEY,
    Executor,
)
from components.text_statistics.profile import MOST_CHARACTERS


class TextStatisticsGenSpec(ComponentSpec):
    """Inputs, output and properties of `TextStatisticsGen`."""

    INPUTS = {
        EXAMPLES_KEY: ChannelParameter(type=standard_artifacts.Examples),
        VOCABULARY_MODEL_KEY: ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS = {STATISTICS_KEY: ChannelParameter(type=standard_artifacts.ExampleStatistics)}
    PARAMETERS = {
        TEXT_COLUMN_KEY: ExecutionParameter(type=str),
        MOST_CHARACTERS_KEY: ExecutionParameter(type=int),
        STATS_OPTIONS_KEY: ExecutionParameter(type=str, optional=True),
        EXCLUDE_SPLITS_KEY: ExecutionParameter(type=str),
        DIGEST_KEY: ExecutionParameter(type=str),
    }


class TextStatisticsGen(BaseBeamComponent):
    """A StatisticsGen that also profiles the text column, whatever its language.

    Outputs:
        statistics: As TFX's StatisticsGen writes them, with the profile's columns among the rest
            (`components.text_statistics.columns` names them).
    """

    SPEC_CLASS = TextStatisticsGenSpec
    EXECUTOR_SPEC = BeamExecutorSpec(Executor)

    def __init__(
        self,
        *,
        examples: channel.BaseChannel,
        text_column: str,
        digest: str,
        vocabulary_model: channel.BaseChannel | None = None,
        most_characters: int = MOST_CHARACTERS,
        stats_options: tfdv.StatsOptions | None = None,
        exclude_splits: Sequence[str] = (),
    ) -> None:
        """Make the node.

        Args:
            examples: of every split.
            text_column: the column with the text.
            digest: of this package's source, so that the cache knows of changes.
            vocabulary_model: the model in production; without one there is no share of characters
                out of its vocabulary.
            most_characters: characters above which a text is over-long.
            stats_options: TFDV's options for the other columns; no generators of one's own.
            exclude_splits: splits to leave out.
        """
        super().__init__(
            TextStatisticsGenSpec(
                examples=examples,
                vocabulary_model=vocabulary_model,
                text_column=text_column,
                most_characters=most_characters,
                stats_options_json=stats_options.to_json() if stats_options else None,
                exclude_splits=json.dumps(list(exclude_splits)),
                digest=digest,
                statistics=channel.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
