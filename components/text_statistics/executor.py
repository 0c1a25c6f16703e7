"""Runs TFDV over every split, the text profile among its generators."""

import json
from pathlib import PurePosixPath
from typing import Any, Final

import apache_beam as beam
import pyarrow as pa
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tfx.components.statistics_gen.executor import DEFAULT_FILE_NAME
from tfx.components.util import tfxio_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import Artifact, artifact_utils
from tfx.utils import path_utils

from components.examples import span_of
from components.provenance import ROW_FEATURE
from components.text_statistics.generator import ProfileGenerator
from components.text_statistics.profile import Profiler
from components.text_statistics.vocabulary import known_characters

EXAMPLES_KEY: Final = "examples"
VOCABULARY_MODEL_KEY: Final = "vocabulary_model"
STATISTICS_KEY: Final = "statistics"
TEXT_COLUMN_KEY: Final = "text_column"
MOST_CHARACTERS_KEY: Final = "most_characters"
STATS_OPTIONS_KEY: Final = "stats_options_json"
EXCLUDE_SPLITS_KEY: Final = "exclude_splits"
DIGEST_KEY: Final = "digest"

SUBWORDS: Final = "assets/subwords"
"""Where an export lists its subwords, one a line."""

_TELEMETRY: Final = ["TextStatisticsGen"]

Artifacts = dict[str, list[Artifact]]


class Executor(BaseBeamExecutor):
    """Writes `Split-<name>/FeatureStats.pb`, the file that TFX's own StatisticsGen writes."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Compute the statistics of every split that is not excluded.

        Raises:
            ValueError: no split is left, or a split has no texts.
            FileNotFoundError: the vocabulary's model has no list of subwords.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY])
        statistics = artifact_utils.get_single_instance(output_dict[STATISTICS_KEY])
        splits = _splits(examples, json.loads(exec_properties.get(EXCLUDE_SPLITS_KEY) or "[]"))
        statistics.split_names = artifact_utils.encode_split_names(splits)
        statistics.span = span_of(examples)
        profiler = Profiler(
            most_characters=exec_properties[MOST_CHARACTERS_KEY],
            vocabulary=_vocabulary(input_dict.get(VOCABULARY_MODEL_KEY) or []),
        )
        with self._make_beam_pipeline() as pipeline:
            for split in splits:
                source = tfxio_utils.get_split_tfxio([examples], split, _TELEMETRY).BeamSource()
                path = PurePosixPath(
                    artifact_utils.get_split_uri([statistics], split), DEFAULT_FILE_NAME
                )
                generator = ProfileGenerator(profiler, text_column=exec_properties[TEXT_COLUMN_KEY])
                options = _options(exec_properties.get(STATS_OPTIONS_KEY), generator)
                _ = (
                    pipeline
                    | f"Read[{split}]" >> source
                    | f"DropProvenance[{split}]" >> beam.Map(without_provenance)
                    | f"Statistics[{split}]" >> tfdv.GenerateStatistics(options)
                    | f"Write[{split}]" >> tfdv.WriteStatisticsToBinaryFile(str(path))
                )


def without_provenance(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Drop the column that tells where a row came from."""
    kept = [name for name in batch.schema.names if name != ROW_FEATURE]
    return pa.RecordBatch.from_arrays([batch.column(name) for name in kept], kept)


def _splits(examples: Artifact, excluded: list[str]) -> list[str]:
    every = artifact_utils.decode_split_names(examples.split_names)
    unknown = sorted(set(excluded) - set(every))
    splits = [split for split in every if split not in excluded]
    if unknown or not splits:
        raise ValueError(
            f"exclude_splits: expected some of the splits {every}, but not all of them, "
            f"got {excluded}"
        )
    return splits


def _options(options_json: str | None, generator: ProfileGenerator) -> tfdv.StatsOptions:
    options = tfdv.StatsOptions.from_json(options_json) if options_json else tfdv.StatsOptions()
    options.generators = [generator]
    return options


def _vocabulary(models: list[Artifact]) -> str | None:
    """Read the characters that the production model knows; none before the first release."""
    if not models:
        return None
    model = artifact_utils.get_single_instance(models)
    path = str(PurePosixPath(path_utils.serving_model_path(model.uri), SUBWORDS))
    if not tf.io.gfile.exists(path):
        raise FileNotFoundError(
            f"{path}: expected the model's subwords, one a line, found no file; "
            "release a model that was trained here, or leave vocabulary_model out"
        )
    with tf.io.gfile.GFile(path) as file:
        return known_characters(file)
