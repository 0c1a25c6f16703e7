"""The channels beside and around the network: the linear one, and the mixture of both."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy import sparse

from trainer.batches import FeatureSpec, parsed
from trainer.models import linear
from trainer.models.mixture import Mixture, Shares, fit_shares
from trainer.preprocessing import LABEL, NGRAMS, TOKENS
from trainer.settings import TrainerSettings

SCORED_ROWS: Final = 256
"""Rows scored at once: as fast as more, whose longest row would stretch them all."""

Network = Callable[[tf.RaggedTensor], tf.Tensor]
"""From `[batch, tokens]` ragged ids to `[batch, classes]` log-probabilities."""


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """What was fitted around the network.

    Attributes:
        linear: the linear channel, or None where it is off.
        shares: what each channel's logits are multiplied by.
        report: eval accuracies by channel and of the mixture, the shares, and seconds.
    """

    linear: linear.LinearScorer | None
    shares: Shares
    report: dict[str, Any]

    def around(self, network: Network) -> Mixture:
        """Make the mixture with a network: the exported one, or Keras's, which must equal it."""
        return Mixture(network, self.linear, self.shares)


def fit_linear(
    patterns: Sequence[str],
    spec: FeatureSpec,
    *,
    settings: TrainerSettings,
    classes: int,
    class_weights: dict[int, float] | None,
) -> linear.LinearScorer | None:
    """Fit the linear channel on a split of transformed examples.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
        settings: the number of buckets, the penalty and the seed.
        classes: labels.
        class_weights: what a row of each class counts; None counts all alike.

    Returns:
        The channel; None if it is off, or if fewer than two labels stand in the rows.
    """
    buckets = settings.transform.text.ngram_buckets
    if not buckets:
        return None
    counts, labels = read_ngrams(patterns, spec, buckets=buckets)
    if len(np.unique(labels)) < 2:
        return None
    model = linear.fit(
        counts,
        labels,
        classes=classes,
        penalty=settings.training.linear_penalty,
        seed=settings.training.seed,
        class_weights=class_weights,
    )
    return linear.LinearScorer(model)


def read_ngrams(
    patterns: Sequence[str], spec: FeatureSpec, *, buckets: int
) -> tuple[sparse.csr_matrix, npt.NDArray[np.int64]]:
    """Count the n-grams of the labelled rows, `linear.MAX_ROWS` of them at most.

    Returns:
        `[rows, buckets]` counts and `[rows]` label ids.
    """
    blocks, labels = [sparse.csr_matrix((0, buckets), dtype=np.float32)], [np.zeros(0, np.int64)]
    for batch in parsed(patterns, _part(spec, NGRAMS, LABEL)):
        room = linear.MAX_ROWS - sum(map(len, labels))
        blocks.append(_counts(batch[NGRAMS][:room], buckets))
        labels.append(batch[LABEL].numpy()[:room])
        if len(labels[-1]) == room:
            break
    return sparse.vstack(blocks, format="csr"), np.concatenate(labels)


def _counts(ngrams: tf.RaggedTensor, buckets: int) -> sparse.csr_matrix:
    """Add up repeated buckets: `[rows, n-grams]` ragged to `[rows, buckets]`."""
    ids = ngrams.flat_values.numpy().astype(np.int32)
    starts = ngrams.row_splits.numpy()
    shape = (len(starts) - 1, buckets)
    counts = sparse.csr_matrix((np.ones(len(ids), np.float32), ids, starts), shape=shape)
    counts.sum_duplicates()
    return counts


def fit_mixture(
    network: Network, side: linear.LinearScorer | None, patterns: Sequence[str], spec: FeatureSpec
) -> Mixed:
    """Fit the shares of the channels on the labelled rows of the eval split.

    Args:
        network: the network's log-probabilities.
        side: the linear channel, or None.
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
    """
    started = time.monotonic()
    logs, margins, labels = _scores(network, side, patterns, spec)
    shares = fit_shares(logs, margins, labels)
    mixed = shares.network * logs + (0 if margins is None else shares.linear * margins)
    accuracies = {
        "network_accuracy": _accuracy(logs, labels),
        **({} if margins is None else {"linear_accuracy": _accuracy(margins, labels)}),
        "eval_accuracy": _accuracy(mixed, labels),
    }
    seconds = {"mixing_seconds": round(time.monotonic() - started, 3)}
    return Mixed(
        linear=side, shares=shares, report={**accuracies, "shares": asdict(shares), **seconds}
    )


def _scores(
    network: Network, side: linear.LinearScorer | None, patterns: Sequence[str], spec: FeatureSpec
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None, npt.NDArray[np.int64]]:
    names = [TOKENS, LABEL] + [NGRAMS] * (side is not None)
    logs, margins, labels = [], [], []
    network = tf.function(network, reduce_retracing=True)
    for batch in parsed(patterns, _part(spec, *names), rows=SCORED_ROWS):
        logs.append(network(batch[TOKENS]).numpy())
        labels.append(batch[LABEL].numpy())
        if side:
            margins.append(side(batch[NGRAMS]).numpy())
    return (
        np.concatenate(logs),
        np.concatenate(margins) if side else None,
        np.concatenate(labels),
    )


def _accuracy(scores: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))


def _part(spec: FeatureSpec, *names: str) -> FeatureSpec:
    return {name: spec[name] for name in names}
