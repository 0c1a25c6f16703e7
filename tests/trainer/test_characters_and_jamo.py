"""Characters and jamo: the graph's ops cut a text as their twins in plain Python do."""

import time
import unicodedata
from collections.abc import Callable

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import characters, text
from trainer.normalisation import normalise
from trainer.vocabulary import UNKNOWN_ID

Cut = Callable[[tf.Tensor], tf.RaggedTensor]

MAX_SECONDS_OF_100_LONG_ROWS = 5.0
FAMILY = ["👨", "\u200d", "👩", "\u200d", "👧"]
CASES = {
    "words keep the blank between them": ("새 옷", ["새", " ", "옷"], "ᄉ ᅢ _ ᄋ ᅩ ᆺ"),
    "no coda, one, and two in one": ("가 각 값", ["가", " ", "각", " ", "값"], "ᄀ ᅡ _ ᄀ ᅡ ᆨ _ ᄀ ᅡ ᆹ"),
    "the first and the last syllable": ("가힣", ["가", "힣"], "ᄀ ᅡ ᄒ ᅵ ᇂ"),
    "laughing": ("ㅋㅋㅋ", ["ㅋ"] * 3, "ㅋ ㅋ ㅋ"),
    "laughing on": ("ㅋㅋㅋㅋㅋㅋ", ["ㅋ"] * 3, "ㅋ ㅋ ㅋ"),
    "crying": ("ㅠㅠ", ["ㅠ"] * 2, "ㅠ ㅠ"),
    "a laugh is no onset": ("코ㅋ", ["코", "ㅋ"], "ᄏ ᅩ ㅋ"),
    "conjoining jamo alone stay as they are": ("ᄏᄏ", ["ᄏ", "ᄏ"], "ᄏ ᄏ"),
    "NFD": (unicodedata.normalize("NFD", "값싼"), ["값", "싼"], "ᄀ ᅡ ᆹ ᄊ ᅡ ᆫ"),
    "accents stay composed": (
        unicodedata.normalize("NFD", "café ぱ"),
        [*"café", " ", "ぱ"],
        "c a f é _ ぱ",
    ),
    "a family of emoji": ("".join(FAMILY), FAMILY, " ".join(FAMILY)),
    "a flag": ("🇰🇷", ["🇰", "🇷"], "🇰 🇷"),
    "a skin tone": ("👍🏽", ["👍", "🏽"], "👍 🏽"),
    "a heart in colour": ("❤️", ["❤", "\ufe0f"], "❤ \ufe0f"),
    "mixed script": ("A4용지 プロ", [*"A4용지", " ", *"プロ"], "A 4 ᄋ ᅭ ᆼ ᄌ ᅵ _ プ ロ"),
    "half-width forms stay": ("ｶﾞ ﾡ", ["ｶ", "ﾞ", " ", "ﾡ"], "ｶ ﾞ _ ﾡ"),
    "letters of old Hangul": ("ᄒᆞᆫ글", ["ᄒ", "ᆞ", "ᆫ", "글"], "ᄒ ᆞ ᆫ ᄀ ᅳ ᆯ"),
    "Chinese characters": ("大韓", ["大", "韓"], "大 韓"),
    "NUL parts": ("가\x00나", ["가", " ", "나"], "ᄀ ᅡ _ ᄂ ᅡ"),
    "a noncharacter": ("가\ufffe", ["가", "\ufffd"], "ᄀ ᅡ \ufffd"),
    "empty": ("", [], ""),
    "blanks only": (" \u3000\u200b\t", [], ""),
    "the special tokens spelt out": ("[UNK]", [*"[UNK]"], "[ U N K ]"),
}


def jamo_of(line: str) -> list[str]:
    return [" " if token == "_" else token for token in line.split()]


def cut(function: Cut, *texts: str | bytes) -> list[list[str]]:
    rows = function(normalise(tf.constant(texts, tf.string))).to_list()
    return [[token.decode() for token in row] for row in rows]


@pytest.mark.parametrize(("raw", "expected", "_"), CASES.values(), ids=CASES.keys())
def test_a_text_becomes_its_characters(raw: str, expected: list[str], _: str) -> None:
    assert text.characters(raw) == expected
    assert cut(characters.split_characters, raw) == [expected]


