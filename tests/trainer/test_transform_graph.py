"""`preprocessing_fn` through TensorFlow Transform, learnt and applied in Beam."""

from collections import Counter

import tensorflow as tf

from trainer import assets
from trainer.preprocessing import UNKNOWN_LABEL
from trainer.vocabulary import PADDING, UNKNOWN, learn_subwords


def test_label_ids_follow_the_frequency_of_the_labels(transformed) -> None:
    assert assets.labels(transformed.output) == ["배송 지연", "칭찬", "환불"]
    assert Counter(label for _, label in transformed.rows("train")) == {
        0: 24,
        1: 18,
        2: 12,
        UNKNOWN_LABEL: 3,
    }


def test_the_labels_are_counted_without_the_unlabelled_rows(transformed) -> None:
    counts = assets.label_counts(transformed.output)
    assert counts == {"배송 지연": 24, "칭찬": 18, "환불": 12}


def test_a_label_that_train_lacks_is_unknown(transformed) -> None:
    assert sorted(label for _, label in transformed.rows("evaluation")) == [-1, 0, 0, 1, 2]


def test_unlabelled_rows_teach_the_vocabulary(transformed) -> None:
    subwords = assets.subwords(transformed.output)
    assert subwords[:2] == [PADDING, UNKNOWN]
    assert "퀵" in subwords


def test_the_vocabulary_is_the_one_learnt_from_all_words_at_once(transformed, train_texts) -> None:
    from trainer.normalisation import normalise
    from trainer.subwords import split_words

    words = split_words(normalise(tf.constant(train_texts))).flat_values.numpy()
    counts = Counter(word.decode() for word in words)
    assert assets.subwords(transformed.output) == learn_subwords(counts, size=400)


def test_ids_are_positions_in_the_vocabulary_file(transformed) -> None:
    subwords = assets.subwords(transformed.output)
    tokens = [[subwords[i] for i in row] for row, _ in transformed.rows("train")]
    spelt = {"".join(piece.removeprefix("##") for piece in row) for row in tokens}
    assert "택배언제오나요?" in spelt
    assert "노트북최고예요ㅋㅋㅋ" in spelt


def test_texts_of_the_train_split_have_no_unknown_token(transformed) -> None:
    assert not [row for row, _ in transformed.rows("train") if 1 in row]


def test_edge_cases_keep_their_rows_and_the_limit(transformed, edge_texts: list[str]) -> None:
    rows = [tokens for tokens, _ in transformed.rows("edge")]
    assert len(rows) == len(edge_texts)
    assert rows.count([]) == 3
    assert max(map(len, rows)) == 24
    assert not [row for row in rows if 0 in row]
