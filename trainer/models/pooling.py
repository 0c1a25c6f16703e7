"""Pooling over the steps of a masked sequence."""

import tensorflow as tf


class MeanMaxPooling(tf.keras.layers.Layer):
    """Concatenate the mean and the maximum of the unmasked steps.

    Shapes: `[batch, steps, channels]` to `[batch, 2 * channels]`; zeros for a row without steps.
    """

    supports_masking = True

    def call(self, inputs: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Pool `inputs`, `[batch, steps, channels]`, where `mask`, `[batch, steps]`, is true."""
        alive = tf.cast(mask, inputs.dtype)[:, :, None]
        steps = tf.reduce_sum(alive, axis=1)
        mean = tf.reduce_sum(inputs * alive, axis=1) / tf.maximum(steps, 1.0)
        maximum = tf.reduce_max(tf.where(alive > 0, inputs, inputs.dtype.min), axis=1)
        return tf.concat([mean, tf.where(steps > 0, maximum, 0.0)], axis=-1)

    def compute_mask(self, inputs: tf.Tensor, mask: tf.Tensor | None = None) -> None:
        """Stop the mask: no steps are left."""
        return
