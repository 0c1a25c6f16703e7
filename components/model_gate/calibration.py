"""Whether a probability of 0.9 is right nine times of ten."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

BINS: Final = 15
"""As Guo et al. (2017) have it; here each holds as many rows as the others."""

REPLICATES: Final = 500
"""Simulated eval splits: the upper 2.5 % are the outermost 12."""

_CHUNK_DRAWS: Final = 4_000_000
_SEED: Final = 20_170_801

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The expected calibration error of a model.

    Attributes:
        error: mean distance between the probability of the best label and the share of right
            answers, over bins of equal mass.
        by_chance: what a model whose probabilities are true would stay below with the confidence
            asked for: with few rows no model comes near 0.
    """

    error: float
    by_chance: float


def calibration(probabilities: Floats, right: NDArray[np.bool_], confidence: float) -> Calibration:
    """Measure the error and what chance alone would make of it.

    The error is that of Naeini et al. (2015) and Guo et al. (2017, eq. 3), over bins of equal mass
    (Nguyen and O'Connor 2015), which no single crowded bin decides. Chance is simulated by drawing
    each answer right with its own probability (Bröcker and Smith 2007).

    Args:
        probabilities: of the best label, `[rows]`.
        right: whether that label was right, `[rows]`.
        confidence: two-sided, as elsewhere.
    """
    if not len(right):
        return Calibration(error=0.0, by_chance=0.0)
    order = np.argsort(probabilities, kind="stable")
    sure = np.asarray(probabilities, np.float64)[order]
    starts = np.unique(np.arange(BINS) * len(sure) // BINS)
    (error,) = _errors(right[order][None], sure, starts)
    chance = np.quantile(_by_chance(sure, starts), (1 + confidence) / 2)
    return Calibration(error=float(error), by_chance=float(chance))


def _errors(right: NDArray[np.bool_], sure: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return the error of each sample: `[samples, rows]` answers to `[samples]`."""
    gaps = np.add.reduceat(right - sure, starts, axis=1)
    return np.abs(gaps).sum(axis=1) / len(sure)


def _by_chance(sure: Floats, starts: NDArray[np.int64]) -> Floats:
    random = np.random.default_rng(_SEED)
    at_once = max(_CHUNK_DRAWS // len(sure), 1)
    drawn = []
    for start in range(0, REPLICATES, at_once):
        size = min(at_once, REPLICATES - start)
        answers = random.random((size, len(sure)), np.float32) < sure
        drawn.append(_errors(answers, sure, starts))
    return np.concatenate(drawn)
