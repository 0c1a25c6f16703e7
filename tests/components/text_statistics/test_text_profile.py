"""The profile against a table of edge cases and against a slow reference."""

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.text_statistics.characters import Kind, kinds
from components.text_statistics.columns import SCRIPTS
from components.text_statistics.profile import Profile, Profiler

KINDS = {
    "가": "hangul",
    "힣": "hangul",
    "ㅋ": "jamo",
    "ㅠ": "jamo",
    "ᄀ": "jamo",
    "ᅡ": "jamo",
    "ᆨ": "jamo",
    "ﾡ": "jamo",
    "a": "latin",
    "É": "latin",
    "Ａ": "latin",
    "7": "digits",
    "②": "digits",
    "漢": "han",
    "〇": "han",
    "𠮷": "han",
    "か": "kana",
    "ー": "kana",
    "ｶ": "kana",
    "😀": "emoji",
    "♥": "emoji",
    "🇰": "emoji",
    "Я": "other",
    "ก": "other",
    "\ufffd": "other",
    "\ue000": "other",
    "!": "mark",
    "~": "mark",
    "\u0301": "mark",
    "\u200d": "mark",
    "\ufe0f": "mark",
    " ": "blank",
    "\n": "blank",
    "\u3000": "blank",
    "\u200b": "blank",
    "\x85": "blank",
}
LETTERS = {"hangul", "jamo", "latin", "han", "kana"}
NO_LETTERS = set("ᅡᆨ〇\ufffd\ue000")
VOCABULARY = "가ㅋa7!漢"

BAD_BYTES = [b"\xff", b"\xed\xa0\x80", b"\xea\xb0", "한글".encode("cp949")]


def profile(*texts: str | bytes, **settings: Any) -> Profile:
    encoded = [text if isinstance(text, bytes) else text.encode() for text in texts]
    return Profiler(**settings).profile(pa.array(encoded, pa.binary()))


def shares(text: str | bytes) -> dict[str, float]:
    numbers = profile(text).numbers
    return {name: round(float(numbers[name][0]), 3) for name in SCRIPTS if numbers[name][0]}


def tokens_by_text(found: Profile) -> list[set[bytes]]:
    ends = np.cumsum(found.distinct_per_text)
    listed = found.distinct.to_pylist()
    return [
        set(listed[end - size : end])
        for end, size in zip(ends, found.distinct_per_text, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("정말 재미있어요!", {"hangul": 1.0}),
        ("ㅋㅋㅋㅋ ㅠㅠ", {"jamo": 1.0}),
        ("최고 ㅋㅋ", {"hangul": 0.5, "jamo": 0.5}),
        (unicodedata.normalize("NFD", "한글"), {"jamo": 1.0}),
        ("BTS 최고 10점", {"latin": 0.375, "hangul": 0.375, "digits": 0.25}),
        ("東京タワー", {"han": 0.4, "kana": 0.6}),
        ("👨‍👩‍👧 👍🏽 ❤️", {"emoji": 1.0}),
        ("Отлично", {"other": 1.0}),
        ("", {}),
        (" \t\u200b\u3000\n", {}),
        ("...!? ~^^", {}),
        (b"\xff\xfe", {"other": 1.0}),
        ("가".encode() + b"\xed\xa0\x80", {"hangul": 0.25, "other": 0.75}),
        ("재밌다".encode("cp949").decode("latin-1"), {"latin": 0.8, "digits": 0.2}),
        ("가a" * 2_500, {"hangul": 0.5, "latin": 0.5}),
    ],
)
def test_a_script_has_its_share_of_the_characters_that_count(
    text: str | bytes, expected: dict[str, float]
) -> None:
    assert shares(text) == expected


@pytest.mark.parametrize(
    ("text", "characters", "tokens"),
    [
        ("", 0, 0),
        ("   ", 3, 0),
        ("영화", 2, 1),
        (" 이 영화 ", 6, 2),
        ("좋아요!! 추천", 8, 2),
        ("하나\u200b둘\u3000셋", 6, 3),
        ("👨‍👩‍👧", 5, 1),
        (b"\xff", 1, 1),
        ("가나 " * 3_413, 10_239, 3_413),
    ],
)
def test_lengths_are_code_points_and_runs_between_blanks(
    text: str | bytes, characters: int, tokens: int
) -> None:
    numbers = profile(text).numbers
    assert (numbers["characters"][0], numbers["tokens"][0]) == (characters, tokens)


@pytest.mark.parametrize(
    ("text", "near_empty"),
    [
        ("", True),
        ("ㅋ", True),
        ("10점!!", True),
        ("👍👍👍", True),
        (unicodedata.normalize("NFD", "각"), True),
        (unicodedata.normalize("NFD", "각시"), False),
        ("ㅋㅋ", False),
        ("ok", False),
        ("좋다", False),
    ],
)
def test_a_text_with_fewer_than_two_letters_is_near_empty(text: str, near_empty: bool) -> None:
    assert profile(text).flags["near_empty"].tolist() == [near_empty]


