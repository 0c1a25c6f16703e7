"""The linear channel: fitted by scikit-learn, answered by TensorFlow, the same either way."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from trainer import channels
from trainer.channels import read_ngrams
from trainer.models import linear
from trainer.models.linear_scorer import LinearScorer
from trainer.ngrams import MODULUS

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


def matrix(ngrams: list[list[int]]) -> sparse.csr_matrix:
    counts = np.array([np.bincount(row, minlength=BUCKETS) for row in ngrams])
    return sparse.csr_matrix(counts.astype(np.float32))


def counted(ngrams: list[list[int]]) -> linear.NgramCounts:
    counts = matrix(ngrams)
    return linear.NgramCounts(
        ids=counts.indices, counts=counts.data, lengths=np.diff(counts.indptr).astype(np.int64)
    )


def fit(ngrams: list[list[int]], labels: np.ndarray, **more) -> linear.LinearModel:
    wanted = {"classes": CLASSES, "most": BUCKETS, "penalty": 0.5, "seed": 1, **more}
    model = linear.fit(counted(ngrams), labels, **wanted)
    assert model
    return model


def margins(model: linear.LinearModel, ngrams: list[list[int]]) -> np.ndarray:
    ragged = tf.ragged.constant(ngrams, ragged_rank=1, dtype=tf.int64)
    return LinearScorer(model)(ragged).numpy()


def reference(ngrams: list[list[int]], labels: np.ndarray, asked: list[list[int]]) -> np.ndarray:
    """The same by scikit-learn alone."""
    weighing = TfidfTransformer(sublinear_tf=True).fit(matrix(ngrams))
    solver = LinearSVC(C=0.5, random_state=1)
    solver.fit(weighing.transform(matrix(ngrams)), labels)
    return solver.decision_function(weighing.transform(matrix(asked)))


def test_the_margins_are_those_of_scikit_learn() -> None:
    (ngrams, labels), (asked, _) = rows(1), rows(2)
    np.testing.assert_allclose(
        margins(fit(ngrams, labels), asked), reference(ngrams, labels, asked), atol=5e-3
    )


def test_fewer_ngrams_get_weights_where_classes_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    ngrams, labels = rows(1)
    monkeypatch.setattr(linear, "MAX_WEIGHTS", 7 * CLASSES + CLASSES - 1)
    few = fit(ngrams, labels)
    assert few.weights.shape == (7, CLASSES)
    np.testing.assert_array_equal(few.keys, fit(ngrams, labels, most=7).keys)


@given(
    st.sets(st.integers(0, MODULUS - 1), min_size=1, max_size=300),
    st.lists(st.integers(0, MODULUS - 1), max_size=30),
)
def test_hashes_are_found_among_the_keys(keys: set[int], others: list[int]) -> None:
    rising = np.array(sorted(keys), np.int32)
    ones = np.ones(len(rising), np.float32)
    weights = np.arange(1, len(rising) + 1, dtype=np.int16)[:, None]
    step, bias = np.ones(1, np.float32), np.zeros(1, np.float32)
    model = linear.LinearModel(keys=rising, idf=ones, weights=weights, step=step, bias=bias, rows=3)
    asked = [*rising.tolist(), *others]
    places = {key: place for place, key in enumerate(rising.tolist(), start=1)}
    expected = [[places.get(key, 0)] for key in asked]
    np.testing.assert_allclose(margins(model, [[key] for key in asked]), expected)


def test_an_export_holds_the_keys_once_and_numbers_them_where_it_is_loaded(tmp_path: Path) -> None:
    (ngrams, labels), (asked, _) = rows(1), rows(2)
    model = fit(ngrams, labels)
    far = np.arange(MODULUS - 50_000, MODULUS, dtype=np.int32)  # of no row
    rest = {
        part: np.pad(getattr(model, part), [(0, len(far)), *[(0, 0)] * more])
        for part, more in [("idf", 0), ("weights", 1)]
    }
    larger = dataclasses.replace(model, keys=np.append(model.keys, far), **rest)
    scorer, spec = LinearScorer(larger), tf.RaggedTensorSpec([None, None], tf.int64)
    scorer.answer = tf.function(scorer.__call__, input_signature=[spec])
    tf.saved_model.save(scorer, str(tmp_path))
    assert (tmp_path / "saved_model.pb").stat().st_size < far.nbytes
    twice = [tf.saved_model.load(str(tmp_path)) for _ in range(2)]
    question = tf.ragged.constant(asked, ragged_rank=1, dtype=tf.int64)
    for loaded in twice:
        np.testing.assert_array_equal(loaded.answer(question), margins(model, asked))


def test_two_classes_get_opposite_margins() -> None:
    ngrams, labels = rows(3, classes=2)
    found = margins(fit(ngrams, labels), ngrams)
    expected = reference(ngrams, labels, ngrams)
    np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-5)
    np.testing.assert_allclose(found[:, 1], expected, atol=5e-3)


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_class_without_rows_is_never_answered_and_the_others_as_without_it(missing: int) -> None:
    ngrams, labels = rows(4, classes=3)
    with np.errstate(divide="raise", invalid="raise"):
        model = fit(ngrams, np.delete(np.arange(CLASSES), missing)[labels])
    found = margins(model, ngrams)
    assert not (found.argmax(axis=1) == missing).any()
    np.testing.assert_array_equal(found[:, missing], np.full(len(ngrams), linear.NO_MARGIN))
    expected = reference(ngrams, labels, ngrams)
    np.testing.assert_allclose(np.delete(found, missing, axis=1), expected, atol=5e-3)


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


def test_a_seed_gives_the_same_weights_whatever_was_drawn_before() -> None:
    ngrams, labels = rows(10, count=30)  # of fewer rows than n-grams: the solver draws by chance
    first, again, other = (fit(ngrams, labels, seed=seed) for seed in (1, 1, 2))
    assert len(first.keys) > len(ngrams)
    np.testing.assert_array_equal(again.weights, first.weights)
    assert np.any(other.weights != first.weights)


def test_log_count_ratios_are_those_of_the_formula() -> None:
    found = linear.log_count_ratio(matrix([[1, 2], [1], [2, 3]]), np.array([True, True, False]))
    mine, others = np.ones(BUCKETS), np.ones(BUCKETS)
    mine[[1, 2]] += [2, 1]
    others[[2, 3]] += 1
    np.testing.assert_allclose(found, np.log(mine / mine.sum() / (others / others.sum())))


@pytest.mark.parametrize("classes", [2, CLASSES])
def test_the_ratios_end_in_the_weights(classes: int) -> None:
    """What is answered is what scikit-learn answers on the columns weighed for each class."""
    (ngrams, labels), (asked, _) = rows(11, classes=classes), rows(12, classes=classes)
    model = fit(ngrams, labels, naive_bayes=True)
    table = linear.weighed(counted(ngrams), model.keys, model.idf)
    asked_table = linear.weighed(counted(asked), model.keys, model.idf)
    for label in range(1, classes):
        ratio = sparse.diags(linear.log_count_ratio(table, labels == label))
        solver = LinearSVC(C=0.5, random_state=1).fit(table @ ratio, labels == label)
        expected = solver.decision_function(asked_table @ ratio)
        np.testing.assert_allclose(margins(model, asked)[:, label], expected, atol=5e-3)


def test_weights_are_rounded_to_the_nearest_step() -> None:
    ngrams, labels = rows(13)
    model = fit(ngrams, labels)
    table = linear.weighed(counted(ngrams), model.keys, model.idf)
    for label in range(CLASSES):
        solver = LinearSVC(C=0.5, random_state=1).fit(table, labels == label)
        off = np.abs(model.weights[:, label] - solver.coef_[0] / model.step[label])
        assert off.max() < 0.51


def test_the_export_holds_two_bytes_a_weight() -> None:
    scorer = LinearScorer(fit(*rows(8)))
    kinds = sorted(variable.dtype.name for variable in scorer.variables)
    assert kinds == ["float32", "float32", "float32", "int16", "int32"]


def test_rare_ngrams_and_those_beyond_the_most_get_no_weight() -> None:
    ngrams = [[1, 2, 7], [1, 2, 3], [1, 3, 3, 7], [1, 2, 3, 9]]
    labels = np.array([0, 1, 0, 1])
    assert fit(ngrams, labels).keys.tolist() == [1, 2, 3]
    assert fit(ngrams, labels, most=1).keys.tolist() == [1]


def test_ngrams_that_no_row_of_train_had_do_not_count() -> None:
    model = fit(*rows(9))
    np.testing.assert_allclose(margins(model, [[3, 900, 4]]), margins(model, [[3, 4]]), atol=1e-6)


def test_ngrams_that_are_not_kept_leave_the_others_alone() -> None:
    keys, idf = np.array([2, 5], np.int32), np.ones(2, np.float32)
    found = linear.weighed(counted([[1, 2, 3, 5, 9], [3], [5, 7]]), keys, idf)
    np.testing.assert_allclose(found.toarray(), [[0.5**0.5, 0.5**0.5], [0, 0], [0, 1]])


@pytest.mark.parametrize(
    ("ngrams", "labels"), [([[1], [1], [1]], [2, 2, 2]), ([[1], [2]], [0, 1]), ([], [])]
)
def test_where_nothing_can_be_told_apart_there_is_no_channel(
    ngrams: list[list[int]], labels: list[int]
) -> None:
    found = linear.NgramCounts(
        ids=np.array([i for row in ngrams for i in row], np.int32),
        counts=np.ones(sum(map(len, ngrams)), np.float32),
        lengths=np.array([len(row) for row in ngrams], np.int64),
    )
    ids = np.array(labels, np.int64)
    assert linear.fit(found, ids, classes=3, most=9, penalty=0.5, seed=1) is None


def test_counts_are_read_from_the_labelled_rows(transformed) -> None:
    spec = transformed.output.transformed_feature_spec()
    found, labels = read_ngrams([transformed.patterns["train"]], spec)
    written = [row for row in transformed.rows("train", "ngrams") if row[1] >= 0]
    assert labels.tolist() == [label for _, label in written]
    starts = np.cumsum([0, *found.lengths])
    for (ngrams, _), start, end in zip(written, starts, starts[1:], strict=False):
        ids, counts = np.unique(ngrams, return_counts=True)
        np.testing.assert_array_equal(found.ids[start:end], ids)
        np.testing.assert_array_equal(found.counts[start:end], counts)


def test_no_more_rows_are_read_than_the_channel_learns_from(
    transformed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linear, "MAX_ROWS", 10)
    spec = transformed.output.transformed_feature_spec()
    found, labels = read_ngrams([transformed.patterns["train"]], spec)
    assert len(found.lengths) == len(labels) == 10


def test_no_more_parts_are_read_once_there_are_ngrams_enough(
    transformed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_rows() -> int:
        spec = transformed.output.transformed_feature_spec()
        return len(read_ngrams([transformed.patterns["train"]], spec)[1])

    monkeypatch.setattr(channels, "PARSED_ROWS", 8)
    monkeypatch.setattr(linear, "MAX_NGRAMS", 1)
    few = read_rows()
    monkeypatch.setattr(linear, "MAX_NGRAMS", 10**9)
    assert 0 < few <= 8 < read_rows()
