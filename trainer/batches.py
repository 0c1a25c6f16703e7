"""Transformed examples as batches of similar length."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import tensorflow as tf

from trainer.preprocessing import LABEL, TOKENS, UNKNOWN_LABEL
from trainer.vocabulary import PADDING_ID

LENGTHS: Final = (4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 512)
"""Upper bounds, in tokens, of the buckets; rows of one bucket share a batch: little is padded."""

SHUFFLED_ROWS: Final = 50_000
"""Rows held to draw from, about 20 MB of tokens."""

PARSED_ROWS: Final = 1_024
"""Rows parsed by one op, which is much faster than parsing them singly."""

FeatureSpec = dict[str, Any]


def batches(
    patterns: Sequence[str], spec: FeatureSpec, *, batch_size: int, seed: int | None = None
) -> tf.data.Dataset:
    """Read a split of transformed examples, one pass over its labelled rows.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
        batch_size: rows in a batch.
        seed: shuffles the rows, anew but reproducibly in every epoch; None keeps their order.

    Returns:
        Batches of (`[batch, longest]` int64 tokens padded with 0, at least one step long, and
        `[batch]` int64 labels).
    """
    rows = _rows(patterns, spec)
    if seed is not None:
        rows = rows.shuffle(SHUFFLED_ROWS, seed=seed, reshuffle_each_iteration=True)
    bucketed = rows.bucket_by_sequence_length(
        lambda tokens, label: tf.size(tokens),
        bucket_boundaries=list(LENGTHS),
        bucket_batch_sizes=[batch_size] * (len(LENGTHS) + 1),
    )
    return bucketed.map(_with_a_step).prefetch(tf.data.AUTOTUNE)


def _with_a_step(tokens: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Pad a batch of empty rows to one step; Keras's GRU fails on none."""
    missing = tf.maximum(1 - tf.shape(tokens)[1], 0)
    return tf.pad(tokens, [[0, 0], [0, missing]], constant_values=PADDING_ID), labels


def parsed(
    patterns: Sequence[str], spec: FeatureSpec, *, rows: int = PARSED_ROWS
) -> Iterator[dict[str, Any]]:
    """Read the labelled rows of a split in their order, as they were written.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the features to parse, the label among them.
        rows: rows in a batch, at most; those without a label are left out.

    Yields:
        The features of a batch, by name: dense or ragged tensors.
    """
    for features in _records(patterns).batch(rows).map(lambda r: tf.io.parse_example(r, spec)):
        labelled = features[LABEL] != UNKNOWN_LABEL
        yield {
            name: tf.ragged.boolean_mask(feature, labelled)
            if isinstance(feature, tf.RaggedTensor)
            else tf.boolean_mask(feature, labelled)
            for name, feature in features.items()
        }


def _rows(patterns: Sequence[str], spec: FeatureSpec) -> tf.data.Dataset:
    part = {name: spec[name] for name in (TOKENS, LABEL)}
    batched = _records(patterns).batch(PARSED_ROWS)
    features = batched.map(lambda batch: tf.io.parse_example(batch, part)).unbatch()
    rows = features.map(lambda row: (row[TOKENS], row[LABEL]))
    return rows.filter(lambda tokens, label: label != UNKNOWN_LABEL)


def _records(patterns: Sequence[str]) -> tf.data.Dataset:
    files = sorted(path for pattern in patterns for path in tf.io.gfile.glob(pattern))
    return tf.data.TFRecordDataset(files, compression_type="GZIP")
