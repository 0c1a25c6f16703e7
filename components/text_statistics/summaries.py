"""Sums over batches that merge without loss, and what they look like in TFDV's statistics.

TFDV's own histograms reach from the least to the greatest value found, so one text of 100,000
characters puts all others into the first bucket, and the Jensen-Shannon divergence sees nothing.
The buckets here are the same for every data set, and counts in them are exact.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.text_statistics.profile import Numbers

_OCTAVES: Final = 20
LENGTH_EDGES: Final = np.unique(
    np.concatenate([[0], np.rint(2 ** (np.arange(2 * _OCTAVES + 1) / 2))])
)
"""Upper bounds of the buckets of lengths: half an octave each, from 0 to 1,048,576."""

_STEPS: Final = 20
SHARE_EDGES: Final = np.arange(_STEPS + 1) / _STEPS
"""Upper bounds of the buckets of shares: 5 points each; texts of 20 characters know no finer."""


@dataclass(frozen=True)
class Presence:
    """How many values the rows have.

    Attributes:
        rows: all rows.
        filled: rows with a value.
        values: all values.
        fewest: values of the row with the fewest, of those that have any; 0 without such rows.
        most: values of the row with the most.
    """

    rows: int = 0
    filled: int = 0
    values: int = 0
    fewest: int = 0
    most: int = 0

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> "Presence":
        """Sum up the values of each row, `[rows]`."""
        filled = counts[counts > 0]
        if not filled.size:
            return cls(rows=counts.size)
        return cls(
            counts.size, filled.size, int(filled.sum()), int(filled.min()), int(filled.max())
        )

    def __add__(self, other: "Presence") -> "Presence":
        both = self.filled and other.filled
        return Presence(
            self.rows + other.rows,
            self.filled + other.filled,
            self.values + other.values,
            min(self.fewest, other.fewest) if both else self.fewest or other.fewest,
            max(self.most, other.most),
        )

    def missing(self) -> "Presence":
        """Return the rows without a value alone."""
        return Presence(rows=self.rows - self.filled)

    def to_proto(self) -> statistics_pb2.CommonStatistics:
        """Write it as TFDV does; a row without a value is missing."""
        return statistics_pb2.CommonStatistics(
            num_non_missing=self.filled,
            num_missing=self.rows - self.filled,
            min_num_values=self.fewest,
            max_num_values=self.most,
            avg_num_values=self.values / max(self.filled, 1),
            tot_num_values=self.values,
        )


@dataclass(frozen=True, kw_only=True)
class NumberSummary:
    """Numbers from 0 in fixed buckets.

    Attributes:
        edges: upper bounds of the buckets, the first 0, `[buckets]`. The first bucket holds the
            zeros alone, each further one what lies above its predecessor's bound up to its own,
            the last also what lies above it.
        counts: numbers in each bucket, `[buckets]`.
        total: their sum.
        squares: the sum of their squares.
        least: the smallest number; infinite without one.
        greatest: the greatest; minus infinite without one.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    total: float
    squares: float
    least: float
    greatest: float

    @classmethod
    def of(cls, numbers: Numbers, *, edges: NDArray[np.float64]) -> "NumberSummary":
        """Sum up numbers that are not negative, `[any]`."""
        found = numbers.astype(np.float64)
        buckets = np.searchsorted(edges, np.minimum(found, edges[-1]))
        return cls(
            edges=edges,
            counts=np.bincount(buckets, minlength=edges.size),
            total=float(found.sum()),
            squares=float(np.square(found).sum()),
            least=float(found.min(initial=math.inf)),
            greatest=float(found.max(initial=-math.inf)),
        )

    def __add__(self, other: "NumberSummary") -> "NumberSummary":
        return NumberSummary(
            edges=self.edges,
            counts=self.counts + other.counts,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            least=min(self.least, other.least),
            greatest=max(self.greatest, other.greatest),
        )

    def to_proto(self) -> statistics_pb2.NumericStatistics:
        """Write mean, deviation, extremes and the histogram; the median is the middle bucket's."""
        size = int(self.counts.sum())
        if not size:
            return statistics_pb2.NumericStatistics()
        mean = self.total / size
        middle = int(np.searchsorted(np.cumsum(self.counts), size / 2))
        return statistics_pb2.NumericStatistics(
            mean=mean,
            std_dev=math.sqrt(max(self.squares / size - mean**2, 0.0)),
            num_zeros=int(self.counts[0]),
            min=self.least,
            max=self.greatest,
            median=min(float(self.edges[middle]), self.greatest),
            histograms=[self._histogram()],
        )

    def _histogram(self) -> statistics_pb2.Histogram:
        lows = np.concatenate([[0], self.edges[:-1]])
        return statistics_pb2.Histogram(
            type=statistics_pb2.Histogram.STANDARD,
            buckets=[
                statistics_pb2.Histogram.Bucket(low_value=low, high_value=high, sample_count=count)
                for low, high, count in zip(lows, self.edges, self.counts, strict=True)
            ],
        )
