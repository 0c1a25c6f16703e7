"""The paired test of accuracy, held against statsmodels, scipy and published figures."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from statsmodels.stats.contingency_tables import mcnemar

from components.model_gate.intervals import Interval
from components.model_gate.paired import (
    TELLING_LOSS,
    Discordance,
    difference_interval,
    discordance,
    fewest_rows,
    score,
    standing,
)

TABLES = [(12, 2, 50), (7, 1, 21), (30, 45, 1_000), (1, 0, 10), (400, 380, 30_000)]


def by_likelihood(won: int, lost: int, rows: int, difference: float) -> float:
    """The score statistic with the constrained maximum likelihood found by search."""
    same = rows - won - lost

    def loss(q: float) -> float:
        p, rest = q + difference, 1 - 2 * q - difference
        if min(p, q, rest) <= 0:
            return math.inf
        return -(won * math.log(p) + lost * math.log(q) + same * math.log(rest))

    bounds = max(0.0, -difference), (1 - difference) / 2
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    variance = rows * (2 * found + difference * (1 - difference))
    return float((won - lost - rows * difference) / math.sqrt(variance))


@pytest.mark.parametrize(("won", "lost", "rows"), TABLES)
def test_without_a_margin_the_score_is_mcnemars(won: int, lost: int, rows: int) -> None:
    table = [[rows - won - lost, won], [lost, 0]]
    expected = mcnemar(table, exact=False, correction=False).statistic
    assert score(Discordance(won=won, lost=lost, rows=rows), 0.0) ** 2 == pytest.approx(expected)


@pytest.mark.parametrize("difference", [-0.3, -0.05, 0.02, 0.2])
@pytest.mark.parametrize(("won", "lost", "rows"), TABLES[:3])
def test_with_a_margin_it_is_the_score_at_the_constrained_maximum(
    won: int, lost: int, rows: int, difference: float
) -> None:
    pairs = Discordance(won=won, lost=lost, rows=rows)
    expected = by_likelihood(won, lost, rows, difference)
    assert score(pairs, difference) == pytest.approx(expected, rel=1e-4)


def test_the_interval_is_the_published_one_for_airway_hyper_responsiveness() -> None:
    # Fagerland, Lydersen and Laake (2014), table 1: Tango's interval is -0.517 to -0.026.
    found = difference_interval(Discordance(won=1, lost=7, rows=21), 0.95)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.517, -0.026)


@pytest.mark.parametrize(("won", "lost", "rows"), TABLES)
def test_the_interval_ends_where_the_score_reaches_the_quantile(
    won: int, lost: int, rows: int
) -> None:
    pairs = Discordance(won=won, lost=lost, rows=rows)
    found = difference_interval(pairs, 0.95)
    assert found.low < found.value < found.high
    assert score(pairs, found.low) == pytest.approx(1.96, abs=1e-3)
    assert score(pairs, found.high) == pytest.approx(-1.96, abs=1e-3)


Z2 = 1.959964**2


@pytest.mark.parametrize(
    ("won", "lost", "rows", "ends"),
    [
        (0, 0, 0, (-1.0, 1.0)),
        (0, 0, 100, (-Z2 / (100 + Z2), Z2 / (100 + Z2))),
        (5, 0, 5, ((5 - Z2) / (5 + Z2), 1.0)),
    ],
)
def test_extreme_tables_have_the_interval_that_can_be_worked_out_by_hand(
    won: int, lost: int, rows: int, ends: tuple[float, float]
) -> None:
    found = difference_interval(Discordance(won=won, lost=lost, rows=rows), 0.95)
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    won, lost = 0.10, 0.14
    drawn = random.multinomial(200, [won, lost, 1 - won - lost], size=2_000)
    tables = [Discordance(won=int(w), lost=int(n), rows=200) for w, n, _ in drawn]
    scores = np.array([score(table, won - lost) for table in tables])
    assert (np.abs(scores) < 1.96).mean() == pytest.approx(0.95, abs=0.015)


def test_rows_that_both_have_right_or_wrong_are_no_discordance() -> None:
    ours, theirs = np.array([1, 1, 0, 0, 1], bool), np.array([1, 0, 1, 0, 0], bool)
    assert discordance(ours, theirs) == Discordance(won=2, lost=1, rows=5)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.001, 0.02, "better"),
        (-0.004, 0.004, "no worse"),
        (-0.02, 0.004, "not shown to be worse"),
        (-0.02, -0.004, "not shown to be worse"),
        (-0.02, -0.006, "worse"),
    ],
)
def test_where_the_interval_lies_decides_what_is_shown(
    low: float, high: float, expected: str
) -> None:
    assert standing(Interval(value=(low + high) / 2, low=low, high=high), 0.005) == expected


@pytest.mark.parametrize("margin", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_the_fewest_rows_are_those_that_tell_the_loss(margin: float, confidence: float) -> None:
    rows = fewest_rows(margin, confidence)
    even = rows + rows % 2
    lost = round(TELLING_LOSS * even)
    told = difference_interval(Discordance(won=0, lost=lost, rows=even), confidence)
    assert standing(told, margin) == "worse"
    few = rows // 2
    lost = math.floor(TELLING_LOSS * few)
    untold = difference_interval(Discordance(won=0, lost=lost, rows=few), confidence)
    assert standing(untold, margin) != "worse"


def test_a_stricter_confidence_and_a_wider_margin_need_more_rows() -> None:
    assert fewest_rows(0.05, 0.95) < fewest_rows(0.05, 0.999) < fewest_rows(0.2, 0.99999)
    assert fewest_rows(0.0, 0.95) < fewest_rows(0.1, 0.95)


def test_a_margin_of_everything_is_never_told() -> None:
    assert fewest_rows(1.0, 0.95) == 10_000
