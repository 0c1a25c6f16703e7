"""From token ids to the states of a recurrent network: word vectors, then a GRU each way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from trainer.models import gru
from trainer.vocabulary import PADDING_ID


class Encoder(tf.keras.layers.Layer):
    """An embedding, spatial dropout and a bidirectional GRU.

    The weights and the function are those of Keras's layers, and on a GPU these run, with cuDNN's
    kernel. On a CPU `trainer.models.gru` takes their place, which multiplies each word of a batch
    once. Therefore all rows of a batch lose the same channels to dropout, where Tompson et al.
    (2015) draw them for each row.

    Shapes: `[batch, tokens]` int64, padded with 0 at the end, to `[batch, tokens, 2 * units]`; the
    padding is masked.

    Args:
        embedding: the word vectors.
        dropout: the share of their channels that training drops.
        bidirectional: the GRUs, of Keras's defaults, which give the states of all steps.
    """

    def __init__(
        self,
        embedding: tf.keras.layers.Embedding,
        dropout: float,
        bidirectional: tf.keras.layers.Bidirectional,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.embedding = embedding
        self.bidirectional = bidirectional
        self._dropout = tf.keras.layers.SpatialDropout1D(dropout)
        self._offsets: tf.Tensor | None = None

    def build(self, input_shape: tf.TensorShape) -> None:
        """Make the weights."""
        self.embedding.build(input_shape)
        self.bidirectional.build(tf.TensorShape([None, None, self.embedding.output_dim]))
        super().build(input_shape)

    def compute_mask(self, inputs: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Tell tokens from padding: `[batch, tokens]`."""
        return tf.not_equal(inputs, PADDING_ID)

    def vectors_of(self, tokens: tf.Tensor) -> tf.Tensor:
        """Look up a batch's different words, padding among them: `[words, channels]`."""
        words, _ = tf.unique(tf.reshape(tokens, [-1]))
        return self.embedding(words)

    @contextmanager
    def moved(self, offsets: tf.Tensor) -> Iterator[None]:
        """Add offsets to `vectors_of` the batches that are encoded within it."""
        self._offsets = offsets
        try:
            yield
        finally:
            self._offsets = None

    def call(self, tokens: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Encode a batch."""
        words, places = tf.unique(tf.reshape(tokens, [-1]))
        places = tf.reshape(places, tf.shape(tokens))
        vectors = self.embedding(words)
        if self._offsets is not None:
            vectors += self._offsets
        vectors = self._dropout(vectors[None], training=training)[0]
        mask = self.compute_mask(tokens)
        if tf.config.list_physical_devices("GPU"):
            return self.bidirectional(tf.gather(vectors, places), mask=mask, training=training)
        places, padding = tf.transpose(places), tf.equal(words, PADDING_ID)
        onwards, back = self.bidirectional.forward_layer, self.bidirectional.backward_layer
        ahead = gru.run(onwards.cell, vectors, places, padding)
        behind = gru.run(back.cell, vectors, places, padding, backwards=True)
        return tf.transpose(tf.concat([ahead, behind], axis=-1), [1, 0, 2])
