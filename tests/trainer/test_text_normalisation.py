"""The two normalisations, in Python and in the graph, say the same."""

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import normalisation, text

FAMILY = "👨‍👩‍👧‍👦"
CASES = {
    "jamo": ("ㅋㅋㅋㅋㅋ", "ㅋㅋㅋ"),
    "few jamo": ("ㅋㅋ 네", "ㅋㅋ 네"),
    "each run on its own": ("와아아아아!!!!! 대박ㅠㅠㅠㅠ", "와아아아!!! 대박ㅠㅠㅠ"),
    "a run across a blank": ("ㅋㅋㅋ ㅋㅋㅋ", "ㅋㅋㅋ ㅋㅋㅋ"),
    "NFD": (unicodedata.normalize("NFD", "각각각각 값이 얼마예요"), "각각각 값이 얼마예요"),
    "emoji joined to one": (f"{FAMILY} 가족", f"{FAMILY} 가족"),
    "emoji in a row": ("🎁🎁🎁🎁", "🎁🎁🎁"),
    "mixed script": ("iPhone15プロ 배송", "iPhone15プロ 배송"),
    "10 kB of one letter": ("가" * 3_500, "가가가"),
    "10 kB of words": ("배송 " * 2_500, ("배송 " * 2_500).strip()),
    "empty": ("", ""),
    "blanks only": (" \t\r\n\u3000\u00a0", ""),
    "zero-width only": ("\u200b\ufeff", ""),
    "blanks at the ends and within": ("\u3000환불 \n\n 주세요\t", "환불 주세요"),
    "NUL": ("환\x00불", "환 불"),
    "a noncharacter": ("환\ufffe불\U0010ffff", "환\ufffd불\ufffd"),
    "noncharacters in a row are one character": (
        "\ufdd0\ufffe\uffff\U0010ffff\U0001fffe",
        "\ufffd" * 3,
    ),
    "four blanks become one before runs are cut": ("가 가 가    가", "가 가 가 가"),
}


def in_graph(texts: list[str] | list[bytes]) -> list[str]:
    return [found.decode() for found in normalisation.normalise(tf.constant(texts)).numpy()]


@pytest.mark.parametrize(("raw", "expected"), CASES.values(), ids=CASES.keys())
def test_both_normalisations_agree_on_an_edge_case(raw: str, expected: str) -> None:
    assert text.normalise(raw) == expected
    assert in_graph([raw]) == [expected]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), min_size=1, max_size=8))
def test_both_normalisations_agree_on_any_text_and_rows_do_not_touch(texts: list[str]) -> None:
    assert in_graph(texts) == [text.normalise(raw) for raw in texts]


REPEATS = st.text(
    st.sampled_from("ㅋ가각ᄀ\u1161\u11a8\u0301a \u200b\ufffe\uffff🎁\u200d\x00\x85"), max_size=30
)


@settings(max_examples=300, deadline=None)
@given(REPEATS)
def test_both_normalisations_agree_on_runs_of_marks_jamo_and_blanks(raw: str) -> None:
    assert in_graph([raw]) == [text.normalise(raw)]


@given(st.one_of(REPEATS, st.text(st.characters(blacklist_categories=["Cs"]))))
def test_no_character_stands_more_often_in_a_row_than_allowed(raw: str) -> None:
    found = text.normalise(raw)
    runs = zip(*(found[i:] for i in range(text.MAX_REPEATS + 1)), strict=False)
    assert not [run for run in runs if len(set(run)) == 1]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("환불".encode("cp949"), "ȯ\ufffd\ufffd"),
        ("환불".encode()[:-1], "환\ufffd"),
        (b"\xed\xa0\x80 \xea\xb0\x80", "\ufffd\ufffd\ufffd 가"),
    ],
    ids=["bytes of no encoding", "cp949", "a letter cut in two", "a lone surrogate"],
)
def test_the_graph_replaces_bytes_that_are_no_utf8(raw: bytes, expected: str) -> None:
    assert in_graph([raw]) == [expected]


def test_a_bad_row_leaves_its_neighbours_alone() -> None:
    rows = ["가".encode(), b"\xff", "ㅋㅋㅋㅋ".encode(), b"", "ㅋ".encode()]
    assert in_graph(rows) == ["가", "\ufffd", "ㅋㅋㅋ", "", "ㅋ"]


def test_no_rows_at_all_give_no_rows() -> None:
    assert normalisation.normalise(tf.constant([], tf.string)).shape == [0]
