"""What the vocabularies of characters and of jamo hold, from word counts."""

import pytest

from trainer.vocabulary import BLANK, PADDING, UNKNOWN, learn_characters, learn_jamo

COUNTS = {"옷": 5, "새옷": 3, "ㅋㅋㅋ": 4, "!": 6, "코": 2}


def test_characters_come_by_frequency_after_padding_unknown_and_the_blank() -> None:
    learnt = learn_characters(COUNTS, size=100)
    assert learnt == [PADDING, UNKNOWN, BLANK, "ㅋ", "옷", "!", "새", "코"]


def test_jamo_come_by_frequency_and_a_laugh_is_no_onset() -> None:
    learnt = learn_jamo(COUNTS, size=100)
    assert learnt[:3] == [PADDING, UNKNOWN, BLANK]
    assert learnt[3:] == ["ㅋ", "ᅩ", "ᄋ", "ᆺ", "!", "ᄉ", "ᅢ", "ᄏ"]


@pytest.mark.parametrize("learner", [learn_characters, learn_jamo])
def test_the_rarest_are_left_out_beyond_the_size_and_the_blank_counts(learner) -> None:
    assert len(learner(COUNTS, size=3)) == len([PADDING, UNKNOWN]) + 3
    assert learner(COUNTS, size=3)[2:4] == [BLANK, "ㅋ"]


@pytest.mark.parametrize("learner", [learn_characters, learn_jamo])
def test_no_words_leave_padding_unknown_and_the_blank(learner) -> None:
    assert learner({}, size=100) == [PADDING, UNKNOWN, BLANK]


@pytest.mark.parametrize("learner", [learn_characters, learn_jamo])
def test_a_word_of_10_kb_counts_like_any_other(learner) -> None:
    assert learner({"!?" * 5_000 + "?": 1}, size=100)[3:] == ["?", "!"]
