"""The mixture of the channels: logits added in the shares that fit the eval split best."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.optimize import minimize
from scipy.special import log_softmax

from trainer.models.linear_scorer import LinearScorer
from trainer.preprocessing import NGRAMS, TOKENS

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What each channel's logits are multiplied by before they are added."""

    network: float = 1.0
    linear: float = 0.0


def fit_shares(network: Floats, linear: Floats | None, labels: npt.NDArray[np.int64]) -> Shares:
    """Choose the shares under which the labels are most likely.

    With the network alone this is temperature scaling (Guo et al. 2017); with both it is the
    log-linear pool of two experts (Hinton 2002). Two numbers, fitted on thousands of rows, and
    held near 1 by the weight of one row each, so that a small eval split cannot make them extreme.

    Args:
        network: `[rows, classes]` log-probabilities.
        linear: `[rows, classes]` margins, or None without that channel.
        labels: `[rows]`, ids below `classes`.
    """
    channels = np.stack([network] if linear is None else [network, linear]).astype(np.float64)
    truth = np.eye(network.shape[1])[labels]

    def loss(shares: Floats) -> tuple[float, Floats]:
        logs = log_softmax(np.tensordot(shares, channels, axes=1), axis=-1)
        gradient = np.tensordot(channels, np.exp(logs) - truth, axes=2)
        pull = shares - 1
        return -np.sum(logs * truth) + pull @ pull / 2, gradient + pull

    bounds = [(0.0, None)] * len(channels)
    best = minimize(loss, np.ones(len(channels)), jac=True, method="L-BFGS-B", bounds=bounds).x
    return Shares(network=float(best[0]), linear=float(best[1]) if linear is not None else 0.0)


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
        logits = self._shares.network * self._network(features[TOKENS])
        if self._linear:
            logits += self._shares.linear * self._linear(features[NGRAMS])
        return tf.exp(tf.nn.log_softmax(logits))  # oneDNN wakes all its threads for a softmax
