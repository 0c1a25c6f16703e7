"""The linear channel: a support vector machine on TF-IDF of hashed character n-grams.

It learns in seconds what a recurrent network needs many rows for, names and spellings above all,
and errs elsewhere; `trainer.models.mixture` adds the two.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.svm import LinearSVC

MAX_ROWS: Final = 500_000
"""Rows that are learnt from, the first ones: they are held in memory, twice for the solver."""

MAX_NGRAMS: Final = 100_000_000
"""Different n-grams of all rows together that are learnt from, likewise: long rows have more."""

MAX_WEIGHTS: Final = 2**25
"""N-grams that get weights, times classes: 64 MB of the export, eight times that for the solver."""

LEAST_ROWS: Final = 3
"""Rows that have an n-gram of which anything is learnt: of a rarer one too little is known."""

MOST_STEPS: Final = 32_767
"""A weight is rounded to so many steps either way: finer than half precision, which TensorFlow on
many processors computes in slow emulation, with a warning."""

NO_MARGIN: Final = -1.0
"""For a class without rows: a row on the far edge of the margin, not of the class."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NgramCounts:
    """The n-grams of rows, each once a row, the rows end to end.

    Attributes:
        ids: `[n-grams]`, their hashes.
        counts: `[n-grams]`, how often each stands in its row.
        lengths: `[rows]`, different n-grams of each row.
    """

    ids: npt.NDArray[np.int32]
    counts: Floats
    lengths: npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """The fitted channel.

    Attributes:
        keys: `[kept]`, the hashes of the n-grams that have weights, rising.
        idf: `[kept]`, their inverse document frequencies.
        weights: `[kept, classes]`, in steps of `step`: two bytes instead of four in the export.
        step: `[classes]`.
        bias: `[classes]`.
        rows: how many were learnt from.
    """

    keys: npt.NDArray[np.int32]
    idf: Floats
    weights: npt.NDArray[np.int16]
    step: Floats
    bias: Floats
    rows: int


def fit(
    ngrams: NgramCounts,
    labels: npt.NDArray[np.int64],
    *,
    classes: int,
    most: int,
    penalty: float,
    naive_bayes: bool = False,
    seed: int,
    class_weights: dict[int, float] | None = None,
) -> LinearModel | None:
    """Fit one classifier for each class against the others.

    Args:
        ngrams: of the rows.
        labels: `[rows]`, ids below `classes`.
        classes: columns of the result.
        most: n-grams that get weights, the most frequent; fewer where `MAX_WEIGHTS` says so.
        penalty: the cost of a row on the wrong side of the margin (`C`).
        naive_bayes: whether an n-gram also counts by its log-count ratio.
        seed: orders the rows for the solver.
        class_weights: what a row of each class counts; None counts all alike.

    Returns:
        The model; None if there is nothing to tell apart, or no n-gram to tell it by.
    """
    found = np.unique(labels)
    keys, rows_with = _frequent(ngrams.ids, min(most, MAX_WEIGHTS // classes))
    if not len(keys) or len(found) < 2:
        return None
    idf = (np.log((1 + len(labels)) / (1 + rows_with)) + 1).astype(np.float32)
    rows = weighed(ngrams, keys, idf)
    sample = np.array([(class_weights or {}).get(label, 1.0) for label in labels])
    solver = LinearSVC(C=penalty, random_state=seed)
    if naive_bayes:
        lines, offsets = _by_naive_bayes(solver, rows, labels, sample)
    else:  # in one call, since it copies the rows each time
        solver.fit(rows, labels, sample_weight=sample)
        lines, offsets = solver.coef_, solver.intercept_
    if len(found) == 2:  # what speaks for the one speaks against the other
        lines, offsets = np.concatenate([-lines, lines]), np.concatenate([-offsets, offsets])
    weights = np.zeros([len(keys), classes], np.float32)
    bias = np.full(classes, NO_MARGIN, np.float32)
    weights[:, found], bias[found] = lines.T, offsets
    step = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny) / MOST_STEPS
    steps = np.rint(weights / step).astype(np.int16)
    return LinearModel(keys=keys, idf=idf, weights=steps, step=step, bias=bias, rows=len(labels))


def _by_naive_bayes(
    solver: LinearSVC,
    rows: sparse.csr_matrix,
    labels: npt.NDArray[np.int64],
    sample: npt.NDArray[np.float64],
) -> tuple[Doubles, Doubles]:
    """Separate each label from the others, the rows multiplied by its log-count ratios.

    Returns:
        `[labels, kept]` weights and `[labels]` offsets; of two labels those of the second alone.
    """
    found = np.unique(labels)
    lines, offsets = [], []
    for label in found[1:] if len(found) == 2 else found:
        scale = log_count_ratio(rows, labels == label)
        solver.fit(rows @ sparse.diags(scale), labels == label, sample_weight=sample)
        lines.append(solver.coef_[0] * scale)
        offsets.append(solver.intercept_[0])
    return np.array(lines), np.array(offsets)


def log_count_ratio(
    rows: sparse.csr_matrix, of_class: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Tell how much likelier each n-gram is in a class than elsewhere (Wang and Manning 2012).

    Args:
        rows: `[rows, kept]`; what is not 0 stands in the row.
        of_class: `[rows]`.

    Returns:
        `[kept]`, ln(p / q) of the shares p and q of the n-gram among all those of the class and
        among the others, with one added to each count.
    """
    kept = rows.shape[1]
    mine = 1.0 + np.bincount(rows[of_class].indices, minlength=kept)
    others = 1.0 + np.bincount(rows[~of_class].indices, minlength=kept)
    return np.log(mine / mine.sum()) - np.log(others / others.sum())


def _frequent(
    ids: npt.NDArray[np.int32], most: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Choose the n-grams that stand in the most rows; gives them and the rows that have each."""
    keys, rows_with = np.unique(ids, return_counts=True)
    candidates = np.flatnonzero(rows_with >= LEAST_ROWS)
    order = np.argsort(-rows_with[candidates], kind="stable")
    chosen = np.sort(candidates[order[:most]])
    return keys[chosen], rows_with[chosen]


def weighed(ngrams: NgramCounts, keys: npt.NDArray[np.int32], idf: Floats) -> sparse.csr_matrix:
    """Weigh each n-gram by (1 + ln count) * idf, each row to length 1 (Salton and Buckley 1988).

    Args:
        ngrams: of the rows; those that are not among the keys do not count.
        keys: `[kept]`, rising.
        idf: `[kept]`.

    Returns:
        `[rows, kept]` float64.
    """
    columns = np.minimum(np.searchsorted(keys, ngrams.ids), len(keys) - 1)
    known = keys[columns] == ngrams.ids
    rows = np.repeat(np.arange(len(ngrams.lengths)), ngrams.lengths)[known]
    columns = columns[known]
    values = (1 + np.log(ngrams.counts[known])) * idf.astype(np.float64)[columns]
    lengths = np.sqrt(np.bincount(rows, values**2, minlength=len(ngrams.lengths)))
    shape = (len(ngrams.lengths), len(keys))
    return sparse.csr_matrix((values / lengths[rows], (rows, columns)), shape=shape)
