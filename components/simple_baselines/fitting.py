"""Three classifiers that need seconds: what a large model must be better than.

Words and characters are hashed into a fixed number of features, so that memory does not grow with
the vocabulary.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from trainer.text import normalise

MAJORITY: Final = "majority"
NAIVE_BAYES: Final = "naive_bayes"
LINEAR_SVM: Final = "linear_svm"

MOST_TRAIN_ROWS: Final = 200_000
"""Rows to fit on at most: it bounds time and memory, of which 150,000 reviews take 13 s of the
processor and 0.8 GB (benchmarks/model_gate.py). Rows left out are told beside the figures."""

MOST_ROWS_TIMES_LABELS: Final = 2**24
"""Fewer rows where labels are many: the linear SVM separates each label from all others."""

MOST_TEXT_CHARACTERS: Final = 1_000
"""Characters of a text that are read: they bound the n-grams where texts are long."""

MOST_FEATURES: Final = 2**20
MOST_WEIGHTS: Final = 2**26
"""Weights of one classifier, features times labels: 512 MB of float64."""

NGRAMS: Final = (1, 4)
"""Characters of an n-gram, none across a blank: in Korean these hold stems and endings."""

REGULARISATION: Final = 0.5
"""C of the linear SVM, half of scikit-learn's own: n-grams are many, and most say little."""

_SEED: Final = 1

Texts: TypeAlias = Sequence[str]
Names: TypeAlias = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a baseline says of the eval rows.

    Attributes:
        labels: the best label of each row, `[rows]`.
        fit_s: seconds of fitting, features included.
        predict_s: seconds of predicting.
    """

    labels: Names
    fit_s: float
    predict_s: float


def most_rows(labels: int) -> int:
    """Say how many rows to fit on, at most, where there are so many labels."""
    return min(MOST_TRAIN_ROWS, MOST_ROWS_TIMES_LABELS // labels)


def answers(train: Texts, labels: Sequence[str], evaluation: Texts) -> Mapping[str, Answers]:
    """Fit every baseline on `train` and ask it about `evaluation`.

    Args:
        train: raw texts, one at least.
        labels: of `train`.
        evaluation: raw texts.

    Returns:
        By the baseline's name.
    """
    names = np.asarray(labels, np.str_)
    prepared = _prepared(train), _prepared(evaluation)
    found = {MAJORITY: _timed(partial(_most_frequent, names), *prepared, names)}
    classes = len(np.unique(names))
    for name, make in _MODELS.items():
        if classes == 1:  # a separating line needs two sides
            found[name] = found[MAJORITY]
        else:
            found[name] = _timed(partial(make, _features(classes)), *prepared, names)
    return found


class _Majority:
    """Gives every row the most frequent label, of equals the first by name."""

    def __init__(self, label: str) -> None:
        self._label = label

    def fit(self, texts: Texts, labels: Names) -> "_Majority":
        return self

    def predict(self, texts: Texts) -> Names:
        return np.full(len(texts), self._label)


def _most_frequent(labels: Names) -> _Majority:
    names, counts = np.unique(labels, return_counts=True)
    return _Majority(str(names[counts.argmax()]))


class _SeenColumns(BaseEstimator, TransformerMixin):
    """Drops the columns that no train row fills.

    With 31 labels and 10,827 rows a thirteenth is left, and fitting takes half the time.
    """

    def fit(self, rows: sparse.csr_matrix, labels: Names | None = None) -> "_SeenColumns":
        self._seen = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]))
        return self

    def transform(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        return rows[:, self._seen]


def _naive_bayes(features: int) -> Pipeline:
    """Count words between blanks and weigh them by multinomial naive Bayes."""
    words = HashingVectorizer(
        analyzer=str.split, norm=None, alternate_sign=False, n_features=features
    )
    return make_pipeline(words, _SeenColumns(), MultinomialNB())


def _linear_svm(features: int) -> Pipeline:
    """Weigh character n-grams by TF-IDF and separate them by a linear SVM."""
    ngrams = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=NGRAMS,
        lowercase=True,
        norm=None,
        alternate_sign=False,
        n_features=features,
        dtype=np.float32,
    )
    line = LinearSVC(C=REGULARISATION, random_state=_SEED)
    return make_pipeline(ngrams, _SeenColumns(), TfidfTransformer(sublinear_tf=True), line)


_MODELS: Final[Mapping[str, Callable[[int], Pipeline]]] = {
    NAIVE_BAYES: _naive_bayes,
    LINEAR_SVM: _linear_svm,
}


def _features(classes: int) -> int:
    """Choose the largest power of two that keeps to `MOST_WEIGHTS`."""
    return min(MOST_FEATURES, 2 ** ((MOST_WEIGHTS // classes).bit_length() - 1))


def _timed(
    make: Callable[[], Pipeline | _Majority], train: Texts, evaluation: Texts, labels: Names
) -> Answers:
    started = time.monotonic()
    model = make().fit(train, labels)
    fitted = time.monotonic()
    predicted = model.predict(evaluation) if len(evaluation) else labels[:0]
    return Answers(labels=predicted, fit_s=fitted - started, predict_s=time.monotonic() - fitted)


def _prepared(texts: Texts) -> list[str]:
    """Normalise as the model's graph does; half a surrogate pair becomes a question mark."""
    starts = (text[:MOST_TEXT_CHARACTERS] for text in texts)
    return [normalise(start.encode("utf-8", "replace").decode()) for start in starts]
