"""The linear channel: fitted by scikit-learn, answered by TensorFlow, the same either way."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from trainer.channels import read_ngrams
from trainer.models import linear

BUCKETS = 60
CLASSES = 4


def rows(
    seed: int, *, classes: int = CLASSES, count: int = 400
) -> tuple[list[list[int]], np.ndarray]:
    """Rows of buckets, some repeated, that lean towards those of their class."""
    drawn = np.random.default_rng(seed)
    labels = drawn.integers(0, classes, count)
    own = [range(label * 10, label * 10 + 10) for label in range(classes)]
    ngrams = [
        [*drawn.choice(own[label], 4), *drawn.integers(0, BUCKETS, drawn.integers(0, 9))]
        for label in labels
    ]
    return [[int(i) for i in row] for row in ngrams], labels


def counted(ngrams: list[list[int]]) -> sparse.csr_matrix:
    counts = np.array([np.bincount(row, minlength=BUCKETS) for row in ngrams])
    return sparse.csr_matrix(counts.astype(np.float32))


def fit(ngrams: list[list[int]], labels: np.ndarray, **more) -> linear.LinearModel:
    return linear.fit(counted(ngrams), labels, classes=CLASSES, penalty=0.5, seed=1, **more)


def margins(model: linear.LinearModel, ngrams: list[list[int]]) -> np.ndarray:
    ragged = tf.ragged.constant(ngrams, ragged_rank=1, dtype=tf.int64)
    return linear.LinearScorer(model)(ragged).numpy()


def reference(ngrams: list[list[int]], labels: np.ndarray, asked: list[list[int]]) -> np.ndarray:
    """The same by scikit-learn alone."""
    weighing = TfidfTransformer(sublinear_tf=True).fit(counted(ngrams))
    solver = LinearSVC(C=0.5, tol=linear.TOLERANCE, random_state=1)
    solver.fit(weighing.transform(counted(ngrams)), labels)
    return solver.decision_function(weighing.transform(counted(asked)))


def test_the_margins_are_those_of_scikit_learn() -> None:
    (ngrams, labels), (asked, _) = rows(1), rows(2)
    np.testing.assert_allclose(
        margins(fit(ngrams, labels), asked), reference(ngrams, labels, asked), atol=5e-3
    )


def test_two_classes_get_opposite_margins() -> None:
    ngrams, labels = rows(3, classes=2)
    found = margins(fit(ngrams, labels), ngrams)
    expected = reference(ngrams, labels, ngrams)
    np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-5)
    np.testing.assert_allclose(found[:, 1], expected, atol=5e-3)


def test_a_class_without_rows_is_never_answered() -> None:
    ngrams, labels = rows(4, classes=3)
    found = margins(fit(ngrams, labels), ngrams)
    assert not (found.argmax(axis=1) == 3).any()
    np.testing.assert_array_equal(found[:, 3], np.full(len(ngrams), linear.NO_MARGIN))


def test_rows_without_ngrams_get_the_bias() -> None:
    model = fit(*rows(5))
    np.testing.assert_allclose(margins(model, [[], [1], []])[[0, 2]], [model.bias] * 2, atol=1e-6)
    assert margins(model, []).shape == (0, CLASSES)


def test_the_order_of_ngrams_makes_no_difference() -> None:
    ngrams, labels = rows(6)
    model = fit(ngrams, labels)
    turned = [row[::-1] for row in ngrams]
    np.testing.assert_allclose(margins(model, turned), margins(model, ngrams), atol=1e-5)


def test_a_heavier_class_is_answered_more_often() -> None:
    ngrams, labels = rows(7)
    plain = margins(fit(ngrams, labels), ngrams).argmax(axis=1)
    heavy = fit(ngrams, labels, class_weights={0: 50.0, 1: 1.0, 2: 1.0, 3: 1.0})
    assert (margins(heavy, ngrams).argmax(axis=1) == 0).sum() > (plain == 0).sum()


def test_half_precision_is_what_the_export_holds() -> None:
    scorer = linear.LinearScorer(fit(*rows(8)))
    assert sorted(v.dtype.name for v in scorer.variables) == ["float16", "float16", "float32"]


def test_counts_are_read_from_the_labelled_rows(transformed) -> None:
    spec = transformed.output.transformed_feature_spec()
    counts, labels = read_ngrams([transformed.patterns["train"]], spec, buckets=4_096)
    written = [row for row in transformed.rows("train", "ngrams") if row[1] >= 0]
    assert labels.tolist() == [label for _, label in written]
    expected = [np.bincount(ngrams, minlength=4_096) for ngrams, _ in written]
    np.testing.assert_array_equal(counts.toarray(), expected)


def test_no_more_rows_are_read_than_the_channel_learns_from(
    transformed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "MAX_ROWS", 10)
    spec = transformed.output.transformed_feature_spec()
    counts, labels = read_ngrams([transformed.patterns["train"]], spec, buckets=4_096)
    assert counts.shape == (10, 4_096)
    assert len(labels) == 10
