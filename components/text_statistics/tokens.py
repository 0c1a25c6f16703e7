"""The most frequent tokens of a data set, by the number of texts that have them."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_data_validation import constants, types
from tensorflow_data_validation.utils import top_k_uniques_stats_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.sketches import KmvSketch, MisraGriesSketch

COUNTERS: Final = 16_384
"""Tokens that the Misra-Gries sketch keeps: a count is wrong by at most 1/16,384 of all tokens.

Measured on 1.1 million tokens of NSMC: the thousand most frequent differ by 2 of 103 to 10,497;
with TFDV's own 1,024 counters 710 of them are lost."""

DISTINCT: Final = 16_384
"""Hashes kept to estimate the number of different tokens: about 1 % off, as TFDV has it."""

MOST_BYTES: Final = 1_024
"""A longer token is counted as `__LARGE_BYTES__`, as TFDV does with long strings."""

TOP_VALUES: Final = 20
RANKED: Final = 1_000
"""Tokens in the rank histogram, which the L-infinity distance reads; both are TFDV's defaults."""


def _counters() -> MisraGriesSketch:
    return MisraGriesSketch(
        num_buckets=COUNTERS,
        invalid_utf8_placeholder=constants.NON_UTF8_PLACEHOLDER,
        large_string_threshold=MOST_BYTES,
        large_string_placeholder=constants.LARGE_BYTES_PLACEHOLDER,
    )


@dataclass
class FrequentTokens:
    """A sketch of token counts, filled batch by batch."""

    counters: MisraGriesSketch = field(default_factory=_counters)
    distinct: KmvSketch = field(default_factory=lambda: KmvSketch(DISTINCT))
    tokens: int = 0
    size_bytes: int = 0

    def add(self, tokens: pa.Array) -> None:
        """Count tokens, `[tokens]`, UTF-8."""
        self.counters.AddValues(tokens)
        self.distinct.AddValues(tokens)
        self.tokens += len(tokens)
        self.size_bytes += pc.sum(pc.binary_length(tokens)).as_py() or 0

    def merge(self, other: "FrequentTokens") -> None:
        """Take another sketch in."""
        self.counters.Merge(other.counters)
        self.distinct.Merge(other.distinct)
        self.tokens += other.tokens
        self.size_bytes += other.size_bytes

    def to_proto(self) -> statistics_pb2.StringStatistics:
        """Write the most frequent tokens as TFDV writes a string column's values."""
        found = self.counters.Estimate().to_pylist()
        ranked = ranked_values({pair["values"]: pair["counts"] for pair in found})
        ranked.unique = self.distinct.Estimate() if self.tokens else 0
        ranked.avg_length = self.size_bytes / max(self.tokens, 1)
        return ranked


def ranked_values(counts: dict[bytes, float]) -> statistics_pb2.StringStatistics:
    """Rank values by their counts as TFDV does."""
    return top_k_uniques_stats_util.make_feature_stats_proto_topk_uniques(
        feature_path=types.FeaturePath([]),
        num_top_values=TOP_VALUES,
        num_rank_histogram_buckets=RANKED,
        num_unique=len(counts),
        value_count_list=[
            top_k_uniques_stats_util.FeatureValueCount(value, count)
            for value, count in counts.items()
        ],
    ).string_stats
