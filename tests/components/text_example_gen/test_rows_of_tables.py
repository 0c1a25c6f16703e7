"""CSV and TSV: every fault is told by its line and spoils no other row."""

import gzip
import io
from typing import Any

import pytest

from components.text_example_gen import delimited, layout, lines
from components.text_example_gen.records import MissingColumnError
from components.text_example_gen.rows import MAX_KEPT_CHARS, Bad, Good, UnreadableError, read_rows
from components.text_example_gen.source import TextSource


def read(data: bytes | str, file: str = "/d/a.csv", **fields: Any) -> list[Good | Bad]:
    columns = fields.pop("columns", {"text": "text", "label": "label"})
    source = TextSource.model_validate({"train": file, "columns": columns} | fields)
    raw = data.encode() if isinstance(data, str) else data
    return list(read_rows(io.BytesIO(raw), layout.labelled(source), file=file))


def good(rows: list[Good | Bad]) -> list[tuple[int, object]]:
    return [(row.line, row.values["text"]) for row in rows if isinstance(row, Good)]


def bad(rows: list[Good | Bad]) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, Bad)]


@pytest.mark.parametrize(
    "text",
    [
        "ㅋㅋㅋ",
        "각",
        "🙂👍🏽",
        "iPhone 15 프로 256GB 언제 와요?",
        "가" * 3_500,
        '따옴표는 5" 화면처럼 가운데 있어도 됩니다',
        "\u200b보이지 않는 글자",
    ],
    ids=["jamo", "nfd", "emoji", "mixed", "10 kB", "inner quote", "zero width"],
)
def test_text_of_every_kind_comes_through_unchanged(text: str) -> None:
    assert good(read(f"text,label\n{text},문의\n")) == [(2, text)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("하나,둘,셋", "expected 2 columns, found 3"),
        ("하나", "expected 2 columns, found 1"),
        (",칭찬", "column 'text': the text is empty"),
        (" \u3000\u200b ,칭찬", "column 'text': the text is empty"),
        ("좋아요,", "column 'label': the label is empty"),
        ("좋아요,  ", "column 'label': the label is empty"),
        ("좋\0아요,칭찬", "a NUL byte at byte 4"),
        ('"좋아요" 라고 했다,칭찬', "text follows the quote that closes cell 1"),
        ('"닫히지 않는 글,칭찬', "a quote opens here and closes nowhere"),
    ],
)
def test_a_bad_row_is_told_by_its_line_and_its_neighbours_stay(row: str, reason: str) -> None:
    rows = read(f"text,label\n앞줄,칭찬\n{row}\n뒷줄,불만\n")
    assert good(rows) == [(2, "앞줄"), (4, "뒷줄")]
    [(line, told)] = bad(rows)
    assert line == 3
    assert told.startswith(reason)


def test_a_label_with_a_line_break_is_bad() -> None:
    rows = read('text,label\n좋아요,"칭\n찬"\n뒷줄,불만\n')
    assert bad(rows) == [(2, "column 'label': the label has a line break")]
    assert good(rows) == [(4, "뒷줄")]


@pytest.mark.parametrize(
    ("encoding", "broken", "shown"),
    [("utf-8", b"\xb0\xa1", r"\xb0\xa1"), ("cp949", b"\xff", r"\xff")],
)
def test_undecodable_bytes_spoil_their_own_line_only(
    encoding: str, broken: bytes, shown: str
) -> None:
    parts = [
        "text,label\n앞줄,칭찬\n".encode(encoding),
        broken,
        ",불만\n뒷줄,불만\n".encode(encoding),
    ]
    rows = read(b"".join(parts), encoding=encoding)
    assert good(rows) == [(2, "앞줄"), (4, "뒷줄")]
    assert bad(rows) == [(3, f"bytes that are no {encoding}: 0x{broken[0]:02x} at byte 1")]
    assert [row.row for row in rows if isinstance(row, Bad)] == [f"{shown},불만"]


def test_cp949_is_read_and_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    table = "text,label\n뷁 같은 글자도,칭찬\n"
    assert good(read(table.encode("cp949"), encoding="cp949")) == [(2, "뷁 같은 글자도")]
    assert good(read(b"\xef\xbb\xbf" + table.encode())) == [(2, "뷁 같은 글자도")]


