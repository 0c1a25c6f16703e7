"""The linear channel in TensorFlow ops: hashed n-grams in, margins out."""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.linear import LinearModel
from trainer.ngrams import HASH_BITS
from trainer.normalisation import row_ids


class Columns(tf.lookup.KeyValueTensorInitializer):
    """Number the keys when a server loads the table, so that the export holds them alone.

    Args:
        keys: `[kept]` int32, each once.
    """

    def __init__(self, keys: tf.Variable) -> None:
        super().__init__(keys, tf.range(keys.shape[0]))
        self._variable = keys

    def initialize(self, table: tf.lookup.StaticHashTable) -> tf.Operation:
        """Fill the table from the variable, where its base class would from constants."""
        return tf.raw_ops.InitializeTableV2(
            table_handle=table.resource_handle,
            keys=self._variable.read_value(),
            values=tf.range(self._variable.shape[0]),
        )


class LinearScorer(tf.Module):
    """The channel in TensorFlow ops.

    Attributes:
        rows: how many were learnt from.
    """

    def __init__(self, model: LinearModel) -> None:
        super().__init__(name="linear")
        self.rows = model.rows
        self._keys = tf.Variable(model.keys, trainable=False)
        self._columns = tf.lookup.StaticHashTable(Columns(self._keys), len(model.keys))
        self._idf = tf.Variable(_and_unknown(model.idf), trainable=False)
        self._weights = tf.Variable(_and_unknown(model.weights), trainable=False)
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
        columns = self._columns.lookup(tf.cast(ids, tf.int32))
        values = 1 + tf.math.log(tf.cast(counts, tf.float32))
        values *= tf.gather(self._idf, columns)
        lengths = tf.sqrt(tf.math.unsorted_segment_sum(values**2, rows, ngrams.nrows()))
        values = tf.math.divide_no_nan(values, tf.gather(lengths, rows))
        weights = tf.cast(tf.gather(self._weights, columns), tf.float32) * values[:, None]
        sums = tf.math.unsorted_segment_sum(weights, rows, ngrams.nrows())
        return sums * self._step + self._bias


def _and_unknown(kept: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Add a row of nothing, for the n-grams that are not kept."""
    return np.concatenate([kept, np.zeros((1, *kept.shape[1:]), kept.dtype)])
