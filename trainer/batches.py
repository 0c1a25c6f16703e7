"""Transformed examples as batches of similar length."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import tensorflow as tf

from trainer.preprocessing import LABEL, TOKENS, UNKNOWN_LABEL
from trainer.vocabulary import PADDING_ID

WINDOW_ROWS: Final = 50_000
"""Rows that are shuffled together: of short texts about 10 MB of tokens."""

POOLED_BATCHES: Final = 100
"""Batches whose rows are sorted by length before they part: little is padded."""

READY_BATCHES: Final = 4
"""Batches made ahead; to make one takes far less time than its step."""

PARSED_ROWS: Final = 1_024
"""Rows parsed by one op, which is much faster than parsing them singly; more are no faster."""

KEPT_TOKENS: Final = 100_000_000
"""Tokens of a training that are kept in memory, at most: 0.8 GB."""

FeatureSpec = dict[str, Any]
Features = dict[str, Any]
"""Dense and ragged tensors by name."""


def batches(
    patterns: Sequence[str],
    spec: FeatureSpec,
    *,
    batch_size: int,
    seed: int | None = None,
    kept: bool = False,
) -> tf.data.Dataset:
    """Read a split of transformed examples, one pass over its labelled rows.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the transformed feature spec.
        batch_size: rows in a batch.
        seed: shuffles the rows, anew but reproducibly in every epoch; None keeps their order.
        kept: whether its tokens stay in memory after the first epoch instead of being read anew.

    Returns:
        Batches of (`[batch, longest]` int64 tokens padded with 0, at least one step long, and
        `[batch]` int64 labels).
    """
    part = {name: spec[name] for name in (TOKENS, LABEL)}
    windows = _parsed(patterns, part, rows=PARSED_ROWS).rebatch(WINDOW_ROWS)
    if kept:
        windows = windows.cache()
    return of_similar_length(windows, batch_size=batch_size, seed=seed)


def steps(rows: int, batch_size: int) -> int:
    """Count the batches that `batches` makes of so many rows: each window ends in one."""
    windows, rest = divmod(rows, WINDOW_ROWS)
    return windows * -(-WINDOW_ROWS // batch_size) + -(-rest // batch_size)


def of_similar_length(
    windows: tf.data.Dataset, *, batch_size: int, seed: int | None = None
) -> tf.data.Dataset:
    """Cut windows into the batches that `batches` returns.

    Args:
        windows: rows that are shuffled together: ragged tokens and labels, by their names.
        batch_size: as above.
        seed: as above.
    """
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
    cut = partial(_batches_of_a_window, batch_size=batch_size, shuffled=seed is not None)
    alike = tf.data.Dataset.zip((windows, seeds)).flat_map(cut)
    if seed is not None:
        alike = alike.shuffle(POOLED_BATCHES, seed=seed, reshuffle_each_iteration=True)
    return alike.prefetch(READY_BATCHES)


def _batches_of_a_window(
    features: Features, seed: tf.Tensor, *, batch_size: int, shuffled: bool
) -> tf.data.Dataset:
    """Draw pools of rows in any order, and cut each into batches, the shortest rows first."""
    tokens, labels = features[TOKENS], features[LABEL]
    drawn = tf.range(tf.size(labels))
    if shuffled:
        drawn = tf.random.experimental.stateless_shuffle(drawn, seed)
    pools = tf.range(tf.size(labels)) // (batch_size * POOLED_BATCHES)
    lengths = tf.cast(tf.gather(tokens.row_lengths(), drawn), tf.int32)
    longest = tf.reduce_max(lengths) + 1
    order = tf.gather(drawn, tf.argsort(pools * longest + lengths, stable=True))
    starts = tf.data.Dataset.range(0, tf.size(order, tf.int64), batch_size)
    return starts.map(lambda start: _padded(tokens, labels, order[start : start + batch_size]))


def _padded(
    tokens: tf.RaggedTensor, labels: tf.Tensor, rows: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Take some rows; pad empty ones to a step, since Keras's GRU fails on none."""
    padded = tf.gather(tokens, rows).to_tensor(PADDING_ID)
    missing = tf.maximum(1 - tf.shape(padded)[1], 0)
    padded = tf.pad(padded, [[0, 0], [0, missing]], constant_values=PADDING_ID)
    return padded, tf.gather(labels, rows)


def parsed(
    patterns: Sequence[str], spec: FeatureSpec, *, rows: int = PARSED_ROWS
) -> Iterator[Features]:
    """Read the labelled rows of a split in their order, as they were written.

    Args:
        patterns: file patterns of gzipped TFRecords.
        spec: the features to parse, the label among them.
        rows: rows in a batch, at most; those without a label are left out.

    Yields:
        The features of a batch, by name: dense or ragged tensors.
    """
    yield from _parsed(patterns, spec, rows=rows)


def _parsed(patterns: Sequence[str], spec: FeatureSpec, *, rows: int) -> tf.data.Dataset:
    parse = partial(tf.io.parse_example, features=spec)
    return records(patterns).batch(rows).map(parse).map(_labelled)


def _labelled(features: Features) -> Features:
    """Leave out the rows without a label."""
    labelled = features[LABEL] != UNKNOWN_LABEL
    return {
        name: tf.ragged.boolean_mask(feature, labelled)
        if isinstance(feature, tf.RaggedTensor)
        else tf.boolean_mask(feature, labelled)
        for name, feature in features.items()
    }


def records(patterns: Sequence[str]) -> tf.data.Dataset:
    """Read the serialized examples of gzipped TFRecords, file by file in the names' order."""
    files = sorted(path for pattern in patterns for path in tf.io.gfile.glob(pattern))
    return untuned(tf.data.TFRecordDataset(files, compression_type="GZIP"))


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Leave a dataset, and all that is made of it, without tf.data's tuner.

    On busy cores the end of an epoch waits for the tuner's thread to wake, which sleeps twice as
    long each time, up to a minute.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
