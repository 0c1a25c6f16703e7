"""What the vocabulary holds, from word counts."""

import random
import tempfile
from pathlib import Path

import pytest

from trainer import vocabulary
from trainer.vocabulary import PADDING, PADDING_ID, SUFFIX, UNKNOWN, UNKNOWN_ID, learn_subwords

COUNTS = {
    "배송": 50,
    "배송이": 30,
    "환불": 40,
    "환불해": 12,
    "늦네요": 9,
    "주세요": 25,
    "ㅋㅋㅋ": 8,
}


def words(letters: int, *, n: int) -> dict[str, int]:
    """Some `n` words of `letters` different syllables, the same in every call."""
    drawn = random.Random(3)
    alphabet = [chr(ord("가") + i) for i in range(letters)]
    return {
        "".join(drawn.choices(alphabet, k=drawn.randint(1, 4))): drawn.randint(1, 20)
        for _ in range(n)
    }


def test_padding_is_0_and_unknown_is_1() -> None:
    learnt = learn_subwords(COUNTS, size=64)
    assert (learnt[PADDING_ID], learnt[UNKNOWN_ID]) == (PADDING, UNKNOWN)
    assert (PADDING_ID, UNKNOWN_ID) == (0, 1)


def test_frequent_words_become_one_piece() -> None:
    assert {"배송", "환불", "주세요"} <= set(learn_subwords(COUNTS, size=64))


@pytest.mark.parametrize("most", ["배송", "환불", "교환"])
def test_the_most_frequent_word_is_merged_before_the_others(most: str) -> None:
    counts = {"배송": 1, "환불": 1, "교환": 1} | {most: 3}
    learnt = learn_subwords(counts, size=9)
    assert [piece for piece in learnt[2:] if len(piece.removeprefix(SUFFIX)) > 1] == [most]


def test_every_character_stands_in_both_forms() -> None:
    learnt = set(learn_subwords(COUNTS, size=64))
    characters = set("".join(COUNTS))
    assert characters <= learnt
    assert {SUFFIX + character for character in characters} <= learnt


def test_pieces_hold_characters_of_the_corpus_alone() -> None:
    bare = (piece.removeprefix(SUFFIX) for piece in learn_subwords(COUNTS, size=64)[2:])
    assert set("".join(bare)) == set("".join(COUNTS)), "no mark of the learner's own"


def test_the_rarest_character_stands_beside_a_hundred_thousand_others() -> None:
    assert "뷁" in learn_subwords({"배송": 100_000, "뷁": 1}, size=64)


def test_the_order_of_the_counts_makes_no_difference() -> None:
    counts = words(60, n=2_000)
    turned = dict(reversed(counts.items()))
    assert learn_subwords(turned, size=200) == learn_subwords(counts, size=200)


def test_no_piece_stands_twice() -> None:
    learnt = learn_subwords(words(60, n=2_000), size=200)
    assert len(learnt) == len(set(learnt))


def test_pieces_keep_to_the_size_when_a_character_counts_once() -> None:
    starting_alike = {f"가{word}": count for word, count in words(60, n=2_000).items()}
    learnt = learn_subwords(starting_alike, size=200)
    assert 190 < len(learnt) - len([PADDING, UNKNOWN]) - 60 <= 200


def test_characters_alone_that_exceed_the_size_leave_room_to_the_most_frequent() -> None:
    counts = {chr(ord("가") + i): 1_000 - i for i in range(500)}
    learnt = learn_subwords(counts, size=64)
    starts = [piece for piece in learnt[2:] if not piece.startswith(SUFFIX)]
    assert sorted(starts) == [chr(ord("가") + i) for i in range(32)]


def test_a_word_with_a_rare_character_still_teaches_its_other_parts() -> None:
    assert vocabulary.learnable_words({"배송뷁환불": 3, "배송환불": 7}, characters=4) == {
        "배송": 3,
        "환불": 3,
        "배송환불": 7,
    }


@pytest.mark.parametrize("reserved", ["▁", "▅"])
def test_a_character_that_the_learner_keeps_to_itself_is_left_out(reserved: str) -> None:
    assert learn_subwords({reserved: 90}, size=64) == [PADDING, UNKNOWN]
    learnt = learn_subwords({reserved: 90, f"배송{reserved}환불": 40}, size=64)
    assert {"배송", "환불"} <= set(learnt)
    assert not [piece for piece in learnt if reserved in piece]
    counts = {reserved: 90, "배송": 40}
    assert vocabulary.learnable_words(counts, characters=2) == {"배송": 40}, "it takes no place"


def test_the_longest_words_teach_their_pieces() -> None:
    longest = "𐌰" * vocabulary.MAX_WORD
    assert len(longest.encode()) == vocabulary.MAX_WORD_BYTES
    assert "𐌰" in learn_subwords({longest: 5}, size=64)


def test_temporary_files_may_have_any_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "a, b"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert "배송" in learn_subwords(COUNTS, size=64)


def test_a_corpus_without_words_yields_padding_and_unknown() -> None:
    assert learn_subwords({}, size=64) == [PADDING, UNKNOWN]


def test_the_order_of_the_counts_does_not_matter() -> None:
    counts = words(200, n=2_000)
    backwards = dict(reversed(counts.items()))
    assert learn_subwords(counts, size=150) == learn_subwords(backwards, size=150)


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("▁배송", ["배송"]),
        ("배송", ["##배송"]),
        ("▁배", ["배", "##배"]),
        ("배", ["배", "##배"]),
        ("▁", []),
        ("🎁", ["🎁", "##🎁"]),
        ("▁##", ["##"]),
    ],
)
def test_a_piece_is_rewritten_as_word_pieces(piece: str, expected: list[str]) -> None:
    assert list(vocabulary.word_pieces([piece])) == expected


def test_words_that_spell_the_special_pieces_do_not_move_them() -> None:
    learnt = learn_subwords({PADDING: 9, UNKNOWN: 9, "배송": 1}, size=64)
    assert learnt[:2] == [PADDING, UNKNOWN]
    assert learnt.count(PADDING) == learnt.count(UNKNOWN) == 1
