"""The bidirectional GRU: a Keras model to train and the same function, by hand, to serve."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.encoder import Encoder
from trainer.models.packing import by_step, pack
from trainer.models.pooling import MaskedPooling, Pooling, pool
from trainer.settings import TrainingSettings
from trainer.vocabulary import PADDING_ID

Floats = npt.NDArray[np.float32]


def build(
    settings: TrainingSettings,
    *,
    vocabulary_size: int,
    classes: int,
    vectors: Floats | None = None,
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
    states = encoder(
        vocabulary_size=vocabulary_size,
        embedding_dim=settings.embedding_dim,
        units=settings.units,
        dropout=settings.embedding_dropout,
        vectors=vectors,
        fine_tune=settings.fine_tune,
    )(tokens)
    features = layers.Dropout(settings.dropout)(MaskedPooling(settings.pooling)(states))
    probabilities = layers.Dense(classes, activation="softmax", name="probabilities")(features)
    return tf.keras.Model(tokens, probabilities, name="bigru")


def encoder(
    *,
    vocabulary_size: int,
    embedding_dim: int,
    units: int,
    dropout: float,
    vectors: Floats | None,
    fine_tune: bool = True,
) -> Encoder:
    """Make the part of the model that reads; arguments as `build` and its settings have them."""
    layers = tf.keras.layers
    embedding = layers.Embedding(
        vocabulary_size,
        embedding_dim,
        embeddings_initializer=_initializer(vectors),
        trainable=fine_tune,
    )
    both_ways = layers.Bidirectional(layers.GRU(units, return_sequences=True))
    return Encoder(embedding, dropout, both_ways, name="encoder")


def _initializer(vectors: Floats | None) -> Any:
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
    dense = model.get_layer("probabilities")
    features = tf.keras.Model(model.input, dense.input)(padded, training=False)
    return tf.nn.log_softmax(features @ dense.kernel + dense.bias)  # a softmax underflows


class Scorer(tf.Module):
    """The trained function without Keras: a loop for each direction, on packed rows.

    A Keras GRU takes seconds to load from a SavedModel, computes the padding and masks it at every
    step; these loops load in a fraction of a second, and two cores run one each. It computes what
    `build`'s model computes.
    """

    def __init__(self, model: tf.keras.Model, *, pooling: Pooling) -> None:
        super().__init__(name="scorer")
        self._pooling = pooling
        encoder = model.get_layer("encoder")
        (self._embedding,) = map(_frozen, encoder.embedding.get_weights())
        both = encoder.bidirectional
        self._forward = Direction(*both.forward_layer.get_weights())
        self._backward = Direction(*both.backward_layer.get_weights())
        self._dense, self._dense_bias = map(_frozen, model.get_layer("probabilities").get_weights())

    def __call__(self, tokens: tf.RaggedTensor) -> tf.Tensor:
        """Score a batch.

        Args:
            tokens: `[batch, tokens]` int64, without padding.

        Returns:
            `[batch, classes]` float32 log-probabilities.
        """
        packed, ids = pack(tokens), tokens.flat_values
        ways = [(self._forward, packed.forward), (self._backward, packed.backward)]
        states = [
            direction(tf.gather(self._embedding, tf.gather(ids, places)), packed.alive)
            for direction, places in ways
        ]
        pooled = self._pool(states, packed.rows, tokens.row_lengths())
        return tf.nn.log_softmax(pooled @ self._dense + self._dense_bias)

    def _pool(self, states: list[tf.Tensor], rows: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Pool each direction's `[tokens, u]` states by row: `[batch, 2u or 4u]`."""
        batch = tf.size(lengths, tf.int64)
        steps = tf.cast(lengths, tf.float32)[:, None]
        total = tf.concat([tf.math.unsorted_segment_sum(s, rows, batch) for s in states], axis=1)
        peak = tf.concat([tf.math.unsorted_segment_max(s, rows, batch) for s in states], axis=1)
        return pool(total / tf.maximum(steps, 1.0), tf.where(steps > 0, peak, 0.0), self._pooling)


class Direction(tf.Module):
    """A trained GRU in TensorFlow ops (Cho et al. 2014, with the reset after the matrix product).

    A small batch costs what its ops cost to start, so a step has few: both gates and the candidate
    come of one product with the states, and the biases that only add up are added before the loop.
    No step begins before the last one ends: the ops that could run ahead would wake other threads.

    Args:
        kernel: `[channels, 3u]`, as Keras's layer has it.
        recurrent: `[u, 3u]`, likewise.
        bias: `[2, 3u]`, likewise: for the inputs, and for the states.
    """

    def __init__(self, kernel: Floats, recurrent: Floats, bias: Floats) -> None:
        super().__init__(name="direction")
        self._units = recurrent.shape[0]
        gates, candidate = slice(2 * self._units), slice(2 * self._units, None)
        self._kernels = [_frozen(kernel[:, part]) for part in (gates, candidate)]
        self._biases = [_frozen(bias[:, gates].sum(axis=0)), _frozen(bias[0, candidate])]
        self._recurrent, self._recurrent_bias = _frozen(recurrent), _frozen(bias[1, candidate])

    def __call__(self, vectors: tf.Tensor, alive: tf.Tensor) -> tf.Tensor:
        """Run over packed rows.

        Args:
            vectors: `[tokens, channels]`, packed.
            alive: `[steps]` int32, rows at each step.

        Returns:
            `[tokens, u]` states, packed.
        """
        units, steps = self._units, tf.size(alive)
        gates, candidates = (
            by_step(vectors @ kernel + bias, alive)
            for kernel, bias in zip(self._kernels, self._biases, strict=True)
        )
        states = tf.TensorArray(tf.float32, steps, element_shape=[None, units], infer_shape=False)
        kernel, bias = map(tf.convert_to_tensor, (self._recurrent, self._recurrent_bias))

        def step(
            t: tf.Tensor, before: tf.Tensor, states: tf.TensorArray
        ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
            """Advance the rows that go on by one token."""
            inputs = candidates.read(t)
            before = tf.slice(before, [0, 0], tf.shape(inputs))
            of_gates, of_candidate = tf.split(before @ kernel, [2 * units, units], axis=-1)
            update, reset = tf.split(tf.sigmoid(gates.read(t) + of_gates), 2, axis=-1)
            candidate = tf.tanh(inputs + reset * (of_candidate + bias))
            state = candidate + update * (before - candidate)
            return t + 1, state, states.write(t, state)

        _, _, states = tf.while_loop(
            lambda t, *_: t < steps,
            step,
            [0, tf.zeros([alive[0], units]), states],
            shape_invariants=[
                tf.TensorShape([]),
                tf.TensorShape([None, units]),
                tf.TensorShape(None),
            ],
            parallel_iterations=1,
        )
        return states.concat()


def _frozen(weights: Any) -> tf.Variable:
    return tf.Variable(weights, trainable=False)
