"""Text normalisation in TensorFlow ops, the twin of the plain Python in `trainer.text`."""

from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text

from trainer.text import BLANKS, MAX_REPEATS, NONCHARACTERS, REPLACEMENT

EDGE: Final = 0
"""A code point that no normalised text has: it is folded with the blanks."""


def normalise(texts: tf.Tensor) -> tf.Tensor:
    """Compose (NFC), fold blanks into one space, cut runs of one character to `MAX_REPEATS`.

    Args:
        texts: `[batch]` strings; bytes that are no UTF-8 and noncharacters become U+FFFD.

    Returns:
        `[batch]` strings.
    """
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    allowed = tf.strings.regex_replace(valid, NONCHARACTERS, REPLACEMENT)
    composed = tf_text.normalize_utf8(allowed, "NFC")
    folded = tf.strings.strip(tf.strings.regex_replace(composed, BLANKS, " "))
    return _cut_runs(folded)


def _cut_runs(texts: tf.Tensor) -> tf.Tensor:
    """Drop each character that equals the `MAX_REPEATS` before it.

    RE2 has no back references, so the comparison is made on code points. All rows lie end to end in
    one vector, an `EDGE` before each, which no character equals.
    """
    characters = tf.strings.unicode_decode(tf.strings.join([chr(EDGE), texts]), "UTF-8")
    flat = characters.flat_values
    ahead = tf.pad(flat, [[MAX_REPEATS, 0]])
    spoken = tf.not_equal(flat, EDGE)
    repeated = spoken
    for back in range(1, MAX_REPEATS + 1):
        repeated &= tf.equal(flat, ahead[MAX_REPEATS - back : -back])
    kept = masked(characters.row_splits, flat, spoken & ~repeated)
    return tf.strings.unicode_encode(kept, "UTF-8")


def masked(row_splits: tf.Tensor, values: tf.Tensor, kept: tf.Tensor) -> tf.RaggedTensor:
    """Keep some values of a ragged tensor: `tf.ragged.boolean_mask` in far fewer ops.

    Args:
        row_splits: `[rows + 1]` int64, where rows begin and end among the values.
        values: `[values]`.
        kept: `[values]` bool.

    Returns:
        `[rows, values]`.
    """
    places = tf.where(kept)[:, 0]
    before = tf.raw_ops.LowerBound(
        sorted_inputs=places[None], values=row_splits[None], out_type=tf.int64
    )
    return tf.RaggedTensor.from_row_splits(tf.gather(values, places), before[0], validate=False)


def joined(outer: tf.RaggedTensor, inner: tf.RaggedTensor) -> tf.RaggedTensor:
    """Put the pieces of each row's parts end to end: `merge_dims` without its checks.

    Args:
        outer: `[batch, parts]`.
        inner: `[all parts, pieces]`.

    Returns:
        `[batch, pieces]`.
    """
    splits = tf.gather(inner.row_splits, outer.row_splits)
    return tf.RaggedTensor.from_row_splits(inner.flat_values, splits, validate=False)


def row_ids(ragged: tf.RaggedTensor) -> tf.Tensor:
    """Tell the row of each flat value: `value_rowids` in far fewer ops.

    Args:
        ragged: `[rows, values]`.

    Returns:
        `[flat values]` int64.
    """
    places = tf.range(tf.size(ragged.flat_values, tf.int64))
    above = tf.raw_ops.UpperBound(
        sorted_inputs=ragged.row_splits[None], values=places[None], out_type=tf.int64
    )
    return above[0] - 1
