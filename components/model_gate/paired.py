"""Two classifiers on the same rows: by how much one is right more often than the other.

Only rows on which they differ say anything (McNemar 1947). The statistic is the score statistic of
Tango (1998, "Equivalence test and confidence interval for the difference in proportions for the
paired-sample design", Statistics in Medicine 17), the same as Nam's (1997) test of non-inferiority;
at a difference of 0 its square is McNemar's chi-squared without a continuity correction. Its
interval keeps its level for few rows and shares near 1, where Wald's does not.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from components.model_gate.intervals import Interval, quantile

_HALVINGS: Final = 60
"""Of the distance between -1 and 1: to the last bit of a float."""

TELLING_LOSS: Final = 0.5
"""A slice is judged if it has the rows to tell a loss of this size from the margin: with a larger
one small slices are never looked at, with a smaller one the loss of all their rows is."""

_MOST_ROWS: Final = 10_000

Standing = Literal["better", "no worse", "not shown to be worse", "worse"]


@dataclass(frozen=True, kw_only=True)
class Discordance:
    """Rows that one classifier has right and the other wrong.

    Attributes:
        won: right by ours alone.
        lost: right by theirs alone.
        rows: all rows.
    """

    won: int
    lost: int
    rows: int


def discordance(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Discordance:
    """Count, from whether each row is right, `[rows]` each."""
    won, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return Discordance(won=won, lost=lost, rows=len(ours))


def score(pairs: Discordance, difference: float) -> float:
    """Return how many standard errors the observed difference lies above a supposed one.

    Args:
        pairs: one row at least.
        difference: the supposed share of right answers of ours less that of theirs.
    """
    return _score(pairs.won, pairs.lost, pairs.rows, difference)


def _score(won: float, lost: float, rows: int, difference: float) -> float:
    distance = won - lost - rows * difference
    spread = difference * (1 - difference)
    linear = (2 * rows - won + lost) * difference - won - lost
    root = math.sqrt(max(linear**2 + 8 * rows * lost * spread, 0.0))
    only_theirs = (root - linear) / (4 * rows)  # the likeliest share if the supposition holds
    variance = rows * (2 * only_theirs + spread)
    if distance == 0:
        return 0.0
    return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance)


def difference_interval(pairs: Discordance, confidence: float) -> Interval:
    """Return the difference in accuracy with Tango's interval; without rows, -1 to 1."""
    if not pairs.rows:
        return Interval(value=0.0, low=-1.0, high=1.0)
    z = quantile(confidence)
    return Interval(
        value=(pairs.won - pairs.lost) / pairs.rows, low=_end(pairs, z), high=_end(pairs, -z)
    )


def _end(pairs: Discordance, z: float) -> float:
    """Find the difference at which the score, which falls, passes `z`."""
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if score(pairs, middle) > z:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def standing(difference: Interval, margin: float) -> Standing:
    """Say where a model stands that may lose `margin`.

    `worse` is shown beyond the margin; `no worse` is shown too; between the two nothing is.
    """
    if difference.high < -margin:
        return "worse"
    if difference.low > 0:
        return "better"
    return "no worse" if difference.low > -margin else "not shown to be worse"


def telling_loss(margin: float) -> float:
    """Return the loss to be told from a margin: of all rows where the margin is no small part."""
    return TELLING_LOSS if margin < TELLING_LOSS / 2 else 1.0


def fewest_rows(margin: float, confidence: float) -> int:
    """Return the rows from which on the `telling_loss` is told from the margin.

    With that many rows, of which this share changes from right to wrong and none back, the interval
    of the difference lies beyond the margin.
    """
    loss, z = telling_loss(margin), quantile(confidence)
    for rows in range(1, _MOST_ROWS):
        if _score(0, loss * rows, rows, -margin) < -z:
            return rows
    return _MOST_ROWS
