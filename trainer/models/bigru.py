"""The bidirectional GRU: a Keras model to train and the same function, by hand, to serve."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.encoder import Encoder
from trainer.models.packing import Packed, by_step, pack
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
    embedding = layers.Embedding(
        vocabulary_size,
        settings.embedding_dim,
        embeddings_initializer=_initializer(vectors),
        trainable=settings.fine_tune,
    )
    both_ways = layers.Bidirectional(layers.GRU(settings.units, return_sequences=True))
    states = Encoder(embedding, settings.embedding_dropout, both_ways, name="encoder")(tokens)
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
    """The trained function without Keras: one loop runs both directions, on packed rows.

    A Keras GRU takes seconds to load from a SavedModel, computes the padding and masks it at every
    step; this loop loads in a fraction of a second. It computes what `build`'s model computes (Cho
    et al. 2014, in the variant with the reset gate after the matrix product). Small batches cost
    what their ops cost to start, so the step has few: the gates of both directions lie side by
    side, and the biases that only add up are added before.
    """

    def __init__(self, model: tf.keras.Model, *, pooling: Pooling) -> None:
        super().__init__(name="scorer")
        self._pooling = pooling
        encoder = model.get_layer("encoder")
        self._units = encoder.bidirectional.forward_layer.units
        six = encoder.bidirectional.get_weights()
        pairs = zip(six[:3], six[3:], strict=True)  # forward's weights, then backward's
        kernels, recurrents, biases = pairs
        self._kernels = [_frozen(kernel) for kernel in kernels]
        self._recurrents = [_frozen(recurrent) for recurrent in recurrents]
        inputs, states = np.stack(biases, axis=1)
        gates = np.arange(3 * self._units) < 2 * self._units
        self._biases = [_frozen(bias) for bias in inputs + np.where(gates, states, 0)]
        self._candidate_bias = _frozen(states[:, ~gates])
        (self._embedding,) = map(_frozen, encoder.embedding.get_weights())
        self._dense, self._dense_bias = map(_frozen, model.get_layer("probabilities").get_weights())

    def __call__(self, tokens: tf.RaggedTensor) -> tf.Tensor:
        """Score a batch.

        Args:
            tokens: `[batch, tokens]` int64, without padding.

        Returns:
            `[batch, classes]` float32 log-probabilities.
        """
        packed = pack(tokens)
        states = self._states(self._project(tokens.flat_values, packed), packed.alive)
        pooled = self._pool(states, packed.rows, tokens.row_lengths())
        return tf.nn.log_softmax(pooled @ self._dense + self._dense_bias)

    def _project(self, ids: tf.Tensor, packed: Packed) -> tf.Tensor:
        """Multiply all inputs at once: `[tokens]` ids to `[tokens, 2, 3u]`, packed."""
        ways = zip((packed.forward, packed.backward), self._kernels, self._biases, strict=True)
        projected = [
            tf.gather(self._embedding, tf.gather(ids, places)) @ kernel + bias
            for places, kernel, bias in ways
        ]
        return tf.stack(projected, axis=1)

    def _states(self, projected: tf.Tensor, alive: tf.Tensor) -> tf.Tensor:
        """Run the GRU: `[tokens, 2, 3u]` inputs to `[tokens, 2u]` states, both packed."""
        units, steps = self._units, tf.size(alive)
        split = [2 * units, units]
        gates, candidates = (by_step(part, alive) for part in tf.split(projected, split, axis=-1))
        sizes = tf.pad(alive[:, None], [[0, 0], [0, 2]], constant_values=-1)
        sizes = tf.TensorArray(tf.int32, steps, element_shape=[3]).unstack(sizes)
        states = tf.TensorArray(
            tf.float32, steps, element_shape=[None, 2, units], infer_shape=False
        )
        recurrents = [tf.convert_to_tensor(recurrent) for recurrent in self._recurrents]
        candidate_bias = tf.convert_to_tensor(self._candidate_bias)

        def step(
            t: tf.Tensor, before: tf.Tensor, states: tf.TensorArray
        ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
            """Advance the rows that go on, both directions, by one token."""
            before = tf.slice(before, [0, 0, 0], sizes.read(t))
            ways = zip(tf.unstack(before, 2, axis=1), recurrents, strict=True)
            recurrent = tf.stack([state @ weights for state, weights in ways], axis=1)
            gates_in, candidate_in = tf.split(recurrent, split, axis=-1)
            update, reset = tf.split(tf.sigmoid(gates.read(t) + gates_in), 2, axis=-1)
            candidate = tf.tanh(candidates.read(t) + reset * (candidate_in + candidate_bias))
            state = candidate + update * (before - candidate)
            return t + 1, state, states.write(t, state)

        _, _, states = tf.while_loop(
            lambda t, *_: t < steps,
            step,
            [0, tf.zeros([alive[0], 2, units]), states],
            shape_invariants=[
                tf.TensorShape([]),
                tf.TensorShape([None, 2, units]),
                tf.TensorShape(None),
            ],
        )
        return tf.reshape(states.concat(), [-1, 2 * units])

    def _pool(self, states: tf.Tensor, rows: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Pool `[tokens, 2u]` states by the row of each: `[batch, 2u or 4u]`."""
        batch = tf.size(lengths, tf.int64)
        steps = tf.cast(lengths, tf.float32)[:, None]
        total = tf.math.unsorted_segment_sum(states, rows, batch)
        peak = tf.math.unsorted_segment_max(states, rows, batch)
        return pool(total / tf.maximum(steps, 1.0), tf.where(steps > 0, peak, 0.0), self._pooling)


def _frozen(weights: Any) -> tf.Variable:
    return tf.Variable(weights, trainable=False)