def test_gzip_is_recognised_by_its_bytes() -> None:
    packed = gzip.compress("text,label\n좋아요,칭찬\n".encode())
    assert good(read(packed, "/d/a.csv.gz")) == good(read(packed, "/d/a.csv")) == [(2, "좋아요")]


def test_a_gzip_file_that_breaks_off_is_told_with_the_last_line() -> None:
    rows = "".join(f"글 {number * 7919 % 1000},칭찬\n" for number in range(9_000))
    packed = gzip.compress(f"text,label\n{rows}".encode())
    with pytest.raises(UnreadableError, match=r"a\.csv\.gz: breaks off somewhere after line \d+"):
        read(packed[: len(packed) // 2], "/d/a.csv.gz")


def test_line_numbers_stay_right_after_cells_of_several_lines() -> None:
    rows = read('text,label\r\n"첫 줄\r\n\r\n둘째 ""줄"", 끝",칭찬\r\n다음,불만\r\n')
    assert good(rows) == [(2, '첫 줄\r\n\r\n둘째 "줄", 끝'), (5, "다음")]


@pytest.mark.parametrize(
    "below",
    [
        "둘,불만\n셋,칭찬\n",
        '둘,불만\n"셋",칭찬\n',
        '둘,불만\n"셋","칭찬"\n',
        '둘,"불만"\n셋,칭찬\n',
    ],
    ids=["no quote below", "quoted text below", "all quoted below", "quoted label below"],
)
def test_a_quote_that_never_closes_swallows_no_row_below_it(below: str) -> None:
    rows = read(f'text,label\n"하나,칭찬\n{below}')
    assert good(rows) == [(3, "둘"), (4, "셋")]
    assert [line for line, _ in bad(rows)] == [2]


def test_a_cell_of_several_lines_in_a_row_of_the_wrong_width_is_told_by_the_width() -> None:
    rows = read('text,label\n"첫 줄\n둘째 줄",칭찬,남는 칸\n뒷줄,불만\n')
    line, reason = bad(rows)[0]
    assert line == 2
    assert reason.startswith("expected 2 columns, found 3 from here to line 3, where a quoted cell")
    assert good(rows)[-1] == (4, "뒷줄")


def test_a_quote_that_closes_too_far_below_is_held_to_its_line() -> None:
    many = "".join(f"글 {n},불만\n" for n in range(delimited.MAX_QUOTED_LINES + 5))
    rows = read(f'text,label\n"열림,칭찬\n{many}"닫힘",칭찬\n')
    assert [line for line, _ in bad(rows)] == [2]
    assert len(good(rows)) == delimited.MAX_QUOTED_LINES + 6


def test_an_open_quote_holds_so_many_characters_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_QUOTED_CHARS", 40)
    rows = read(f'text,label\n"열림\n{"가" * 30},칭찬\n끝",칭찬\n"둘\n셋",불만\n')
    assert bad(rows)[0][0] == 2
    assert (3, "가" * 30) in good(rows)
    assert good(rows)[-1] == (5, "둘\n셋")


def test_a_byte_order_mark_below_the_first_line_is_a_sign_of_the_text() -> None:
    assert good(read("text,label\n\ufeff좋아요,칭찬\n")) == [(2, "\ufeff좋아요")]


def test_without_quoting_a_quote_is_a_sign_like_any_other() -> None:
    rows = read(
        '라벨\t"인용만 열린 글\n1\t다음 글"\n',
        "/d/a.tsv",
        quoting=False,
        header=False,
        names=["label", "text"],
    )
    assert good(rows) == [(1, '"인용만 열린 글'), (2, '다음 글"')]


def test_blank_lines_are_no_rows() -> None:
    assert good(read("\ntext,label\n\n좋아요,칭찬\n\n\n")) == [(4, "좋아요")]


def test_lines_of_empty_cells_are_no_rows_as_spreadsheets_leave_them() -> None:
    rows = read(",\ntext,label\n좋아요,칭찬\n,\n,칭찬\n,,,\n")
    assert good(rows) == [(3, "좋아요")]
    assert [line for line, _ in bad(rows)] == [5]


@pytest.mark.parametrize(("file", "sign"), [("/d/a.csv", ","), ("/d/a.tsv", "\t")])
@pytest.mark.parametrize("blank", ["   ", " , ", "\t \t", "\r"])
def test_lines_of_blanks_are_no_rows_as_in_json(file: str, sign: str, blank: str) -> None:
    blank = blank.replace(",", sign)
    rows = read(f"{blank}\ntext{sign}label\n{blank}\n좋아요{sign}칭찬\r\n{blank}\r\n", file)
    assert (good(rows), bad(rows)) == ([(4, "좋아요")], [])


def test_a_cell_of_ten_megabytes_is_a_row_like_any_other() -> None:
    huge = "가" * (10 * 1024 * 1024 // 3)
    for table in (f"text,label\n{huge},칭찬\n", f'text,label\n"{huge}",칭찬\n'):
        assert good(read(table)) == [(2, huge)]


def test_a_line_beyond_all_bounds_is_bad_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 32)
    rows = read("text,label\n" + "a" * 100 + ",칭찬\n좋아요,칭찬\n")
    assert bad(rows) == [(2, "a line of more than 32 bytes")]
    assert good(rows) == [(3, "좋아요")]


def test_a_kept_bad_row_is_cut_and_tells_its_length() -> None:
    [row] = read(f"text,label\n{'가' * 20_000}\n")
    assert isinstance(row, Bad)
    assert row.row == "가" * MAX_KEPT_CHARS + "… (20000 characters)"


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("int", "-12", -12),
        ("int", " 7 ", 7),
        ("int", "1.0", None),
        ("int", "1_000", None),
        ("int", "", None),
        ("int", "9223372036854775808", None),
        ("float", "3.5", 3.5),
        ("float", "1e400", None),
        ("float", "nan", None),
        ("float", "셋", None),
        ("str", "", ""),
        ("str", "앱", "앱"),
    ],
)
def test_a_side_value_has_its_columns_type_or_the_row_is_bad(
    kind: str, cell: str, value: object
) -> None:
    columns = {"text": "text", "label": "label", "side": {"side": kind}}
    [row] = read(f"text,label,side\n좋아요,칭찬,{cell}\n", columns=columns)
    if value is None:
        assert isinstance(row, Bad)
        assert row.reason.startswith("column 'side': expected a ")
        assert repr(cell) in row.reason
    else:
        assert isinstance(row, Good)
        assert row.values["side"] == value