@pytest.mark.parametrize(("raw", "_", "expected"), CASES.values(), ids=CASES.keys())
def test_a_text_becomes_its_jamo(raw: str, _: list[str], expected: str) -> None:
    assert text.jamo(raw) == jamo_of(expected)
    assert cut(characters.split_jamo, raw) == [jamo_of(expected)]


ANY_TEXTS = st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=1, max_size=6)
HANGUL = st.text(
    st.one_of(
        st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
        st.characters(min_codepoint=0x1100, max_codepoint=0x11FF),
        st.sampled_from("ㅋㅠ aé\u0301\u200d\ufe0f🇰\u3000\x00\ud7a4\uabff"),
    ),
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(ANY_TEXTS, st.lists(HANGUL, min_size=1, max_size=6)))
def test_graph_and_python_agree_on_any_text_and_rows_do_not_touch(texts: list[str]) -> None:
    assert cut(characters.split_characters, *texts) == [text.characters(raw) for raw in texts]
    assert cut(characters.split_jamo, *texts) == [text.jamo(raw) for raw in texts]


@given(HANGUL)
def test_jamo_put_together_are_the_normalised_text(raw: str) -> None:
    assert unicodedata.normalize("NFC", "".join(text.jamo(raw))) == text.normalise(raw)


def test_every_syllable_comes_apart_as_unicode_says() -> None:
    syllables = [chr(code) for code in range(0xAC00, 0xD7A4)]
    expected = [list(unicodedata.normalize("NFD", syllable)) for syllable in syllables]
    assert cut(characters.split_jamo, *syllables) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xff\xfe", ["\ufffd", "\ufffd"]),
        ("환불".encode()[:-1], ["ᄒ", "ᅪ", "ᆫ", "\ufffd"]),
        (b"\xed\xa0\x80 \xea\xb0\x80", ["\ufffd", "\ufffd", "\ufffd", " ", "ᄀ", "ᅡ"]),
        ("불".encode("cp949"), ["\ufffd", "\ufffd"]),
    ],
    ids=["bytes of no encoding", "a letter cut in two", "a lone surrogate", "cp949"],
)
def test_bytes_that_are_no_utf8_become_replacement_characters(
    raw: bytes, expected: list[str]
) -> None:
    assert cut(characters.split_jamo, raw, "옷") == [expected, ["ᄋ", "ᅩ", "ᆺ"]]


@pytest.mark.parametrize("function", [characters.split_characters, characters.split_jamo])
def test_no_rows_at_all_give_no_rows(function: Cut) -> None:
    assert cut(function) == []


@pytest.mark.parametrize(
    ("function", "tokens"), [(characters.split_characters, 7_499), (characters.split_jamo, 14_999)]
)
def test_rows_of_10_kb_are_cut_up_whole_and_quickly(function: Cut, tokens: int) -> None:
    rows = tf.constant(["배송 " * 2_500] * 100)
    started = time.perf_counter()
    lengths = function(normalise(rows)).row_lengths().numpy()
    assert time.perf_counter() - started < MAX_SECONDS_OF_100_LONG_ROWS
    assert lengths.tolist() == [tokens] * 100


def test_ids_are_lines_of_the_vocabulary_and_what_it_lacks_is_unknown(tmp_path) -> None:
    listed = ["[PAD]", "[UNK]", " ", "ᄋ", "ᅩ", "ㅋ"]
    path = tmp_path / "subwords"
    path.write_text("".join(f"{token}\n" for token in listed), "utf-8")
    vocabulary = tf.constant(str(path))

    # TFT notes a lookup in the graph that it stands in, and fails on those noted outside of any.
    @tf.function(autograph=False)
    def encoder(texts: tf.Tensor) -> tf.RaggedTensor:
        return characters.encode(characters.split_jamo(normalise(texts)), vocabulary)

    found = encoder(tf.constant(["옷 ㅋ", "", "[PAD]", "오"]))
    assert found.to_list() == [[3, 4, UNKNOWN_ID, 2, 5], [], [UNKNOWN_ID] * 5, [3, 4]]
