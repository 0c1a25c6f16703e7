"""The bidirectional GRU: a Keras model to train and the same function, by hand, to serve."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.pooling import MaskedPooling, Pooling, pool
from trainer.settings import TrainingSettings
from trainer.vocabulary import PADDING_ID

SMALLEST: Final = 1e-30
"""A probability below this counts as this one: its logarithm stays finite."""


def build(
    settings: TrainingSettings,
    *,
    vocabulary_size: int,
    classes: int,
    vectors: npt.NDArray[np.float32] | None = None,
) -> tf.keras.Model:
    """Build the model: embedding, one GRU in each direction, their states pooled.

    The GRU keeps Keras's defaults (`reset_after=True`, tanh and sigmoid, no recurrent dropout),
    with which a GPU uses the cuDNN kernel.

    Args:
        settings: sizes and switches.
        vocabulary_size: ids, padding and unknown included.
        classes: labels.
        vectors: `[vocabulary_size, embedding_dim]` to start from; None for random ones.

    Returns:
        A model from `[batch, tokens]` int64, padded with 0, to `[batch, classes]` probabilities.
    """
    layers = tf.keras.layers
    tokens = layers.Input([None], dtype=tf.int64, name="tokens")
    embedded = layers.Embedding(
        vocabulary_size,
        settings.embedding_dim,
        embeddings_initializer=_initializer(vectors),
        trainable=settings.fine_tune,
        mask_zero=True,
        name="embedding",
    )(tokens)
    embedded = layers.SpatialDropout1D(settings.embedding_dropout)(embedded)
    states = layers.Bidirectional(
        layers.GRU(settings.units, return_sequences=True), name="bidirectional"
    )(embedded)
    features = layers.Dropout(settings.dropout)(MaskedPooling(settings.pooling)(states))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(features)
    return tf.keras.Model(tokens, probabilities, name="bigru")


def _initializer(vectors: npt.NDArray[np.float32] | None) -> Any:
    return "uniform" if vectors is None else tf.keras.initializers.Constant(vectors)


def log_probabilities(model: tf.keras.Model, tokens: tf.RaggedTensor) -> tf.Tensor:
    """Score ragged rows with the Keras model: what `Scorer` must equal.

    Args:
        model: as `build` makes it.
        tokens: `[batch, tokens]` int64, without padding.

    Returns:
        `[batch, classes]` float32.
    """
    longest = tf.maximum(tokens.bounding_shape(axis=1), 1)  # Keras's GRU fails on no step
    padded = tokens.to_tensor(PADDING_ID, shape=[None, longest])
    return tf.math.log(tf.maximum(model(padded, training=False), SMALLEST))


class Scorer(tf.Module):
    """The trained function without Keras: one loop runs both directions.

    A Keras GRU takes seconds to load from a SavedModel and masks at every step; this loop loads in
    a fraction of a second. It computes what `build`'s model computes (Cho et al. 2014, in the
    variant with the reset gate after the matrix product).
    """

    def __init__(self, model: tf.keras.Model, *, pooling: Pooling) -> None:
        super().__init__(name="scorer")
        self._pooling = pooling
        six = model.get_layer("bidirectional").get_weights()
        pairs = zip(six[:3], six[3:], strict=True)  # forward's weights, then backward's
        self._kernel, self._recurrent, self._bias = (_frozen(tf.stack(pair)) for pair in pairs)
        (self._embedding,) = map(_frozen, model.get_layer("embedding").get_weights())
        self._dense, self._dense_bias = map(_frozen, model.get_layer("probabilities").get_weights())

    def __call__(self, tokens: tf.RaggedTensor) -> tf.Tensor:
        """Score a batch, trimmed to its longest row.

        Args:
            tokens: `[batch, tokens]` int64, without padding.

        Returns:
            `[batch, classes]` float32 log-probabilities.
        """
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        ids = tokens.to_tensor(PADDING_ID)
        both = tf.stack([ids, tf.reverse_sequence(ids, lengths, seq_axis=1)])
        pooled = self._pool_states(self._project(both), lengths)
        return tf.nn.log_softmax(pooled @ self._dense + self._dense_bias)

    def _project(self, ids: tf.Tensor) -> tf.Tensor:
        """Multiply all inputs at once: `[2, batch, time]` ids to `[time, 2, batch, 3u]`."""
        vectors = tf.gather(self._embedding, ids)
        projected = tf.einsum("sbtd,sdg->tsbg", vectors, self._kernel)
        return projected + self._bias[:, 0][None, :, None, :]

    def _pool_states(self, projected: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Run the GRU and pool its states on the way: `[batch, 2u or 4u]`."""
        units = self._recurrent.shape[1]
        start = tf.zeros([2, tf.size(lengths), units])
        _, _, total, peak = tf.while_loop(
            lambda t, *_: t < tf.shape(projected)[0],
            lambda t, *states: self._step(projected[t], t < lengths, t, *states),
            [tf.constant(0), start, start, tf.fill(tf.shape(start), tf.float32.min)],
            shape_invariants=[tf.TensorShape([])] + [tf.TensorShape([2, None, units])] * 3,
        )
        steps = tf.cast(lengths, tf.float32)[None, :, None]
        mean = total / tf.maximum(steps, 1.0)
        maximum = tf.where(steps > 0, peak, 0.0)
        return pool(_joined(mean), _joined(maximum), self._pooling)

    def _step(
        self,
        projected: tf.Tensor,
        alive: tf.Tensor,
        t: tf.Tensor,
        state: tf.Tensor,
        total: tf.Tensor,
        peak: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        """Advance both directions by one token; a row that has ended keeps its state."""
        recurrent = state @ self._recurrent + self._bias[:, 1][:, None, :]
        update_in, reset_in, candidate_in = tf.split(projected, 3, axis=-1)
        update_rec, reset_rec, candidate_rec = tf.split(recurrent, 3, axis=-1)
        update = tf.sigmoid(update_in + update_rec)
        reset = tf.sigmoid(reset_in + reset_rec)
        candidate = tf.tanh(candidate_in + reset * candidate_rec)
        new = update * state + (1.0 - update) * candidate
        lives = alive[None, :, None]
        return (
            t + 1,
            tf.where(lives, new, state),
            tf.where(lives, total + new, total),
            tf.where(lives, tf.maximum(peak, new), peak),
        )


def _joined(directions: tf.Tensor) -> tf.Tensor:
    """Lay both directions side by side: `[2, batch, u]` to `[batch, 2u]`."""
    return tf.concat([directions[0], directions[1]], axis=-1)


def _frozen(weights: tf.Tensor) -> tf.Variable:
    return tf.Variable(weights, trainable=False)
