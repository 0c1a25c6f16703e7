"""The mixture of network and linear channel."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from trainer.models.mixture import Mixture, Shares, fit_shares

ROWS = 4_000
DRAWN = np.random.default_rng(11)
LABELS = DRAWN.integers(0, 3, ROWS)
TRUTH = np.eye(3)[LABELS]


def noisy(strength: float, seed: int) -> np.ndarray:
    """Logits that know the label, `strength` of them against noise of 1."""
    return strength * TRUTH + np.random.default_rng(seed).normal(size=(ROWS, 3))


def loss(logits: np.ndarray) -> float:
    return -np.sum(log_softmax(logits, axis=1) * TRUTH)


def test_no_other_shares_make_the_labels_likelier() -> None:
    network, linear = log_softmax(2 * noisy(1.5, 1), axis=1), noisy(1.0, 2)
    shares = fit_shares(network, linear, LABELS)
    best = loss(shares.network * network + shares.linear * linear)
    for change in (0.95, 1.05):
        assert best < loss(change * shares.network * network + shares.linear * linear)
        assert best < loss(shares.network * network + change * shares.linear * linear)


def test_two_channels_that_err_apart_answer_better_than_one() -> None:
    network, linear = log_softmax(noisy(1.5, 1), axis=1), noisy(1.2, 2)
    shares = fit_shares(network, linear, LABELS)
    mixed = shares.network * network + shares.linear * linear
    right = [(logits.argmax(axis=1) == LABELS).mean() for logits in (mixed, network, linear)]
    assert right[0] > max(right[1:]) + 0.02


def test_a_channel_of_noise_gets_almost_no_share() -> None:
    shares = fit_shares(log_softmax(noisy(3.0, 1), axis=1), noisy(0.0, 2), LABELS)
    assert shares.linear < 0.05


def test_an_overconfident_network_is_cooled() -> None:
    calibrated = noisy(1.0, 1)  # unit noise around a gap of 1: the logits are the posterior's
    shares = fit_shares(log_softmax(4 * calibrated, axis=1), None, LABELS)
    assert shares.network == pytest.approx(0.25, abs=0.02)
    assert shares.linear == 0.0


def test_a_channel_that_speaks_against_the_labels_gets_no_share() -> None:
    shares = fit_shares(log_softmax(noisy(1.0, 1), axis=1), -noisy(1.0, 2), LABELS)
    assert shares.linear == 0.0


def test_each_share_is_held_near_one_by_the_weight_of_one_row() -> None:
    network, labels = log_softmax(noisy(1.0, 1)[:20], axis=1), LABELS[:20]
    linear = noisy(2.0, 2)[:20]

    def held(shares: np.ndarray) -> float:
        logs = log_softmax(shares[0] * network + shares[1] * linear, axis=1)
        return -np.sum(logs * TRUTH[:20]) + np.sum((shares - 1) ** 2) / 2

    found = fit_shares(network, linear, labels)
    best = minimize(held, [1.0, 1.0]).x
    np.testing.assert_allclose([found.network, found.linear], best, atol=1e-3)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_few_rows_cannot_make_the_shares_extreme(rows: int) -> None:
    sure = np.log(np.eye(3)[LABELS[:rows]] * 0.98 + 0.01)
    shares = fit_shares(sure, 5 * sure, LABELS[:rows])
    assert 0.5 < shares.network < 2
    assert 0.5 < shares.linear < 2


def test_probabilities_are_the_softmax_of_the_sum() -> None:
    logits = {"tokens": tf.constant([[1.0, 2.0]]), "ngrams": tf.constant([[3.0, 0.0]])}
    both = Mixture(tf.identity, tf.identity, Shares(network=2.0, linear=0.5))
    np.testing.assert_allclose(both(logits), tf.nn.softmax([[3.5, 4.0]]), atol=1e-6)
    alone = Mixture(tf.identity, None, Shares(network=2.0, linear=0.5))
    np.testing.assert_allclose(alone(logits), tf.nn.softmax([[2.0, 4.0]]), atol=1e-6)
