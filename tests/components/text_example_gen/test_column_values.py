"""What a cell becomes in its column, whatever type the file gave it."""

import datetime
from decimal import Decimal

import pytest

from components.text_example_gen.layout import Column
from components.text_example_gen.values import MAX_FLOAT, BadValueError, value_of
from trainer.text import normalise

SIDE = Column("경로", "경로", "str")
TEXT = Column("본문", "본문", "text")
UNSEEN = {
    "hangul filler": "\u3164\u3164",
    "fillers of a syllable": "\u115f\u1160",
    "half-width filler": "\uffa0",
    "word joiner": "\u2060",
    "joiner and variation selector": "\u200d\ufe0f",
    "between blanks": " \u3164\u200b\ufeff\n",
    "braille without dots": "\u2800",
}


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (None, ""),
        ("앱", "앱"),
        (True, "True"),
        (False, "False"),
        (3, "3"),
        (2.0, "2.0"),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_a_side_column_of_text_takes_truth_values_and_numbers_as_csv_writes_them(
    found: object, value: str
) -> None:
    assert value_of(found, SIDE) == value


@pytest.mark.parametrize("found", [["앱"], {"앱": 1}, datetime.time(3)])
def test_a_side_column_of_text_refuses_everything_else(found: object) -> None:
    told = r"column '경로': expected text, a number or true or false, found "
    with pytest.raises(BadValueError, match=told):
        value_of(found, SIDE)


@pytest.mark.parametrize(
    "found",
    [
        "배송 지연",
        " 배송 지연\t",
        "\u200b배송 지연\u200b",
        "\ufeff 배송 지연",
        "\u3000배송 지연\xa0",
    ],
)
def test_a_label_loses_the_blanks_around_it_those_without_width_too(found: str) -> None:
    assert value_of(found, Column("분류", "분류", "label")) == "배송 지연"


@pytest.mark.parametrize("found", ["", " \u3000", "\u200b", "\ufeff \u200b\n"])
def test_a_label_of_blanks_alone_is_empty(found: str) -> None:
    with pytest.raises(BadValueError, match="column '분류': the label is empty"):
        value_of(found, Column("분류", "분류", "label"))


@pytest.mark.parametrize("found", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_nobody_can_see_is_an_empty_text_and_an_empty_label(found: str) -> None:
    with pytest.raises(BadValueError, match="column '본문': the text is empty"):
        value_of(found, TEXT)
    with pytest.raises(BadValueError, match="column '분류': the label is empty"):
        value_of(found, Column("분류", "분류", "label"))


@pytest.mark.parametrize(
    "found", ["👨\u200d👩\u200d👧", "❤\ufe0f", "환\u2060불", "\u3164환불\u3164", "면세\u00ad점"]
)
def test_unseen_signs_stay_within_a_text_and_a_label(found: str) -> None:
    assert value_of(found, TEXT) == found
    assert value_of(found, Column("분류", "분류", "label")) == found


def test_a_label_loses_the_very_blanks_that_normalisation_folds() -> None:
    signs = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    blanks = [sign for sign in signs if not normalise(sign)]
    label = Column("분류", "분류", "label")
    assert {value_of(f"{blank}환불{blank}", label) for blank in blanks} == {"환불"}


@pytest.mark.parametrize("sign", ["\n", "\r", "\x0b", "\x85", "\u2028"])
def test_a_label_stands_on_one_line(sign: str) -> None:
    with pytest.raises(BadValueError, match="column '분류': the label has a line break"):
        value_of(f"배송{sign}지연", Column("분류", "분류", "label"))


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (datetime.date(2026, 11, 22), "2026-11-22"),
        (datetime.datetime(2026, 11, 22, 9, 30), "2026-11-22T09:30:00"),
    ],
)
def test_a_day_is_written_as_in_iso_8601(found: object, value: str) -> None:
    assert value_of(found, Column("날짜", "날짜", "key")) == value


@pytest.mark.parametrize("found", [True, 1.0])
def test_a_label_is_text_or_a_whole_number(found: object) -> None:
    """1.0 would be a label beside 1, and True one beside true."""
    with pytest.raises(BadValueError, match="expected a label"):
        value_of(found, Column("분류", "분류", "label"))


@pytest.mark.parametrize(
    ("found", "value"),
    [("-2.5e3", -2500.0), (" 7 ", 7.0), (3, 3.0), (Decimal("0.25"), 0.25), (MAX_FLOAT, MAX_FLOAT)],
)
def test_a_number_is_a_number_however_it_is_written(found: object, value: float) -> None:
    assert value_of(found, Column("값", "값", "float")) == value


@pytest.mark.parametrize(
    "found",
    [
        "1e39",
        -1e39,
        pytest.param(10**400, id="401 digits"),
        "inf",
        float("nan"),
        "1_5",
        "1,5",
        "",
        None,
        True,
    ],
)
def test_a_number_that_an_example_cannot_hold_is_refused(found: object) -> None:
    """Beyond 32 bits it would be infinite there; 1_5, which Python reads as 15, is a slip."""
    with pytest.raises(BadValueError, match="column '값': expected a finite number of 32 bits"):
        value_of(found, Column("값", "값", "float"))


def test_a_whole_number_of_more_digits_than_python_reads_is_refused_and_cut() -> None:
    with pytest.raises(BadValueError, match=r"expected a whole number of 64 bits, found '1{39}…$"):
        value_of("1" * 5_000, Column("값", "값", "int"))
