"""Training's own answers: how they are drawn, written down and found again by a text."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer import assets
from trainer.batches import parsed
from trainer.golden import EVAL_ROWS, GOLDEN_FILE, Features, Golden, golden_answers, read, write
from trainer.hostile import HOSTILE

TOLERANCE = 1e-6


def bytes_of(texts: list[str]) -> list[bytes]:
    return [text.encode() for text in texts]


@pytest.fixture(scope="module")
def features(transformed) -> Features:
    return Features(transformed.output, "글")


@pytest.fixture(scope="module")
def golden(trained, transformed, features: Features) -> Golden:
    """The train split's answers: it has more rows than the evaluation split."""
    rows = parsed([transformed.patterns["train"]], transformed.output.transformed_feature_spec())
    labels = assets.labels(transformed.output)
    return golden_answers(trained.keras, rows, features=features, labels=labels)


def test_the_features_of_raw_texts_are_those_that_transform_wrote(
    transformed, features: Features, edge_texts: list[str]
) -> None:
    found = features(bytes_of(edge_texts))["tokens"].to_list()
    written = [tokens for tokens, _ in transformed.rows("edge")]
    assert Counter(map(tuple, found)) == Counter(map(tuple, written))


def test_every_hostile_text_and_every_row_is_answered_by_the_trained_model(
    golden: Golden, trained, features: Features, train_texts: list[str]
) -> None:
    texts = [*HOSTILE.values(), *bytes_of(train_texts[:54])]
    keys = features.keys(texts)
    assert set(keys) == set(golden.answers)
    alone = [np.asarray(trained.keras(features([text])))[0] for text in texts]
    np.testing.assert_allclose([golden.answers[key] for key in keys], alone, atol=TOLERANCE)


def test_the_answers_differ_from_row_to_row(golden: Golden) -> None:
    assert len({tuple(np.round(row, 4)) for row in golden.answers.values()}) > 40


def test_texts_with_the_same_features_have_the_same_key_and_others_not(
    features: Features,
) -> None:
    same = features.keys([b"", b"  ", "환불해 주세요".encode(), "환불해  주세요".encode()])
    assert same[0] == same[1] != same[2] == same[3]
    assert features.keys(["환불해 주세요".encode()]) == [same[2]]


def test_what_is_written_reads_back_the_same(golden: Golden, tmp_path: Path) -> None:
    strange = Golden(("줄\u2028바꿈", "\n"), golden.answers)
    write(strange, str(tmp_path))
    assert read(str(tmp_path)) == strange


def test_the_file_holds_keys_and_probabilities_and_no_text(golden: Golden, tmp_path: Path) -> None:
    write(golden, str(tmp_path))
    head, *rows = (tmp_path / GOLDEN_FILE).read_text("utf-8").splitlines()
    assert json.loads(head) == {"labels": ["배송 지연", "칭찬", "환불"]}
    assert all(json.loads(row).keys() == {"key", "probabilities"} for row in rows)
    assert all(len(bytes.fromhex(json.loads(row)["key"])) == 16 for row in rows)


@pytest.mark.parametrize("content", [None, "", '{"labels": ["칭찬"]}\n{"key": "1"}\n', "칭찬"])
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / GOLDEN_FILE).write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"golden\.jsonl: expected .* again from Trainer"):
        read(str(tmp_path))


def ragged(rows: list[list[int]]) -> tf.RaggedTensor:
    return tf.ragged.constant(rows, ragged_rank=1, dtype=tf.int64)


def answers_of(batches: list[list[list[int]]]) -> dict[str, Any]:
    """Answers to rows of tokens; a row's answer is its first token."""
    golden = golden_answers(
        lambda row: row["tokens"].to_tensor()[:, :1],
        [{"tokens": ragged(rows), "label": tf.zeros([len(rows)])} for rows in batches],
        features=lambda texts: {"tokens": ragged([])},
        labels=["하나"],
    )
    return {key: row[0] for key, row in golden.answers.items()}


def test_a_large_split_is_sampled_alike_in_whatever_order_its_rows_lie() -> None:
    rows = [[token] for token in range(2, 2 + 4 * EVAL_ROWS)]
    batches = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    sampled = answers_of(batches)
    assert answers_of([batch[::-1] for batch in batches[::-1]]) == sampled
    assert len(sampled) == EVAL_ROWS
    assert min(sampled.values()) < 100
    assert max(sampled.values()) > 4 * EVAL_ROWS - 100


def test_copies_of_a_row_take_no_other_row_s_place() -> None:
    rows = [[token] for token in range(2, 2 + 4 * EVAL_ROWS)]
    sampled = answers_of([rows])
    often = [[int(first)] for first in sampled.values()][:20]
    assert answers_of([rows, often * 100]) == sampled


def test_a_key_tells_the_features_apart_in_whatever_order_they_come() -> None:
    def key(**features: list[int]) -> str:
        [found] = golden_answers(
            lambda _: np.zeros([1, 1]),
            [{name: ragged([values]) for name, values in features.items()}],
            features=lambda texts: {"tokens": ragged([])},
            labels=["하나"],
        ).answers
        return found

    assert key(ngrams=[1], tokens=[2, 3]) == key(tokens=[2, 3], ngrams=[1])
    assert key(ngrams=[1], tokens=[2, 3]) != key(ngrams=[1, 2], tokens=[3])


def test_a_batch_that_has_lost_all_its_rows_gives_none() -> None:
    assert sorted(answers_of([[[7, 1], [5]], [], [[6]]]).values()) == [5, 6, 7]


def test_the_long_hostile_texts_are_long_and_two_end_inside_a_character() -> None:
    long = [text for text in HOSTILE.values() if len(text) > 1_000]
    assert [len(text) for text in long] == [10_240] * 3
    broken = [name for name, text in HOSTILE.items() if not _is_utf8(text)]
    assert broken == [
        *("10 kB of words", "10 kB in one word"),
        *("invalid UTF-8", "CP949", "a lone surrogate"),
    ]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
