"""Hashed character n-grams, against the same hash in plain Python."""

import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import normalisation
from trainer.ngrams import LONGEST, MODULUS, MULTIPLIER, hashed_ngrams
from trainer.text import normalise


def hashed(ngram: str) -> int:
    terms = (ord(c) * MULTIPLIER**place for place, c in enumerate(ngram, start=1))
    return sum(terms) % MODULUS


def small(character: str) -> str:
    """Simple case folding: what folds to several characters, as ß, becomes small instead."""
    folded = character.casefold()
    return folded if len(folded) == 1 else character.lower()[0]


def ngrams(text: str) -> list[str]:
    """Runs of one to five characters, a blank at each end, those that are all blank left out."""
    padded = f" {''.join(map(small, normalise(text)))} "
    sizes = range(1, LONGEST + 1)
    runs = [padded[i : i + n] for n in sizes for i in range(len(padded) - n + 1)]
    return [run for run in runs if run.strip(" ")]


def found(texts: list[str]) -> list[list[int]]:
    return hashed_ngrams(normalisation.normalise(tf.constant(texts, tf.string))).to_list()


def test_the_ngrams_of_a_short_text_are_these() -> None:
    assert sorted(ngrams("안 Ab")) == sorted(
        [
            *("안", "a", "b"),
            *(" 안", "안 ", " a", "ab", "b "),
            *(" 안 ", "안 a", " ab", "ab "),
            *(" 안 a", "안 ab", " ab "),
            *(" 안 ab", "안 ab "),
        ]
    )


def test_every_text_has_its_ngrams(edge_texts: list[str]) -> None:
    for text, row in zip(edge_texts, found(edge_texts), strict=True):
        assert sorted(row) == sorted(map(hashed, ngrams(text)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4))
def test_any_texts_have_their_ngrams(texts: list[str]) -> None:
    expected = [sorted(map(hashed, ngrams(text))) for text in texts]
    assert [sorted(row) for row in found(texts)] == expected


def test_the_highest_code_points_are_hashed_to_the_last_bit() -> None:
    letters = [sys.maxunicode - 2 - place for place in range(40)]  # the last two are no characters
    text = "".join(map(chr, letters))
    assert sorted(found([text])[0]) == sorted(map(hashed, ngrams(text)))


def test_ngrams_do_not_run_from_one_row_into_the_next() -> None:
    assert found(["가나", "다라"])[0] == found(["가나"])[0]


@pytest.mark.parametrize("text", ["", " ", "\t\n\u3000", "\u200b"])
def test_a_text_of_blanks_has_no_ngrams(text: str) -> None:
    assert found([text]) == [[]]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("iPhone", "IPHONE"),
        ("istanbul", "İSTANBUL"),
        ("οδος", "ΟΔΟΣ"),
        ("straße", "STRAẞE"),
        ("привет", "ПРИВЕТ"),
        ("\U0001e922\U0001e943", "\U0001e900\U0001e921"),  # Adlam, the last letters with case
    ],
)
def test_case_makes_no_difference(text: str, other: str) -> None:
    assert found([text]) == found([other])


def test_all_cases_are_folded_and_nothing_else() -> None:
    points = [*range(ord("!"), 0xD800), *range(0xE000, 0x20000), sys.maxunicode]
    _, _, alone, _ = np.reshape(
        hashed_ngrams(tf.constant(list(map(chr, points)))).flat_values, [-1, 4]
    ).T
    assert alone.tolist() == [hashed(small(chr(point))) for point in points]


def test_no_op_asks_for_the_locale_which_need_not_be_the_same_where_a_model_serves() -> None:
    texts = tf.TensorSpec([None], tf.string)
    graph = tf.function(hashed_ngrams).get_concrete_function(texts).graph
    assert not [op for op in graph.get_operations() if op.type in ("StringLower", "StringUpper")]


def test_hashes_spread_as_random_numbers_do() -> None:
    first, second = range(0xAC00, 0xAC00 + 200), range(0xB000, 0xB000 + 100)
    texts = [chr(a) + chr(b) for a in first for b in second]
    different = {ngram for text in texts for ngram in ngrams(text)}
    hashes = np.unique(hashed_ngrams(tf.constant(texts)).flat_values)
    buckets = 2**18
    filled = buckets * (1 - np.exp(-len(different) / buckets))
    assert len(hashes) >= len(different) - 8
    assert len(np.unique(hashes % buckets)) > 0.98 * filled
