"""The text profile as one of the generators that TFDV runs over a data set in its single pass."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tensorflow_data_validation.statistics.generators.stats_generator import CombinerStatsGenerator
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.text_statistics.columns import (
    FREQUENT_TOKENS,
    LENGTHS,
    MEASURED_WITH,
    NO,
    OUT_OF_VOCABULARY,
    OVER_LONG,
    YES,
    profile_column,
)
from components.text_statistics.profile import Profiler
from components.text_statistics.summaries import Presence
from components.text_statistics.sums import Sums
from components.text_statistics.tokens import ranked_values

_DIGEST_BYTES: Final = 8

Feature: TypeAlias = statistics_pb2.FeatureNameStatistics


class ProfileGenerator(CombinerStatsGenerator[Sums]):
    """Adds the profile columns of a text column to the statistics."""

    def __init__(self, profiler: Profiler, *, text_column: str) -> None:
        super().__init__("TextProfile")
        self._profiler = profiler
        self._text_column = text_column

    def create_accumulator(self) -> Sums:
        """Begin with nothing."""
        return Sums()

    def add_input(self, accumulator: Sums, input_record_batch: pa.RecordBatch) -> Sums:
        """Profile a batch; a row without the text column's value is missing everywhere.

        Raises:
            TypeError: the column holds something other than text.
            ValueError: a row has more than one text.
        """
        accumulator.columns |= set(input_record_batch.schema.names)
        texts, counts = self._texts(input_record_batch)
        accumulator.texts += Presence.of(counts)
        if len(texts):
            accumulator.add(self._profiler.profile(texts))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sums]) -> Sums:
        """Put together what is known of several parts."""
        first, *others = accumulators
        for other in others:
            first.merge(other)
        return first

    def extract_output(self, accumulator: Sums) -> statistics_pb2.DatasetFeatureStatistics:
        """Write the profile columns.

        Raises:
            ValueError: no row has a text.
        """
        if not accumulator.texts.filled and accumulator.texts.rows:
            raise ValueError(
                f"column {self._text_column!r}: expected a text in some row, found none in "
                f"{accumulator.texts.rows:,} rows with the columns "
                f"{', '.join(sorted(accumulator.columns)) or '(none)'}; check data.columns.text"
            )
        features = list(self._features(accumulator)) if accumulator.texts.rows else []
        return statistics_pb2.DatasetFeatureStatistics(features=features)

    def _texts(self, batch: pa.RecordBatch) -> tuple[pa.Array, NDArray[np.int64]]:
        """Return the texts, `[texts]`, and how many each row has, `[rows]`."""
        index = batch.schema.get_field_index(self._text_column)
        if index < 0 or pa.types.is_null(batch.schema.field(index).type):
            return pa.array([], pa.binary()), np.zeros(batch.num_rows, np.int64)
        column = batch.column(index)
        texts = column.flatten()
        if not (pa.types.is_binary(texts.type) or pa.types.is_large_binary(texts.type)):
            raise TypeError(
                f"column {self._text_column!r}: expected text, found {texts.type}; "
                "check data.columns.text"
            )
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        if counts.max(initial=0) > 1:
            raise ValueError(
                f"column {self._text_column!r}: expected one text a row, found a row with "
                f"{counts.max()}; write one example for each text"
            )
        return texts, counts.astype(np.int64)

    def _features(self, sums: Sums) -> Iterator[Feature]:
        common = sums.texts.to_proto()
        for measure, summary in sums.numbers.items():
            numeric = summary.to_proto()
            numeric.common_stats.CopyFrom(common)
            whole = measure in LENGTHS
            yield self._feature(
                measure, type=Feature.INT if whole else Feature.FLOAT, num_stats=numeric
            )
        for measure, flagged in sums.flagged.items():
            answers = {YES: flagged, NO: sums.texts.values - flagged}
            flags = ranked_values({a.encode(): rows for a, rows in answers.items() if rows})
            flags.common_stats.CopyFrom(common)
            yield self._feature(measure, type=Feature.STRING, string_stats=flags)
        tokens = sums.tokens.to_proto()
        tokens.common_stats.CopyFrom((sums.distinct + sums.texts.missing()).to_proto())
        yield self._feature(FREQUENT_TOKENS, type=Feature.STRING, string_stats=tokens)

    def _feature(
        self,
        measure: str,
        *,
        type: int,  # noqa: A002 - the proto's name
        num_stats: statistics_pb2.NumericStatistics | None = None,
        string_stats: statistics_pb2.StringStatistics | None = None,
    ) -> Feature:
        feature = Feature(type=type, num_stats=num_stats, string_stats=string_stats)
        feature.path.step.append(profile_column(self._text_column, measure))
        setting = self._setting(measure)
        if setting is not None:
            feature.custom_stats.add(name=MEASURED_WITH, str=setting)
        return feature

    def _setting(self, measure: str) -> str | None:
        """Say on which setting a measure depends."""
        if measure == OVER_LONG:
            return f"a limit of {self._profiler.most_characters} characters"
        if measure == OUT_OF_VOCABULARY:
            known = "".join(sorted(self._profiler.vocabulary or ""))
            digest = blake2b(known.encode(), digest_size=_DIGEST_BYTES).hexdigest()
            return f"the vocabulary with the characters {digest}"
        return None
