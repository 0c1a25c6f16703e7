"""The expected calibration error: by hand, and what chance makes of it."""

import numpy as np
import pytest

from components.model_gate.calibration import BINS, calibration

ROWS = 6_000


def model(seed: int, *, boast: float, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and answers that are right less often by `boast`."""
    random = np.random.default_rng(seed)
    sure = random.uniform(0.5, 1.0, rows)
    return sure, random.random(rows) < sure - boast


def test_one_probability_in_all_rows_is_compared_with_the_share_of_right_answers() -> None:
    sure, right = np.full(BINS * 4, 0.9), np.arange(BINS * 4) % 2 == 0
    assert calibration(sure, right, 0.95).error == pytest.approx(0.4)


def test_the_error_is_the_mean_gap_of_bins_of_equal_mass() -> None:
    sure = np.linspace(0.5, 0.99, BINS * 10)
    right = np.zeros(BINS * 10, bool)
    right[: BINS * 5] = True
    gaps = np.abs((right - sure).reshape(BINS, 10).mean(axis=1))
    assert calibration(sure, right, 0.95).error == pytest.approx(gaps.mean())


@pytest.mark.parametrize("seed", range(5))
def test_true_probabilities_stay_within_what_chance_makes(seed: int) -> None:
    found = calibration(*model(seed, boast=0.0), 0.999)
    assert found.error <= found.by_chance < 0.03


def test_a_boast_of_a_tenth_is_found_to_be_one() -> None:
    found = calibration(*model(1, boast=0.1), 0.95)
    assert found.error == pytest.approx(0.1, abs=0.02)
    assert found.error > found.by_chance


def test_few_rows_leave_much_to_chance() -> None:
    few = calibration(*model(1, boast=0.0, rows=40), 0.95)
    assert few.by_chance > 0.1


@pytest.mark.parametrize("rows", [0, 1, BINS - 1])
def test_fewer_rows_than_bins_are_no_fault(rows: int) -> None:
    found = calibration(np.full(rows, 0.75), np.ones(rows, bool), 0.95)
    assert found.error == pytest.approx(0.25 if rows else 0.0)
