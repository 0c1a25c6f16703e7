"""The mixture of network and linear channel."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from trainer.models import mixture
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


def biased(logits: np.ndarray) -> np.ndarray:
    """As a channel that is too sure of one class and shy of another answers."""
    return logits * [1.8, 0.6, 0.6] + [0.0, 0.0, -1.2]


def test_no_other_shares_make_the_labels_likelier() -> None:
    network, linear = log_softmax(2 * noisy(1.5, 1), axis=1), biased(noisy(1.0, 2))
    found = fit_shares(network, linear, LABELS)
    best = loss(found.mixed(network, linear))
    for change in (0.95, 1.05):
        for name in ("network", "linear"):
            for one in ({0}, {1}, {2}, {0, 1, 2}):
                shares = [s * (change if c in one else 1) for c, s in enumerate(found.network)]
                other = dataclasses.replace(found, **{name: shares})
                assert best < loss(other.mixed(network, linear))
    for one in range(3):
        for change in (-0.1, 0.1):
            offset = [o + change * (c == one) for c, o in enumerate(found.offset)]
            other = dataclasses.replace(found, offset=offset)
            assert best < loss(other.mixed(network, linear))


def test_two_channels_that_err_apart_answer_better_than_one() -> None:
    network, linear = log_softmax(noisy(1.5, 1), axis=1), noisy(1.2, 2)
    mixed = fit_shares(network, linear, LABELS).mixed(network, linear)
    right = [(logits.argmax(axis=1) == LABELS).mean() for logits in (mixed, network, linear)]
    assert right[0] > max(right[1:]) + 0.02


def test_a_channel_that_leans_to_a_class_is_set_upright() -> None:
    network, linear = log_softmax(noisy(0.5, 1), axis=1), noisy(1.5, 2)
    upright = fit_shares(network, linear, LABELS).mixed(network, linear)
    leaning = fit_shares(network, biased(linear), LABELS).mixed(network, biased(linear))
    right = [(logits.argmax(axis=1) == LABELS).mean() for logits in (upright, leaning)]
    assert right[1] == pytest.approx(right[0], abs=0.004)
    common = fit_shares(network, biased(linear), LABELS)
    flat = {n: [float(np.mean(getattr(common, n)))] * 3 for n in ("network", "linear", "offset")}
    alike = Shares(**flat).mixed(network, biased(linear))
    assert right[1] > (alike.argmax(axis=1) == LABELS).mean() + 0.02


def test_where_classes_differ_by_chance_alone_most_samples_give_them_the_same_shares() -> None:
    network, linear = log_softmax(noisy(1.5, 1), axis=1), noisy(1.0, 2)
    samples = [np.arange(start, start + 120) for start in range(0, 3_600, 400)]
    fitted = [fit_shares(network[rows], linear[rows], LABELS[rows]) for rows in samples]
    apart = [max(np.ptp(shares.network), np.ptp(shares.linear)) for shares in fitted]
    assert sum(way < 0.001 for way in apart) >= 6
    assert max(apart) < 0.5


def test_a_channel_of_noise_gets_almost_no_share() -> None:
    shares = fit_shares(log_softmax(noisy(3.0, 1), axis=1), noisy(0.0, 2), LABELS)
    assert max(shares.linear) < 0.05


def test_an_overconfident_network_is_cooled() -> None:
    calibrated = noisy(1.0, 1)  # unit noise around a gap of 1: the logits are the posterior's
    shares = fit_shares(log_softmax(4 * calibrated, axis=1), None, LABELS)
    assert shares.network == pytest.approx([0.25] * 3, abs=0.02)
    assert shares.linear is None


def test_a_channel_that_speaks_against_the_labels_gets_no_share() -> None:
    shares = fit_shares(log_softmax(noisy(1.0, 1), axis=1), -noisy(1.0, 2), LABELS)
    assert shares.linear == [0.0] * 3


def test_the_shares_are_the_likeliest_with_a_normal_prior() -> None:
    network, labels = log_softmax(noisy(1.0, 1)[:200], axis=1), LABELS[:200]
    linear, spread = biased(noisy(2.0, 2))[:200], 0.4

    def parts(sought: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own = spread * sought[2:].reshape(3, 3)
        return 1 + sought[:2, None] + own[:2], own[2]

    def held(sought: np.ndarray) -> float:
        shares, offset = parts(sought)
        logs = log_softmax(shares[0] * network + shares[1] * linear + offset, axis=1)
        return -np.sum(logs * TRUTH[:200]) + np.sum(sought**2) / 2

    found, offset = mixture._likeliest([network, linear], labels, spread=spread)
    shares, expected = parts(minimize(held, np.zeros(11)).x)
    np.testing.assert_allclose(found, shares, atol=1e-3)
    np.testing.assert_allclose(offset, expected, atol=1e-3)


def test_many_rows_are_judged_by_some_from_all_over(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[np.ndarray] = []

    def held_out_loss(channels: list[np.ndarray], labels: np.ndarray, *, spread: float) -> float:
        assert {len(part) for part in channels} == {len(labels)}
        judged.append(labels)
        return spread

    monkeypatch.setattr(mixture, "JUDGING_ROWS", 900)
    monkeypatch.setattr(mixture, "_held_out_loss", held_out_loss)
    order = np.argsort(LABELS, kind="stable")  # the first rows are of one class
    fit_shares(log_softmax(noisy(1.5, 1), axis=1)[order], noisy(1.0, 2)[order], LABELS[order])
    for labels in judged:
        assert len(labels) == 800  # every fifth of 4,000
        assert min(np.bincount(labels, minlength=3)) > 240


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_few_rows_cannot_make_the_shares_extreme(rows: int) -> None:
    sure = np.log(np.eye(3)[LABELS[:rows]] * 0.98 + 0.01)
    shares = fit_shares(sure, 5 * sure, LABELS[:rows])
    for share in (*shares.network, *shares.linear):
        assert 0.5 < share < 2


def test_probabilities_are_the_softmax_of_the_sum() -> None:
    logits = {"tokens": tf.constant([[1.0, 2.0]]), "ngrams": tf.constant([[3.0, 0.0]])}
    shares = Shares(network=[2.0, 3.0], linear=[0.5, 1.0], offset=[0.0, 0.25])
    both = Mixture(tf.identity, tf.identity, shares)
    np.testing.assert_allclose(both(logits), tf.nn.softmax([[3.5, 6.25]]), atol=1e-6)
    alone = Mixture(tf.identity, None, dataclasses.replace(shares, linear=None))
    np.testing.assert_allclose(alone(logits), tf.nn.softmax([[2.0, 6.25]]), atol=1e-6)
