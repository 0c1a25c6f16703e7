"""The simple models: what they answer, held against scikit-learn's plain ones."""

import unicodedata

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from components.simple_baselines import fitting
from components.simple_baselines.fitting import LINEAR_SVM, MAJORITY, NAIVE_BAYES, answers
from pipeline.demo import corpus

EDGES = ["ㅋㅋㅋㅋㅋㅋ", "", "🙏", "refund 환불!!", "가" * 10_000, "\ud83d", "\x00\u200b"]


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    return [(row.text, row.label) for row, _ in zip(corpus.generate(), range(900), strict=False)]


@pytest.fixture(scope="module")
def found(rows: list[tuple[str, str]]) -> dict[str, fitting.Answers]:
    texts, labels = zip(*rows, strict=True)
    return dict(answers(texts[:700], labels[:700], [*texts[700:], *EDGES]))


def test_the_majority_is_the_most_frequent_label_in_every_row(
    rows: list[tuple[str, str]], found: dict[str, fitting.Answers]
) -> None:
    labels = [label for _, label in rows[:700]]
    most = max(sorted(set(labels)), key=labels.count)
    assert set(found[MAJORITY].labels) == {most}
    assert len(found[MAJORITY].labels) == 200 + len(EDGES)


def plain(name: str) -> object:
    """The same model with a dictionary in place of hashing."""
    if name == NAIVE_BAYES:
        return make_pipeline(CountVectorizer(analyzer=str.split), MultinomialNB())
    ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    return make_pipeline(ngrams, LinearSVC(C=0.5, random_state=1))


@pytest.mark.parametrize("name", [NAIVE_BAYES, LINEAR_SVM])
def test_hashing_answers_as_a_dictionary_does(
    rows: list[tuple[str, str]], found: dict[str, fitting.Answers], name: str
) -> None:
    texts = [fitting.normalise(text) for text, _ in rows]
    labels = [label for _, label in rows]
    expected = plain(name).fit(texts[:700], labels[:700]).predict(texts[700:])  # type: ignore[attr-defined]
    assert (found[name].labels[:200] == expected).mean() > 0.97
    right = {n: (found[n].labels[:200] == np.array(labels[700:])).mean() for n in (MAJORITY, name)}
    assert right[name] > right[MAJORITY] + 0.1


@pytest.mark.parametrize("name", [MAJORITY, NAIVE_BAYES, LINEAR_SVM])
def test_odd_texts_get_a_label_too(found: dict[str, fitting.Answers], name: str) -> None:
    known = set(found[NAIVE_BAYES].labels) | set(found[LINEAR_SVM].labels)
    assert set(found[name].labels[200:]) <= known | {found[MAJORITY].labels[0]}


def test_a_text_in_nfd_is_answered_as_in_nfc(rows: list[tuple[str, str]]) -> None:
    texts, labels = zip(*rows[:300], strict=True)
    decomposed = [unicodedata.normalize("NFD", text) for text in texts[:50]]
    whole = answers(texts, labels, texts[:50])
    apart = answers(texts, labels, decomposed)
    assert all((whole[name].labels == apart[name].labels).all() for name in whole)


def test_the_same_rows_get_the_same_answers(rows: list[tuple[str, str]]) -> None:
    texts, labels = zip(*rows[:200], strict=True)
    once, again = answers(texts, labels, texts), answers(texts, labels, texts)
    assert all((once[name].labels == again[name].labels).all() for name in once)


def test_one_label_alone_leaves_nothing_to_separate() -> None:
    found = answers(["배송이 늦어요", "아직 안 왔어요"], ["배송", "배송"], ["환불해 주세요"])
    assert {name: answer.labels.tolist() for name, answer in found.items()} == {
        name: ["배송"] for name in (MAJORITY, NAIVE_BAYES, LINEAR_SVM)
    }


def test_no_eval_row_is_no_fault() -> None:
    found = answers(["배송이 늦어요", "환불해 주세요"], ["배송", "환불"], [])
    assert all(len(answer.labels) == 0 for answer in found.values())


@pytest.mark.parametrize(("classes", "features"), [(2, 2**20), (31, 2**20), (1_000, 2**16)])
def test_many_labels_take_fewer_features_so_that_memory_is_bounded(
    classes: int, features: int
) -> None:
    assert fitting._features(classes) == features
    assert classes * features <= fitting.MOST_WEIGHTS


def test_seconds_are_measured(found: dict[str, fitting.Answers]) -> None:
    assert all(answer.fit_s >= 0 and answer.predict_s >= 0 for answer in found.values())
    assert found[LINEAR_SVM].fit_s > 0
