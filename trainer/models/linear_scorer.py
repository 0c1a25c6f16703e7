"""The linear channel in TensorFlow ops: hashed n-grams in, margins out."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.linear import LinearModel
from trainer.ngrams import HASH_BITS, MODULUS
from trainer.normalisation import row_ids

ON_A_SHELF: Final = 8
"""Keys on a shelf, on average, at least, and less than twice as many; some three times the average
on the fullest."""


class Shelves(NamedTuple):
    """Where to look for a hash among the keys: on the shelf of its highest bits.

    Attributes:
        keys: `[kept + room]` int32, rising; the room is for a search that goes on beyond the last.
        starts: `[shelves]` int32, the first key of each.
        halvings: steps in which a search by halves comes to an end on the fullest shelf.
        shift: bits below those that name the shelf.
    """

    keys: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    halvings: int
    shift: int


def shelves(keys: npt.NDArray[np.int32]) -> Shelves:
    """Part keys into shelves of `ON_A_SHELF` on average.

    A search by halves through a million keys would miss the processor's caches at every step; on a
    shelf it stays within a line or two of them.
    """
    bits = max(len(keys) // ON_A_SHELF, 1).bit_length() - 1
    shift = HASH_BITS - bits
    edges = np.searchsorted(keys, np.arange((1 << bits) + 1) << shift)
    halvings = int(np.diff(edges).max()).bit_length()
    filled = np.pad(keys, [0, 1 << halvings], constant_values=MODULUS)
    return Shelves(filled.astype(np.int32), edges[:-1].astype(np.int32), halvings, shift)


class LinearScorer(tf.Module):
    """The channel in TensorFlow ops.

    Attributes:
        rows: how many were learnt from.
    """

    def __init__(self, model: LinearModel) -> None:
        super().__init__(name="linear")
        self.rows = model.rows
        keys, starts, self._halvings, self._shift = shelves(model.keys)
        self._starts = tf.Variable(starts, trainable=False)
        self._keys = tf.Variable(keys, trainable=False)
        self._idf = tf.Variable(model.idf, trainable=False)
        self._weights = tf.Variable(model.weights, trainable=False)
        self._step = tf.Variable(model.step, trainable=False)
        self._bias = tf.Variable(model.bias, trainable=False)

    def __call__(self, ngrams: tf.RaggedTensor) -> tf.Tensor:
        """Measure how far each row lies from each class's border.

        Args:
            ngrams: `[batch, n-grams]` int64 hashes, repeated as often as they stand in the row.

        Returns:
            `[batch, classes]` float32 margins.
        """
        places = tf.bitwise.left_shift(row_ids(ngrams), HASH_BITS) + ngrams.flat_values
        places, _, counts = tf.unique_with_counts(places)
        rows = tf.bitwise.right_shift(places, HASH_BITS)
        ids = tf.bitwise.bitwise_and(places, (1 << HASH_BITS) - 1)
        columns, found = self._columns(tf.cast(ids, tf.int32))
        known = tf.cast(found, tf.float32)
        values = known + known * tf.math.log(tf.cast(counts, tf.float32))
        values *= tf.gather(self._idf, columns)
        lengths = tf.sqrt(tf.math.unsorted_segment_sum(values**2, rows, ngrams.nrows()))
        values = tf.math.divide_no_nan(values, tf.gather(lengths, rows))
        weights = tf.cast(tf.gather(self._weights, columns), tf.float32) * values[:, None]
        sums = tf.math.unsorted_segment_sum(weights, rows, ngrams.nrows())
        return sums * self._step + self._bias

    def _columns(self, ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Find `[n-grams]` hashes among the keys: where each is, and whether it is there."""
        places = tf.gather(self._starts, tf.bitwise.right_shift(ids, self._shift))
        for bit in reversed(range(self._halvings)):
            smaller = tf.gather(self._keys, places + ((1 << bit) - 1)) < ids
            places += tf.cast(smaller, tf.int32) * (1 << bit)
        columns = tf.minimum(places, self._idf.shape[0] - 1)
        return columns, tf.equal(tf.gather(self._keys, columns), ids)
