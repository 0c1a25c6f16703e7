"""What text became as tokens: lengths, what was cut, what the vocabulary does not know."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft

from trainer import assets
from trainer.batches import PARSED_ROWS, records
from trainer.preprocessing import TOKEN_COUNT, TOKENS
from trainer.settings import TextSettings
from trainer.vocabulary import UNKNOWN_ID

LONG_PERCENTILE: Final = 99

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class SplitTraits:
    """The traits of one split.

    Attributes:
        rows: all of them, those without a label included.
        empty_rows: rows without any token.
        mean_tokens: tokens a row, before the limit cuts it.
        p99_tokens: 99 % of the rows have no more tokens, before the limit cuts them.
        cut_share: share of the rows that have more tokens than are kept.
        unknown_share: the out-of-vocabulary rate, the share of the kept tokens that are unknown.
        coverage: share of the rows that have no unknown token among those kept.
    """

    rows: int
    empty_rows: int
    mean_tokens: float
    p99_tokens: int
    cut_share: float
    unknown_share: float
    coverage: float


@dataclass(frozen=True, kw_only=True)
class TextTraits:
    """The traits of a run.

    Attributes:
        tokens: what a token is, as the configuration says.
        vocabulary_size: entries of the vocabulary, padding and unknown included.
        max_tokens: tokens kept of a row.
        splits: the traits by split.
    """

    tokens: str
    vocabulary_size: int
    max_tokens: int
    splits: dict[str, SplitTraits]


def measure(
    transform: tft.TFTransformOutput, files: Mapping[str, Sequence[str]], settings: TextSettings
) -> TextTraits:
    """Measure the splits of transformed examples.

    Args:
        transform: Transform's output, for the vocabulary and the feature spec.
        files: by split, the file patterns of gzipped TFRecords.
        settings: those that Transform had.
    """
    spec = transform.transformed_feature_spec()
    return TextTraits(
        tokens=settings.tokens,
        vocabulary_size=len(assets.subwords(transform)),
        max_tokens=settings.kept_tokens,
        splits={split: measure_split(patterns, spec) for split, patterns in files.items()},
    )


def measure_split(patterns: Sequence[str], spec: Mapping[str, Any]) -> SplitTraits:
    """Measure one split.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
    """
    empty = np.zeros([3, 0], np.int64)
    return traits_of(*np.concatenate([empty, *_lengths(patterns, spec)], axis=1))


def traits_of(counts: Integers, kept: Integers, unknown: Integers) -> SplitTraits:
    """Sum rows up; a split without rows has no unknown tokens and is wholly covered.

    Args:
        counts: `[rows]`, tokens of the whole text.
        kept: `[rows]`, tokens that the limit left.
        unknown: `[rows]`, unknown ones among those kept.
    """
    rows = len(counts)
    longest = np.percentile(counts, LONG_PERCENTILE, method="inverted_cdf") if rows else 0
    return SplitTraits(
        rows=rows,
        empty_rows=int(np.sum(counts == 0)),
        mean_tokens=_share(counts.sum(), rows),
        p99_tokens=int(longest),
        cut_share=_share(np.sum(counts > kept), rows),
        unknown_share=_share(unknown.sum(), int(kept.sum())),
        coverage=1.0 - _share(np.sum(unknown > 0), rows),
    )


def _share(part: np.integer[Any], whole: int) -> float:
    return float(part) / max(1, whole)


def _lengths(patterns: Sequence[str], spec: Mapping[str, Any]) -> Iterator[Integers]:
    """Read a split; yields `[3, rows]`: counted, kept and unknown tokens of each row."""
    columns = {name: spec[name] for name in (TOKENS, TOKEN_COUNT)}
    parts = records(patterns).batch(PARSED_ROWS)
    for batch in parts.map(lambda part: _row_lengths(tf.io.parse_example(part, columns))):
        yield batch.numpy()


def _row_lengths(features: dict[str, Any]) -> tf.Tensor:
    tokens = features[TOKENS]
    unknown = tf.reduce_sum(tf.cast(tokens == UNKNOWN_ID, tf.int64), axis=1)
    return tf.stack([features[TOKEN_COUNT], tf.cast(tokens.row_lengths(), tf.int64), unknown])