def test_a_text_is_over_long_from_the_first_character_above_the_limit() -> None:
    found = profile("가" * 10, "가" * 11, most_characters=10)
    assert found.flags["over_long"].tolist() == [False, True]


def test_out_of_vocabulary_is_the_share_of_characters_that_the_vocabulary_lacks() -> None:
    found = profile("가나 다", "가 가", "", vocabulary="가나")
    np.testing.assert_allclose(found.numbers["out_of_vocabulary"], [1 / 3, 0, 0])


def test_without_a_vocabulary_there_is_no_such_column() -> None:
    assert "out_of_vocabulary" not in profile("가").numbers


def test_a_token_that_one_text_repeats_counts_once() -> None:
    found = profile("진짜 진짜 최고", "", "최고 진짜")
    assert found.distinct_per_text.tolist() == [2, 0, 2]
    assert tokens_by_text(found)[2] == {"최고".encode(), "진짜".encode()}


def test_halves_of_a_character_in_two_texts_do_not_make_one_character() -> None:
    syllable = "가".encode()
    found = profile(syllable[:1], syllable[1:])
    assert found.numbers["characters"].tolist() == [1, 2]
    assert found.numbers["other"].tolist() == [1.0, 1.0]


def test_a_slice_of_a_batch_has_the_profile_of_its_own_texts() -> None:
    texts = pa.array([text.encode() for text in ("가나다", "ab", "1")])
    assert Profiler().profile(texts[1:]).numbers["characters"].tolist() == [2, 1]


def test_an_empty_batch_has_an_empty_profile() -> None:
    found = profile()
    assert found.numbers["characters"].size == found.distinct_per_text.size == 0
    assert len(found.distinct) == 0


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        ("HANGUL SYLLABLE ", Kind.HANGUL),
        ("HANGUL CHOSEONG ", Kind.JAMO),
        ("HANGUL JUNGSEONG ", Kind.JAMO),
        ("HANGUL JONGSEONG ", Kind.JAMO),
        ("HANGUL LETTER ", Kind.JAMO),
        ("HALFWIDTH HANGUL ", Kind.JAMO),
        ("CJK UNIFIED IDEOGRAPH-", Kind.HAN),
        ("HIRAGANA LETTER ", Kind.KANA),
        ("KATAKANA LETTER ", Kind.KANA),
        ("LATIN SMALL LETTER ", Kind.LATIN),
        ("LATIN CAPITAL LETTER ", Kind.LATIN),
        ("CYRILLIC SMALL LETTER ", Kind.OTHER),
    ],
)
def test_all_letters_of_a_script_are_of_its_kind(beginning: str, kind: Kind) -> None:
    codes = [
        code
        for code in range(0x32000)
        if unicodedata.name(chr(code), "").startswith(beginning)
        and unicodedata.category(chr(code))[0] == "L"
    ]
    assert set(kinds()[codes]) == {kind}


pieces = st.lists(
    st.sampled_from([*(character.encode() for character in KINDS), *BAD_BYTES]), max_size=12
)


@given(st.lists(pieces.map(b"".join), max_size=6))
def test_the_profile_is_that_of_the_slow_reference(texts: list[bytes]) -> None:
    found = profile(*texts, most_characters=8, vocabulary=VOCABULARY)
    for row, (text, tokens) in enumerate(zip(texts, tokens_by_text(found), strict=True)):
        expected = reference(text.decode(errors="replace"))
        assert tokens == expected.pop("distinct")
        measured = {**found.numbers, **found.flags}
        for name, value in expected.items():
            assert measured[name][row] == pytest.approx(value), name


def reference(text: str) -> dict[str, Any]:
    """One text, character by character; cp949's bytes may pass for Cyrillic."""
    named = [KINDS.get(character, "other") for character in text]
    counted = [kind for kind in named if kind in SCRIPTS]
    solid = [character for character, kind in zip(text, named, strict=True) if kind != "blank"]
    spaced = "".join(" " if KINDS.get(c) == "blank" else c for c in text)
    tokens = [token for token in spaced.split(" ") if token]
    letters = [
        character
        for character, kind in zip(text, named, strict=True)
        if kind in LETTERS | {"other"} and character not in NO_LETTERS
    ]
    return {
        "characters": len(text),
        "tokens": len(tokens),
        "distinct": {token.encode() for token in tokens},
        "out_of_vocabulary": sum(c not in VOCABULARY for c in solid) / max(len(solid), 1),
        "near_empty": len(letters) < 2,
        "over_long": len(text) > 8,
        **{name: counted.count(name) / max(len(counted), 1) for name in SCRIPTS},
    }
