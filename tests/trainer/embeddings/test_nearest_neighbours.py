"""Nearest neighbours by cosine."""

import numpy as np
import pytest

from trainer.embeddings.neighbours import frequent_words, nearest

SUBWORDS = ["[PAD]", "[UNK]", "최고", "##최고", "쓰레기", "ㅋㅋㅋ", "뷁"]
TABLE = np.array([[0, 0], [5, 0.1], [2, 0], [3, 0.3], [-1, 0.1], [0.5, 0.5], [0, 0]], np.float32)


def test_neighbours_come_by_their_angle_the_nearest_first() -> None:
    found = nearest(TABLE, SUBWORDS, ["최고"], count=2)
    assert [n.subword for n in found["최고"]] == ["##최고", "ㅋㅋㅋ"]
    assert [n.cosine for n in found["최고"]] == pytest.approx([3 / np.hypot(3, 0.3), 0.5**0.5])


def test_special_subwords_and_zero_vectors_are_nobodys_neighbours() -> None:
    found = nearest(TABLE, SUBWORDS, ["최고"])
    assert {n.subword for n in found["최고"]} == {"##최고", "쓰레기", "ㅋㅋㅋ"}


def test_words_that_are_no_subwords_or_have_no_vector_are_left_out() -> None:
    assert list(nearest(TABLE, SUBWORDS, ["없는말", "뷁", "", "ㅋㅋㅋ"])) == ["ㅋㅋㅋ"]


def test_words_to_show_are_the_first_of_two_letters_or_more() -> None:
    subwords = ["[PAD]", "[UNK]", "영", "##화", "영화", "##재밌", "..", "😀😀", "재미", "배우"]
    assert frequent_words(subwords, count=2) == ["영화", "재미"]


def test_words_to_show_may_be_of_any_script() -> None:
    words = ["हिंदी", "น้ำ", "கடை", "שלום", "việt", "配送"]
    assert frequent_words(["[PAD]", "[UNK]", "\u0301!", "#1", *words]) == words
