"""The bidirectional GRU: a Keras model to train and the same function, by hand, to serve."""

import tensorflow as tf

from trainer.models.pooling import MeanMaxPooling
from trainer.settings import TrainingSettings
from trainer.vocabulary import PADDING_ID


def build(settings: TrainingSettings, *, vocabulary_size: int, classes: int) -> tf.keras.Model:
    """Build the model: embedding, one GRU in each direction, mean and maximum of their states.

    The GRU keeps Keras's defaults (`reset_after=True`, tanh and sigmoid, no recurrent dropout),
    with which a GPU uses the cuDNN kernel.

    Returns:
        A model from `[batch, tokens]` int64, padded with 0, to `[batch, classes]` probabilities.
    """
    layers = tf.keras.layers
    tokens = layers.Input([None], dtype=tf.int64, name="tokens")
    vectors = layers.Embedding(
        vocabulary_size, settings.embedding_dim, mask_zero=True, name="embedding"
    )(tokens)
    vectors = layers.SpatialDropout1D(settings.dropout)(vectors)
    states = layers.Bidirectional(
        layers.GRU(settings.units, return_sequences=True), name="bidirectional"
    )(vectors)
    features = layers.Dropout(settings.dropout)(MeanMaxPooling()(states))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(features)
    return tf.keras.Model(tokens, probabilities, name="bigru")


class Scorer(tf.Module):
    """The trained function without Keras: one loop runs both directions.

    A Keras GRU takes seconds to load from a SavedModel and masks at every step; this loop loads in
    a fraction of a second. It computes what `build`'s model computes (Cho et al. 2014, in the
    variant with the reset gate after the matrix product).
    """

    def __init__(self, model: tf.keras.Model) -> None:
        super().__init__(name="scorer")
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
            `[batch, classes]` float32 probabilities.
        """
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        ids = tokens.to_tensor(PADDING_ID)
        both = tf.stack([ids, tf.reverse_sequence(ids, lengths, seq_axis=1)])
        pooled = self._pool_states(self._project(both), lengths)
        return tf.nn.softmax(pooled @ self._dense + self._dense_bias)

    def _project(self, ids: tf.Tensor) -> tf.Tensor:
        """Multiply all inputs at once: `[2, batch, time]` ids to `[time, 2, batch, 3u]`."""
        vectors = tf.gather(self._embedding, ids)
        projected = tf.einsum("sbtd,sdg->tsbg", vectors, self._kernel)
        return projected + self._bias[:, 0][None, :, None, :]

    def _pool_states(self, projected: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Run the GRU and pool its states on the way: `[batch, 4u]`, mean before maximum."""
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
        return tf.concat([mean[0], mean[1], maximum[0], maximum[1]], axis=-1)

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


def _frozen(weights: tf.Tensor) -> tf.Variable:
    return tf.Variable(weights, trainable=False)
