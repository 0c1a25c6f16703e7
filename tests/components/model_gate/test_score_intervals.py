"""Intervals of accuracy and macro F1, held against statsmodels, scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import f1_score
from statsmodels.stats.proportion import proportion_confint

from components.model_gate.intervals import (
    REPLICATES,
    macro_f1,
    macro_f1_difference,
    macro_f1_interval,
    replicates,
    wilson,
)
from components.model_gate.paired import Discordance, difference_interval

ROWS = 300


def guesses(
    seed: int, *, share: float, labels: int = 4, rows: int = ROWS
) -> tuple[np.ndarray, ...]:
    """Labels, and a model's answers of which a share is right and the rest random."""
    random = np.random.default_rng(seed)
    actual = random.integers(labels, size=rows)
    noise = random.integers(labels, size=rows)
    return actual, np.where(random.random(rows) < share, actual, noise)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(("right", "rows"), [(0, 7), (7, 7), (1, 1), (13, 60), (43_285, 50_000)])
def test_wilsons_interval_is_that_of_statsmodels(right: int, rows: int, confidence: float) -> None:
    found = wilson(right, rows, confidence)
    expected = proportion_confint(right, rows, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert found.value == right / rows


def test_no_rows_say_nothing() -> None:
    assert wilson(0, 0, 0.95) == wilson(0, 0, 0.5)
    assert (wilson(0, 0, 0.95).low, wilson(0, 0, 0.95).high) == (0.0, 1.0)
    empty = np.array([], np.int64)
    found = macro_f1_interval(empty, empty, 0.95)
    assert (found.low, found.high) == (0.0, 1.0)
    assert macro_f1(empty, empty) == 0.0
    assert replicates(empty, [empty]).shape == (REPLICATES, 1)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("labels", [1, 2, 31])
def test_macro_f1_is_that_of_scikit_learn(share: float, labels: int) -> None:
    actual, predicted = guesses(3, share=share, labels=labels)
    assert macro_f1(actual, predicted) == pytest.approx(
        f1_score(actual, predicted, average="macro")
    )


def test_a_label_that_only_the_model_names_counts_as_in_the_evaluator() -> None:
    actual, predicted = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    assert macro_f1(actual, predicted) == pytest.approx((2 / 3 + 1.0 + 0.0) / 3)


def test_drawing_cells_is_drawing_rows() -> None:
    actual, predicted = guesses(5, share=0.7)
    random = np.random.default_rng(8)
    rows = random.integers(ROWS, size=(REPLICATES, ROWS))
    by_rows = [f1_score(actual[r], predicted[r], average="macro") for r in rows[:500]]
    by_cells = replicates(actual, [predicted])[:, 0]
    assert by_cells.mean() == pytest.approx(np.mean(by_rows), abs=0.004)
    assert by_cells.std() == pytest.approx(np.std(by_rows), rel=0.1)


def test_the_bootstrap_interval_of_macro_f1_is_that_of_scipy() -> None:
    actual, predicted = guesses(11, share=0.7)
    expected = bootstrap(
        (actual, predicted),
        lambda a, p: f1_score(a, p, average="macro"),
        paired=True,
        vectorized=False,
        n_resamples=800,
        method="percentile",
        random_state=4,
    ).confidence_interval
    found = macro_f1_interval(actual, predicted, 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.01)
    assert found.low < found.value < found.high


def test_the_paired_interval_is_narrower_than_two_models_taken_apart() -> None:
    actual, theirs = guesses(13, share=0.8)
    ours = theirs.copy()
    ours[:6] = actual[:6]
    difference = macro_f1_difference(actual, ours, theirs, 0.95)
    alone = macro_f1_interval(actual, ours, 0.95)
    assert difference.value == pytest.approx(macro_f1(actual, ours) - macro_f1(actual, theirs))
    assert difference.high - difference.low < (alone.high - alone.low) / 2


@pytest.mark.parametrize("rows", [1, 7, 300])
def test_of_two_equal_models_no_more_is_shown_than_by_accuracy(rows: int) -> None:
    actual, predicted = guesses(17, share=0.6, rows=rows)
    found = macro_f1_difference(actual, predicted, predicted, 0.95)
    expected = difference_interval(Discordance(won=0, lost=0, rows=rows), 0.95)
    assert found.value == 0.0
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("rows", [1, 3, 10, 1_000])
def test_a_perfect_model_is_no_surer_in_macro_f1_than_in_accuracy(rows: int) -> None:
    actual = np.arange(rows) % 3
    found, expected = macro_f1_interval(actual, actual, 0.95), wilson(rows, rows, 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_few_rows_that_one_model_has_right_do_not_show_which_is_better(rows: int) -> None:
    actual = np.zeros(rows, np.int64)
    found = macro_f1_difference(actual, actual, actual + 1, 0.95)
    expected = difference_interval(Discordance(won=rows, lost=0, rows=rows), 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.low < 0 < found.value == 1.0
    assert macro_f1_difference(actual, actual + 1, actual, 0.95).high > 0


def test_few_rows_seldom_place_macro_f1_above_the_truth() -> None:
    random = np.random.default_rng(23)
    share, rows, above = 0.95, 20, 0
    for _ in range(200):
        actual = random.integers(2, size=rows)
        predicted = np.where(random.random(rows) < share, actual, 1 - actual)
        above += macro_f1_interval(actual, predicted, 0.95).low > share
    assert above / 200 <= 0.05


def test_with_many_labels_the_figure_stays_within_its_interval() -> None:
    actual, predicted = guesses(29, share=0.6, labels=300, rows=1_000)
    found = macro_f1_interval(actual, predicted, 0.95)
    assert found.low < found.value < found.high


def test_few_rows_of_many_labels_seldom_place_macro_f1_below_the_truth() -> None:
    share, labels, below = 0.8, 100, 0
    truth = share + (1 - share) / labels
    for seed in range(30):
        actual, predicted = guesses(seed, share=share, labels=labels, rows=1_000)
        below += macro_f1_interval(actual, predicted, 0.95).high < truth
    assert below <= 3


def test_the_same_predictions_always_get_the_same_interval() -> None:
    actual, predicted = guesses(19, share=0.6)
    assert macro_f1_interval(actual, predicted, 0.9) == macro_f1_interval(actual, predicted, 0.9)
