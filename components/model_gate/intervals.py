"""How far chance may have moved a figure of the eval split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

REPLICATES: Final = 2_000
"""Bootstrap samples: the end of a 95 % interval then stands on the outer 50 of each side."""

_CHUNK_COUNTS: Final = 4_000_000
"""Counts drawn at once: 32 MB of int64."""

_SEED: Final = 20_240_901
"""Of every bootstrap, so that the same predictions get the same verdict."""

Labels: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure and the ends of its confidence interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def quantile(confidence: float) -> float:
    """Return the standard normal's quantile for a two-sided interval: 1.96 for 0.95."""
    return float(stats.norm.ppf((1 + confidence) / 2))


def wilson(right: int, rows: int, confidence: float) -> Interval:
    """Return a share and its score interval (Wilson 1927), sound near 0 and 1 and for few rows.

    Args:
        right: rows that count.
        rows: all rows; with none the interval says nothing, 0 to 1.
        confidence: of the two-sided interval.
    """
    if not rows:
        return Interval(value=0.0, low=0.0, high=1.0)
    z = quantile(confidence)
    share, weight = right / rows, z * z / rows
    centre = (share + weight / 2) / (1 + weight)
    reach = z * math.sqrt(share * (1 - share) / rows + weight / (4 * rows)) / (1 + weight)
    return Interval(value=share, low=max(centre - reach, 0.0), high=min(centre + reach, 1.0))


def macro_f1(actual: Labels, predicted: Labels) -> float:
    """Mean F1 over all labels, actual or predicted; the Evaluator's definition. 0 without rows."""
    (figure,) = _Cells.of(actual, [predicted]).figures(None)[0]
    return float(figure)


def macro_f1_interval(actual: Labels, predicted: Labels, confidence: float) -> Interval:
    """Return macro F1 with its bootstrap interval (Efron 1979).

    Args:
        actual: label ids from 0 on, `[rows]`.
        predicted: label ids, `[rows]`.
        confidence: of the two-sided interval.
    """
    value, drawn = macro_f1(actual, predicted), replicates(actual, [predicted])[:, 0]
    return _interval(value, drawn, confidence, rows=len(actual), least=0.0)


def macro_f1_difference(
    actual: Labels, ours: Labels, theirs: Labels, confidence: float
) -> Interval:
    """Return ours minus theirs with the interval of the paired bootstrap.

    Each sample draws rows, with both models' answers to them (Efron and Tibshirani 1993, ch. 16).
    """
    drawn = replicates(actual, [ours, theirs])
    value = macro_f1(actual, ours) - macro_f1(actual, theirs)
    differences = drawn[:, 0] - drawn[:, 1]
    return _interval(value, differences, confidence, rows=len(actual), least=-1.0)


def replicates(actual: Labels, models: Sequence[Labels]) -> Floats:
    """Return each model's macro F1 on `REPLICATES` samples of the rows: `[replicates, models]`.

    Rows with the same label and the same answers are alike, so that drawing rows with replacement
    is drawing how often each such cell comes: one multinomial draw a sample.
    """
    cells = _Cells.of(actual, models)
    random = np.random.default_rng(_SEED)
    rows = int(cells.counts.sum())
    if not rows:
        return np.zeros((REPLICATES, len(models)))
    at_once = max(_CHUNK_COUNTS // len(cells.counts), 1)
    drawn = []
    for start in range(0, REPLICATES, at_once):
        size = min(at_once, REPLICATES - start)
        drawn.append(cells.figures(random.multinomial(rows, cells.counts / rows, size=size)))
    return np.concatenate(drawn)


@dataclass(frozen=True)
class _Cells:
    """The rows by what is the same in them.

    Attributes:
        counts: rows of each cell, `[cells]`.
        actual: label id of each cell.
        predicted: of each model, the answer in each cell.
        labels: one more than the largest id.
    """

    counts: Labels
    actual: Labels
    predicted: Sequence[Labels]
    labels: int

    @classmethod
    def of(cls, actual: Labels, models: Sequence[Labels]) -> "_Cells":
        columns = np.stack([actual, *models], axis=1).astype(np.int64)
        cells, counts = np.unique(columns, axis=0, return_counts=True)
        labels = int(columns.max(initial=-1)) + 1
        return cls(counts, cells[:, 0], [cells[:, 1 + n] for n in range(len(models))], labels)

    def figures(self, counts: Labels | None) -> Floats:
        """Return each model's macro F1, `[samples, models]`, for `[samples, cells]` counts.

        A label that a sample neither has nor is given is left out of that sample's mean.
        """
        drawn = self.counts[None] if counts is None else counts
        found = [self._macro_f1(drawn.astype(np.float64), p) for p in self.predicted]
        return np.stack(found, axis=1)

    def _macro_f1(self, drawn: Floats, predicted: Labels) -> Floats:
        hits = drawn @ self._indicator(predicted, keep=predicted == self.actual)
        mentions = drawn @ self._indicator(predicted) + drawn @ self._indicator(self.actual)
        f1 = 2 * hits / np.maximum(mentions, 1)
        return f1.sum(axis=1) / np.maximum((mentions > 0).sum(axis=1), 1)

    def _indicator(self, of: Labels, keep: NDArray[np.bool_] | None = None) -> sparse.csr_matrix:
        """Return which cell counts for which label, `[cells, labels]`."""
        ones = np.ones(len(of)) if keep is None else keep.astype(np.float64)
        shape = (len(of), self.labels)
        return sparse.csr_matrix((ones, (np.arange(len(of)), of)), shape=shape)


def _interval(
    value: float, drawn: Floats, confidence: float, *, rows: int, least: float
) -> Interval:
    """Return the percentile interval, without its bias and widened by what few rows have not shown.

    Where labels have few rows, macro F1 of samples lies below that of the rows: the mean of the
    samples tells by how much (Efron and Tibshirani 1993, ch. 10).

    Samples of rows that are all right are all right too, and their interval has no width. So its
    ends are no nearer than those of Wilson and of Tango where all rows agree. `least` is the lowest
    value that there can be; 1 is the highest.
    """
    tail = (1 - confidence) / 2
    bias = drawn.mean() - value
    low, high = np.clip(np.quantile(drawn, [tail, 1 - tail]) - bias, least, 1.0)
    weight = quantile(confidence) ** 2
    unseen = weight / (rows + weight)
    return Interval(
        value=value,
        low=min(float(low), value - unseen * (value - least)),
        high=max(float(high), value + unseen * (1 - value)),
    )
