"""The channels beside and around the network: the linear one, and the mixture of both."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.batches import PARSED_ROWS, FeatureSpec, parsed
from trainer.models import linear
from trainer.models.linear_scorer import LinearScorer
from trainer.models.mixture import Mixture, Shares, fit_shares
from trainer.ngrams import HASH_BITS, MODULUS
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
        shares: what each channel's logits are multiplied by, class by class.
        report: eval accuracies by channel and of the mixture, the rows that the linear one learnt
            from, the shares, and seconds.
    """

    linear: LinearScorer | None
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
) -> LinearScorer | None:
    """Fit the linear channel on a split of transformed examples.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
        settings: the number of n-grams, the penalty and the seed.
        classes: labels.
        class_weights: what a row of each class counts; None counts all alike.

    Returns:
        The channel; None if it is off, or has nothing to tell apart.
    """
    if not settings.transform.text.ngrams:
        return None
    ngrams, labels = read_ngrams(patterns, spec)
    model = linear.fit(
        ngrams,
        labels,
        classes=classes,
        most=settings.transform.text.ngrams,
        penalty=settings.training.linear_penalty,
        naive_bayes=settings.training.linear_weighting == "naive_bayes",
        seed=settings.training.seed,
        class_weights=class_weights,
    )
    return LinearScorer(model) if model else None


def read_ngrams(
    patterns: Sequence[str], spec: FeatureSpec
) -> tuple[linear.NgramCounts, npt.NDArray[np.int64]]:
    """Count the n-grams of the labelled rows.

    Of `linear.MAX_ROWS` rows at most, and of no further ones after `linear.MAX_NGRAMS`.

    Returns:
        The counts, and `[rows]` label ids.
    """
    parts = [_counts(tf.ragged.constant([], tf.int64, ragged_rank=1))]
    labels, seen = [np.zeros(0, np.int64)], 0
    for batch in parsed(patterns, _part(spec, NGRAMS, LABEL), rows=PARSED_ROWS):
        room = linear.MAX_ROWS - sum(map(len, labels))
        parts.append(_counts(batch[NGRAMS][:room]))
        labels.append(batch[LABEL].numpy()[:room])
        seen += len(parts[-1].ids)
        if len(labels[-1]) == room or seen >= linear.MAX_NGRAMS:
            break
    ngrams = linear.NgramCounts(
        ids=np.concatenate([part.ids for part in parts]),
        counts=np.concatenate([part.counts for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
    )
    return ngrams, np.concatenate(labels)


def _counts(ngrams: tf.RaggedTensor) -> linear.NgramCounts:
    """Add up what is repeated in `[rows, n-grams]` hashes."""
    rows, places = ngrams.value_rowids().numpy(), ngrams.flat_values.numpy()
    both, counts = np.unique(rows << HASH_BITS | places, return_counts=True)
    return linear.NgramCounts(
        ids=(both & MODULUS).astype(np.int32),
        counts=counts.astype(np.float32),
        lengths=np.bincount(both >> HASH_BITS, minlength=ngrams.nrows()),
    )


def fit_mixture(
    network: Network, side: LinearScorer | None, patterns: Sequence[str], spec: FeatureSpec
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
    report: dict[str, Any] = {"network_accuracy": _accuracy(logs, labels)}
    if side and margins is not None:
        report |= {"linear_accuracy": _accuracy(margins, labels), "linear_rows": side.rows}
    report |= {"eval_accuracy": _accuracy(shares.mixed(logs, margins), labels)}
    report["shares"] = asdict(shares)
    report["mixing_seconds"] = round(time.monotonic() - started, 3)
    return Mixed(linear=side, shares=shares, report=report)


def _scores(
    network: Network, side: LinearScorer | None, patterns: Sequence[str], spec: FeatureSpec
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
