"""The linear channel: a support vector machine on TF-IDF of hashed character n-grams.

It learns in seconds what a recurrent network needs many rows for, names and spellings above all,
and errs elsewhere; `trainer.models.mixture` adds the two.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy import sparse
from sklearn.svm import LinearSVC

MAX_ROWS: Final = 500_000
"""Rows that are learnt from, the first ones: they and the solver's copy take about 2 GB."""

TOLERANCE: Final = 1e-3
"""Ten times the solver's own: the accuracy is the same to the fourth digit, in half the time."""

NO_MARGIN: Final = -1.0
"""For a class without rows: a row on the far edge of the margin, not of the class."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """The fitted channel.

    Attributes:
        idf: `[buckets]`, the inverse document frequency of a bucket.
        weights: `[buckets, classes]`, kept in half precision: the export holds them.
        bias: `[classes]`.
    """

    idf: npt.NDArray[np.float16]
    weights: npt.NDArray[np.float16]
    bias: Floats


def fit(
    counts: sparse.csr_matrix,
    labels: npt.NDArray[np.int64],
    *,
    classes: int,
    penalty: float,
    seed: int,
    class_weights: dict[int, float] | None = None,
) -> LinearModel:
    """Fit one classifier for each class against the others.

    Args:
        counts: `[rows, buckets]`, how often each row has each n-gram.
        labels: `[rows]`, ids below `classes`, at least two of them.
        classes: columns of the result.
        penalty: the cost of a row on the wrong side of the margin (`C`).
        seed: orders the rows for the solver.
        class_weights: what a row of each class counts; None counts all alike.
    """
    rows, buckets = counts.shape
    frequency = np.bincount(counts.indices, minlength=buckets)
    idf = (np.log((1 + rows) / (1 + frequency)) + 1).astype(np.float16)
    solver = LinearSVC(C=penalty, tol=TOLERANCE, class_weight=class_weights, random_state=seed)
    solver.fit(_weighed(counts, idf), labels)
    weights = np.zeros([buckets, classes], np.float16)
    bias = np.full(classes, NO_MARGIN, np.float32)
    two = len(solver.classes_) == 2  # then the solver gives the second class alone
    weights[:, solver.classes_] = np.r_[-solver.coef_, solver.coef_].T if two else solver.coef_.T
    bias[solver.classes_] = (
        np.r_[-solver.intercept_, solver.intercept_] if two else solver.intercept_
    )
    return LinearModel(idf=idf, weights=weights, bias=bias)


def _weighed(counts: sparse.csr_matrix, idf: npt.NDArray[np.float16]) -> sparse.csr_matrix:
    """Weigh each n-gram by (1 + ln count) * idf, each row to length 1 (Salton and Buckley 1988)."""
    values = (1 + np.log(counts.data)) * idf.astype(np.float64)[counts.indices]
    weighed = sparse.csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)
    lengths = np.sqrt(weighed.multiply(weighed).sum(axis=1)).A1
    weighed.data /= np.repeat(
        np.maximum(lengths, np.finfo(np.float64).tiny), np.diff(counts.indptr)
    )
    return weighed


class LinearScorer(tf.Module):
    """The channel in TensorFlow ops."""

    def __init__(self, model: LinearModel) -> None:
        super().__init__(name="linear")
        self._idf = tf.Variable(model.idf, trainable=False)
        self._weights = tf.Variable(model.weights, trainable=False)
        self._bias = tf.Variable(model.bias, trainable=False)

    def __call__(self, ngrams: tf.RaggedTensor) -> tf.Tensor:
        """Measure how far each row lies from each class's border.

        Args:
            ngrams: `[batch, n-grams]` int64 buckets, repeated as often as they stand in the row.

        Returns:
            `[batch, classes]` float32 margins.
        """
        buckets = self._idf.shape[0]
        keys, _, counts = tf.unique_with_counts(
            ngrams.value_rowids() * buckets + ngrams.flat_values
        )
        rows, ids = keys // buckets, keys % buckets
        values = 1.0 + tf.math.log(tf.cast(counts, tf.float32))
        values *= tf.cast(tf.gather(self._idf, ids), tf.float32)
        lengths = tf.sqrt(tf.math.unsorted_segment_sum(values**2, rows, ngrams.nrows()))
        values = tf.math.divide_no_nan(values, tf.gather(lengths, rows))
        weights = tf.cast(tf.gather(self._weights, ids), tf.float32) * values[:, None]
        return tf.math.unsorted_segment_sum(weights, rows, ngrams.nrows()) + self._bias
