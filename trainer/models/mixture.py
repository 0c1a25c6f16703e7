"""The mixture of the channels: logits added in the shares that fit the eval split best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from trainer.models.linear_scorer import LinearScorer
from trainer.preprocessing import NGRAMS, TOKENS

SPREADS: Final = (0.01, 0.1, 0.2, 0.4, 0.8)
"""How far the classes' shares lie around the common ones, as standard deviations: those tried."""

FOLDS: Final = 4
"""Parts of the rows, each of which judges spreads by shares that are fitted on the others."""

JUDGING_ROWS: Final = 10_000
"""Rows that judge spreads, at most: enough, and hundreds of classes take their time."""

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What makes one of the channels' logits, class by class.

    Attributes:
        network: `[classes]`, what the network's log-probabilities are multiplied by.
        linear: `[classes]`, likewise of the linear channel's margins; None without that channel.
        offset: `[classes]`, what is added.
    """

    network: Sequence[float]
    linear: Sequence[float] | None
    offset: Sequence[float]

    def mixed(self, network: Any, linear: Any) -> Any:
        """Add up `[rows, classes]` arrays or tensors of the channels to logits of that shape."""
        logits = network * self.network + self.offset
        return logits if self.linear is None else logits + linear * self.linear


def fit_shares(network: Floats, linear: Floats | None, labels: npt.NDArray[np.int64]) -> Shares:
    """Choose the shares under which the labels are most likely.

    With the network alone this is vector scaling (Guo et al. 2017, section 4.2); with both it is
    that of the log-linear pool of two experts (Hinton 2002). The shares of each class are held near
    common ones, and those near 1, so that a small eval split cannot make them extreme: as likely as
    draws from normal distributions. How wide that of the classes is, rows tell that were left out.

    Args:
        network: `[rows, classes]` log-probabilities.
        linear: `[rows, classes]` margins, or None without that channel.
        labels: `[rows]`, ids below `classes`.
    """
    channels = [network] if linear is None else [network, linear]
    every = max(-(-len(labels) // JUDGING_ROWS), 1)
    judging = [part[::every] for part in channels], labels[::every]
    spread = min(SPREADS, key=lambda spread: _held_out_loss(*judging, spread=spread))
    shares, offset = _likeliest(channels, labels, spread=spread)
    return Shares(
        network=shares[0].tolist(),
        linear=shares[1].tolist() if linear is not None else None,
        offset=offset.tolist(),
    )


def _held_out_loss(
    channels: list[Floats], labels: npt.NDArray[np.int64], *, spread: float
) -> float:
    folds = np.arange(len(labels)) % FOLDS
    loss = 0.0
    for fold in range(FOLDS):
        held, rest = folds == fold, folds != fold
        fitted = _likeliest([part[rest] for part in channels], labels[rest], spread=spread)
        loss += _loss(_logs([part[held] for part in channels], *fitted), labels[held])
    return loss


def _likeliest(
    channels: list[Floats], labels: npt.NDArray[np.int64], *, spread: float
) -> tuple[list[Floats], Floats]:
    """Fit `[channels, classes]` shares, none below 0, and `[classes]` offsets.

    Offsets are held near 0, and a channel's shares near a common one, by normal distributions of
    this spread; the common one near 1 by a standard normal. Which is likeliest given the shares, a
    quadratic tells in closed form.
    """
    count, (rows, classes) = len(channels), channels[0].shape
    places = np.arange(rows)

    def loss(sought: Floats) -> tuple[float, Floats]:
        *shares, offset = sought.reshape(count + 1, classes)
        logs = _logs(channels, shares, offset)
        errors = np.exp(logs)
        errors[places, labels] -= 1
        slopes = [np.einsum("rc,rc->c", part, errors) for part in channels]
        away = np.array([*(share - 1 for share in shares), offset])
        common = away.sum(axis=1, keepdims=True) / (spread**2 + classes)
        common[-1] = 0
        pull = (away - common) / spread**2
        gradient = np.array([*slopes, errors.sum(axis=0)]) + pull
        return _loss(logs, labels) + float(np.sum(away * pull)) / 2, gradient.ravel()

    start = np.append(np.ones(count * classes), np.zeros(classes))
    bounds = [(0.0, None)] * (count * classes) + [(None, None)] * classes
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    *shares, offset = best.reshape(count + 1, classes)
    return shares, offset


def _logs(channels: list[Floats], shares: list[Floats], offset: Floats) -> Floats:
    """Mix to `[rows, classes]` log-probabilities."""
    return log_softmax(sum(map(np.multiply, channels, shares)) + offset, axis=1)


def _loss(logs: Floats, labels: npt.NDArray[np.int64]) -> float:
    return -float(np.sum(logs[np.arange(len(labels)), labels]))


class Mixture(tf.Module):
    """From features to probabilities, by one channel or two.

    Args:
        network: from `[batch, tokens]` ragged ids to `[batch, classes]` log-probabilities.
        linear: from `[batch, n-grams]` ragged hashes to `[batch, classes]` margins, or None.
        shares: as fitted on the eval split.
    """

    def __init__(
        self,
        network: Callable[[tf.RaggedTensor], tf.Tensor],
        linear: LinearScorer | None,
        shares: Shares,
    ) -> None:
        super().__init__(name="mixture")
        self._network = network
        self._linear = linear
        self._shares = shares

    def __call__(self, features: Mapping[str, tf.RaggedTensor]) -> tf.Tensor:
        """Score a batch.

        Args:
            features: `tokens` and, for the linear channel, `ngrams`.

        Returns:
            `[batch, classes]` float32 probabilities.
        """
        margins = self._linear(features[NGRAMS]) if self._linear else None
        logits = self._shares.mixed(self._network(features[TOKENS]), margins)
        return tf.exp(tf.nn.log_softmax(logits))  # oneDNN wakes all its threads for a softmax
