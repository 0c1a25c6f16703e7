"""Pooling over the steps of a masked sequence."""

from typing import Literal

import tensorflow as tf

Pooling = Literal["mean_max", "mean", "max"]


class MaskedPooling(tf.keras.layers.Layer):
    """The mean and the maximum of the unmasked steps, or one of them.

    Shapes: `[batch, steps, channels]` to `[batch, channels]`, twice as many for `mean_max`; zeros
    for a row without steps.
    """

    def __init__(self, pooling: Pooling = "mean_max") -> None:
        super().__init__()
        self.pooling: Pooling = pooling

    def call(self, inputs: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Pool `inputs`, `[batch, steps, channels]`, where `mask`, `[batch, steps]`, is true."""
        alive = tf.cast(mask, inputs.dtype)[:, :, None]
        steps = tf.reduce_sum(alive, axis=1)
        mean = tf.reduce_sum(inputs * alive, axis=1) / tf.maximum(steps, 1.0)
        maximum = tf.reduce_max(tf.where(alive > 0, inputs, inputs.dtype.min), axis=1)
        return pool(mean, tf.where(steps > 0, maximum, 0.0), self.pooling)

    def compute_mask(self, inputs: tf.Tensor, mask: tf.Tensor | None = None) -> None:
        """Stop the mask: no steps are left."""
        return


def pool(mean: tf.Tensor, maximum: tf.Tensor, pooling: Pooling) -> tf.Tensor:
    """Choose between `[batch, channels]` means and maxima, or lay them side by side."""
    chosen = {"mean": [mean], "max": [maximum], "mean_max": [mean, maximum]}[pooling]
    return tf.concat(chosen, axis=-1)
