"""Hashed character n-grams, against the same hash in plain Python."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.ngrams import LONGEST, MODULUS, MULTIPLIER, hashed_ngrams
from trainer.text import normalise

BUCKETS = 1_000


def hashed(ngram: str) -> int:
    value = 0
    for place, character in enumerate(ngram, start=1):
        value = (value * MULTIPLIER + ord(character) + place) % MODULUS
    return value % BUCKETS


def ngrams(text: str) -> list[str]:
    """Runs of one to four characters of each word, a blank at its edges, blanks alone left out."""
    words = [
        f" {word} "
        for word in tf.strings.lower(normalise(text), "utf-8").numpy().decode().split(" ")
        if word
    ]
    runs = [
        w[i : i + n] for w in words for n in range(1, LONGEST + 1) for i in range(len(w) - n + 1)
    ]
    return [run for run in runs if run != " "]


def found(texts: list[str]) -> list[list[int]]:
    return hashed_ngrams(tf.constant(texts, tf.string), buckets=BUCKETS).to_list()


def test_the_ngrams_of_a_short_text_are_these() -> None:
    assert sorted(ngrams("가 Ab")) == sorted(
        ["가", " 가", "가 ", " 가 ", "a", "b", " a", "ab", "b ", " ab", "ab ", " ab "]
    )


def test_every_text_has_the_ngrams_of_its_words(edge_texts: list[str]) -> None:
    for text, row in zip(edge_texts, found(edge_texts), strict=True):
        assert sorted(row) == sorted(map(hashed, ngrams(text)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4))
def test_any_texts_have_the_ngrams_of_their_words(texts: list[str]) -> None:
    expected = [sorted(map(hashed, ngrams(text))) for text in texts]
    assert [sorted(row) for row in found(texts)] == expected


def test_ngrams_do_not_run_from_one_row_into_the_next() -> None:
    assert found(["가나", "다라"])[0] == found(["가나"])[0]


@pytest.mark.parametrize("text", ["", " ", "\t\n\u3000", "\u200b"])
def test_a_text_without_words_has_no_ngrams(text: str) -> None:
    assert found([text]) == [[]]


def test_case_makes_no_difference() -> None:
    assert found(["iPhone"]) == found(["IPHONE"])


def test_hashes_spread_over_the_buckets() -> None:
    """Of 20,000 different syllable pairs about as many share a bucket as with random numbers."""
    first, second = range(0xAC00, 0xAC00 + 200), range(0xB000, 0xB000 + 100)
    texts = [chr(a) + chr(b) for a in first for b in second]
    buckets = 2**18
    rows = hashed_ngrams(tf.constant(texts), buckets=buckets)
    whole = [row[-1] for row in rows.to_list()]
    pairs = dict.fromkeys(np.unique(np.concatenate(rows.to_list())))
    assert len(whole) == len(texts)
    assert len(pairs) > 0.9 * buckets * (1 - np.exp(-4 * len(texts) / buckets))
