"""What guesses a token from all that stands around it: a lesson that needs no label."""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.special import log_softmax

from trainer.models.encoder import Encoder

NOISE: Final = 1_024
"""Tokens, drawn anew for each batch, that the right ones stand against."""

DISTORTION: Final = 0.75
"""Noise is drawn by counts to this power (Mikolov et al. 2013)."""


class Cloze(tf.keras.Model):
    """An encoder and the head by which it learns, for each token, which one is missing there.

    As context2vec does (Melamud, Goldberger and Dagan 2016): the forward state of the tokens before
    and the backward state of those behind go through a hidden layer, and the result is multiplied
    by output vectors of the tokens.

    Shapes: `[batch, tokens]` int64, padded with 0 at the end, to `[n, channels]`: what surrounds
    each of the n tokens that are no padding, row by row.

    Args:
        encoder: its vectors and GRUs learn; the output vectors start as copies of its vectors.
        counts: `[vocabulary]`, how often the texts have each token.
    """

    def __init__(self, encoder: Encoder, counts: npt.NDArray[np.int64]) -> None:
        super().__init__(name="cloze")
        encoder.build(tf.TensorShape([None, None]))
        self.encoder = encoder
        vectors = encoder.embedding.embeddings
        self._hidden = tf.keras.layers.Dense(vectors.shape[1], activation="tanh")
        self._project = tf.keras.layers.Dense(vectors.shape[1])
        self._output_vectors = tf.Variable(vectors.read_value(), name="output_vectors")
        self._output_bias = tf.Variable(tf.zeros(len(counts)), name="output_bias")
        self._log_shares = tf.constant(
            log_softmax(DISTORTION * np.log(np.maximum(counts, 1))), tf.float32
        )
        self._mean_loss = tf.keras.metrics.Mean("loss")

    def call(self, tokens: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Encode what surrounds each token: never the token itself."""
        ahead, behind = tf.split(self.encoder(tokens, training=training), 2, axis=-1)
        before = tf.pad(ahead[:, :-1], [[0, 0], [1, 0], [0, 0]])
        after = tf.pad(behind[:, 1:], [[0, 0], [0, 1], [0, 0]])
        around = tf.concat([before, after], axis=-1)
        present = tf.boolean_mask(around, self.encoder.compute_mask(tokens))
        return self._project(self._hidden(present))

    @tf.autograph.experimental.do_not_convert
    def train_step(self, batch: Any) -> dict[str, tf.Tensor]:
        """Take a step by the mean loss of a batch's tokens; labels play no part."""
        tokens, _ = batch
        missing = tf.boolean_mask(tokens, self.encoder.compute_mask(tokens))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._token_losses(self(tokens, training=True), missing))
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        self._mean_loss.update_state(loss)
        return {"loss": self._mean_loss.result()}

    def _token_losses(self, around: tf.Tensor, missing: tf.Tensor) -> tf.Tensor:
        """Estimate the cross-entropies `[n]` of a softmax over the whole vocabulary.

        The noise stands for all tokens but the right one, each divided by how often so many draws
        are expected to bring it: importance sampling (Bengio and Senécal 2003).
        """
        noise = tf.random.categorical(self._log_shares[None], NOISE)[0]
        vectors, bias = self._output_vectors, self._output_bias
        right = tf.reduce_sum(around * tf.gather(vectors, missing), axis=1)
        right += tf.gather(bias, missing)
        others = tf.matmul(around, tf.gather(vectors, noise), transpose_b=True)
        others += tf.gather(bias - self._log_shares, noise) - math.log(NOISE)
        others = tf.where(noise == missing[:, None], others.dtype.min, others)
        return tf.nn.softplus(tf.reduce_logsumexp(others, axis=1) - right)
