"""Rows of different lengths, packed for a recurrent network: no step is spent on padding.

As cuDNN wants them: the longest row first, then step by step the tokens of the rows that are still
going on. With each step fewer rows are left, always the first ones.
"""

from typing import NamedTuple

import tensorflow as tf


class Packed(NamedTuple):
    """Where the tokens of a batch stand, step by step.

    Attributes:
        rows: `[tokens]` int64, the row that each belongs to.
        forward: `[tokens]` int32, its place among the batch's flat values, read onwards.
        backward: `[tokens]` int32, likewise with every row read from its end.
        alive: `[steps]` int32, rows that have a token at each step; one step at least.
    """

    rows: tf.Tensor
    forward: tf.Tensor
    backward: tf.Tensor
    alive: tf.Tensor


def pack(tokens: tf.RaggedTensor) -> Packed:
    """Order the tokens of a `[batch, tokens]` ragged tensor by step, the longest row first."""
    lengths, starts = (tf.cast(t, tf.int32) for t in (tokens.row_lengths(), tokens.row_starts()))
    order = tf.argsort(lengths, direction="DESCENDING", stable=True)
    steps = tf.range(tf.reduce_max(tf.concat([[1], lengths], axis=0)))
    going_on = steps[:, None] < tf.gather(lengths, order)
    places = tf.where(going_on)
    step, row = tf.cast(places[:, 0], tf.int32), tf.gather(order, places[:, 1])
    start, end = tf.gather(starts, row), tf.gather(starts + lengths, row)
    return Packed(
        rows=tf.cast(row, tf.int64),
        forward=start + step,
        backward=end - 1 - step,
        alive=tf.reduce_sum(tf.cast(going_on, tf.int32), axis=1),
    )


def by_step(values: tf.Tensor, alive: tf.Tensor) -> tf.TensorArray:
    """Cut `[tokens, ...]` values in packed order into those of each step, `[alive, ...]`."""
    shape = [None, *values.shape[1:]]
    steps = tf.TensorArray(
        values.dtype, size=tf.size(alive), element_shape=shape, infer_shape=False
    )
    return steps.split(values, alive)
