"""The slices of the eval split: by label, length, side column and script."""

import unicodedata

import pytest

from components.model_gate.slices import (
    MOST_VALUES,
    by_label,
    by_length,
    by_script,
    by_side,
    main_scripts,
)

SCRIPTS = {
    "배송이 너무 늦어요": "hangul",
    unicodedata.normalize("NFD", "환불해 주세요"): "hangul",
    "ㅋㅋㅋ ㅠㅠ": "hangul",
    "KT 인터넷 해지": "hangul",
    "refund please 환불": "latin",
    "2024 11 21": "digits",
    "配送": "han",
    "ありがとう": "kana",
    "🙏🙏": "emoji",
    "спасибо": "other",
    "...!?": "none",
    "": "none",
    "\ud83d": "none",
    "가" * 10_000: "hangul",
}


@pytest.mark.parametrize(("text", "script"), SCRIPTS.items(), ids=lambda value: ascii(value)[:20])
def test_a_text_belongs_to_the_script_of_most_of_its_characters(text: str, script: str) -> None:
    assert main_scripts([text]) == [script]


def test_scripts_of_many_texts_are_those_of_each_alone() -> None:
    assert main_scripts(list(SCRIPTS)) == list(SCRIPTS.values())
    assert main_scripts([]) == []


def test_slices_by_script_hold_every_row_once() -> None:
    found = {s.name: s.rows.tolist() for s in by_script(["네", "ok", "아니요", "!!"])}
    assert found == {"script hangul": [0, 2], "script latin": [1], "script none": [3]}


def test_slices_by_label_are_named_and_in_order() -> None:
    found = [(s.part, s.name, s.rows.tolist()) for s in by_label(["환불", "배송", "환불"])]
    assert found == [("label", "label '배송'", [1]), ("label", "label '환불'", [0, 2])]


def test_slices_by_length_take_the_bounds_as_first_lengths() -> None:
    texts = ["가" * length for length in (1, 9, 10, 19, 20, 500)]
    found = {s.name: s.rows.tolist() for s in by_length(texts, (10, 20))}
    assert found == {"length 0-9": [0, 1], "length 10-19": [2, 3], "length 20+": [4, 5]}


def test_an_empty_range_of_lengths_is_no_slice() -> None:
    assert [s.name for s in by_length(["가" * 30], (10, 20))] == ["length 20+"]


def test_slices_by_side_columns_leave_rows_without_a_value_out() -> None:
    columns = {"channel": ["app", "", "web", "app"], "year": ["2024"] * 4}
    found = {s.name: s.rows.tolist() for s in by_side(columns)}
    assert found == {
        "channel 'app'": [0, 3],
        "channel 'web'": [2],
        "year '2024'": [0, 1, 2, 3],
    }


def test_of_a_column_with_thousands_of_values_the_frequent_ones_are_kept() -> None:
    values = [f"film {n}" for n in range(3_000)] + ["film 7"] * 5
    found = list(by_side({"film": values}))
    assert len(found) == MOST_VALUES
    assert max(found, key=lambda s: len(s.rows)).name == "film 'film 7'"


def test_rows_without_a_value_take_no_frequent_values_place() -> None:
    values = [""] * 9 + [f"channel {n}" for n in range(MOST_VALUES)] * 2
    assert len(list(by_side({"channel": values}))) == MOST_VALUES