def test_a_label_loses_its_blanks_and_is_composed() -> None:
    [row] = read("text,label\n좋아요, \u110e\u1175\u11bc\u110e\u1161\u11ab \n")
    assert isinstance(row, Good)
    assert row.values["label"] == "칭찬"


def test_a_missing_column_is_told_with_those_that_are_there() -> None:
    with pytest.raises(MissingColumnError, match=r"a\.csv: no column 'label'; it has 'text', 'lab"):
        read("text,labels\n좋아요,칭찬\n")


def test_of_many_columns_the_first_are_told() -> None:
    header = ",".join(f"열{number}" for number in range(1_000))
    with pytest.raises(MissingColumnError, match=r"'열9' and 990 more$"):
        read(f"{header}\n")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("text,label,text", "'text' (columns 1, 3)"),
        ("label, label ,text", "'label' (columns 1, 2)"),
        ("text,label,text,label,text", "'text' (columns 1, 3, 5) and 'label' (columns 2, 4)"),
    ],
    ids=["text", "blanks around it", "both"],
)
def test_a_column_that_stands_there_more_than_once_is_told_with_its_places(
    header: str, told: str
) -> None:
    with pytest.raises(MissingColumnError) as caught:
        read(f"{header}\n" + ",".join("가나다라마"[: header.count(",") + 1]) + "\n")
    assert str(caught.value) == (
        f"/d/a.csv: more than one column {told}; rename or drop all but one"
    )


def test_columns_that_are_not_read_may_bear_one_name() -> None:
    assert good(read("메모,text,메모,label,,\n앞,좋아요,뒤,칭찬,,\n")) == [(2, "좋아요")]


def test_a_header_in_another_encoding_is_told_as_such() -> None:
    columns = {"text": "글", "label": "분류"}
    with pytest.raises(MissingColumnError, match="the header holds bytes that are no utf-8"):
        read("글,분류\n좋아요,칭찬\n".encode("cp949"), columns=columns)
