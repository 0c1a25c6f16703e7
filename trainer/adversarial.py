"""Training on word vectors moved to where they hurt most: no answer shall hang on a few.

Adversarial training of texts (Miyato, Dai and Goodfellow 2017). Here a word is moved alike in all
rows of a batch, as dropout drops its channels, and each by a share of its own length.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from trainer.models.encoder import Encoder

Step = Callable[[Any], dict[str, tf.Tensor]]
"""From a batch, as `fit` hands it over, to the metrics."""


def adversarial_step(model: tf.keras.Model, *, share: float) -> Step:
    """Make a training step whose gradient is the mean of those at the vectors and beside them.

    It takes two passes through the network, forwards and backwards.

    Args:
        model: compiled when the step is called; its layer `encoder` is an `Encoder`.
        share: how far each word's vector is moved, by its own length, in the direction in which
            the loss rises fastest.
    """
    encoder: Encoder = model.get_layer("encoder")

    def step(batch: Any) -> dict[str, tf.Tensor]:
        tokens, labels, weights = tf.keras.utils.unpack_x_y_sample_weight(batch)

        def loss_at(offsets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with encoder.moved(offsets):
                answers = model(tokens, training=True)
            return model.compute_loss(tokens, labels, answers, weights), answers

        vectors = encoder.vectors_of(tokens)
        still, weighed = tf.zeros_like(vectors), model.trainable_variables
        with tf.GradientTape() as tape:
            tape.watch(still)
            loss, answers = loss_at(still)
        slope, *gradients = tape.gradient(loss, [still, *weighed])
        lengths = tf.norm(vectors, axis=1, keepdims=True)
        with tf.GradientTape() as tape:
            loss, _ = loss_at(share * lengths * tf.math.l2_normalize(slope, axis=1))
        beside = tape.gradient(loss, weighed)
        model.optimizer.apply_gradients(zip(map(_mean, gradients, beside), weighed, strict=True))
        return model.compute_metrics(tokens, labels, answers, weights)

    return step


def _mean(one: Any, other: Any) -> Any:
    if isinstance(one, tf.IndexedSlices):  # of the same words, in the same order
        return tf.IndexedSlices(_mean(one.values, other.values), one.indices, one.dense_shape)
    return (one + other) / 2
