"""Guessing a file's settings: the guess must read the file that it was made from."""

import csv
import gzip
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.text_example_gen import sniff_columns, sniff_file
from components.text_example_gen.layout import Column
from components.text_example_gen.parquet import UnreadableError
from components.text_example_gen.preflight import problems
from components.text_example_gen.sniff import guess
from components.text_example_gen.values import Value, value_of

LABELS = ("배송 지연", "환불 요청", "칭찬")
ROWS = [
    {
        "id": str(1_000 + n),
        "date": f"2026-0{n % 9 + 1}-15",
        "text": f"주문번호 {n}번, 언제 오나요? {'정말 ' * (n % 5)}",
        "label": LABELS[n % 3],
        "channel": ("앱", "웹")[n % 2],
        "price": str(n % 7 * 1_000),
    }
    for n in range(60)
]


def table(delimiter: str = ",", *, header: bool = True, names: tuple[str, ...] = ()) -> str:
    sink = io.StringIO(newline="")
    fields = names or tuple(ROWS[0])
    writer = csv.DictWriter(sink, fields, delimiter=delimiter, extrasaction="ignore")
    if header:
        writer.writeheader()
    writer.writerows(ROWS)
    return sink.getvalue()


def made(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue().encode()


def as_json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("delimiter", "encoding", "name", "expected"),
    [
        (",", "utf-8", "a.csv", ("csv", "utf-8", None)),
        (",", "utf-8-sig", "a.csv", ("csv", "utf-8", None)),
        (",", "cp949", "a.csv", ("csv", "cp949", None)),
        (";", "utf-8", "a.csv", ("csv", "utf-8", ";")),
        ("\t", "utf-8", "a.txt", ("tsv", "utf-8", None)),
        ("\t", "cp949", "a.csv", ("tsv", "cp949", None)),
        ("|", "utf-8", "noending", ("csv", "utf-8", "|")),
    ],
)
def test_a_table_is_recognised(
    tmp_path: Path, delimiter: str, encoding: str, name: str, expected: tuple[str, ...]
) -> None:
    found = guess(made(tmp_path, name, table(delimiter).encode(encoding)))
    assert (found.format, found.encoding, found.delimiter) == expected
    assert found.header
    assert (found.text, found.label, found.id, found.date) == ("text", "label", "id", "date")
    assert found.side == {"channel": "str", "price": "int"}
    assert (found.labels, found.rows, found.bad_rows) == (tuple(sorted(LABELS)), 60, 0)
    assert problems(found.source()) == []


def test_every_choice_has_a_reason(tmp_path: Path) -> None:
    found = guess(made(tmp_path, "a.csv", table().encode()))
    assert set(found.why) == {
        *("format", "encoding", "delimiter", "quoting", "header"),
        *("text", "label", "id", "date", "side", "rows"),
    }
    assert all(found.why.values())


def test_a_table_without_header_gets_names_by_what_its_columns_hold(tmp_path: Path) -> None:
    content = table("\t", header=False, names=("label", "text"))
    found = guess(made(tmp_path, "a.tsv", content.encode()))
    assert (found.header, found.names) == (False, ("label", "text"))
    assert problems(found.source()) == []


def test_quotes_that_enclose_nothing_are_signs(tmp_path: Path) -> None:
    rows = "".join(f'{LABELS[n % 3]}\t"{n}번 손님이 한 말\n' for n in range(40))
    found = guess(made(tmp_path, "a.tsv", rows.encode()))
    assert (found.quoting, found.rows, found.bad_rows) == (False, 40, 0)


def test_columns_are_found_by_their_values_where_no_name_helps(tmp_path: Path) -> None:
    content = table().replace("text,label", "첫째,둘째", 1).replace(",channel,price", ",x,y", 1)
    found = guess(made(tmp_path, "a.csv", content.encode()))
    assert found.text == "첫째"
    assert found.label == "x"  # two channels are fewer than three labels; the user names the other
    assert guess(found.path, label="둘째").labels == tuple(sorted(LABELS))


def test_a_named_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = made(tmp_path, "a.csv", table().encode())
    with pytest.raises(ValueError, match="no column '본문'; the file has 'id', 'date', 'text'"):
        guess(path, text="본문")


@pytest.mark.parametrize("write", [as_csv, as_json_lines, as_parquet])
def test_names_in_single_jamo_are_found_and_written_composed(tmp_path: Path, write: Any) -> None:
    def decomposed(name: str) -> str:
        return unicodedata.normalize("NFD", name)

    rows = [{decomposed("말"): row["text"], decomposed("갈래"): row["label"]} for row in ROWS]
    path = made(tmp_path, "a.data", write(rows))
    found = guess(path, text="말", label=decomposed("갈래"))
    assert (found.text, found.label, found.rows) == ("말", "갈래", 60)
    assert (guess(path).text, guess(path).label) == ("말", "갈래")
    assert problems(found.source()) == []


def test_a_column_that_stands_there_twice_is_told(tmp_path: Path) -> None:
    content = table().replace("id,", "text,", 1)
    csv_path = made(tmp_path, "a.csv", content.encode())
    columns = list(zip(*csv.reader(io.StringIO(content)), strict=True))
    arrays = [pa.array(cells) for _, *cells in columns]
    pq.write_table(
        pa.Table.from_arrays(arrays, names=[name for name, *_ in columns]), tmp_path / "a.parquet"
    )
    for path in (csv_path, str(tmp_path / "a.parquet")):
        with pytest.raises(ValueError, match="more than one column 'text'") as caught:
            guess(path, text="text", label="label")
        assert str(caught.value) == (
            f"{path}: more than one column 'text' (columns 1, 3); rename or drop all but one"
        )


def test_json_lines_and_parquet_are_recognised_by_their_content(tmp_path: Path) -> None:
    for name, content, expected in (
        ("a.json", as_json_lines(ROWS), "jsonl"),
        ("a.parquet", as_parquet(ROWS), "parquet"),
    ):
        found = guess(made(tmp_path, name, content))
        assert (found.format, found.text, found.label) == (expected, "text", "label")
        assert (found.rows, found.labels) == (60, tuple(sorted(LABELS)))
        assert problems(found.source()) == []


def test_a_file_without_labels_is_counted_but_makes_no_source(tmp_path: Path) -> None:
    content = "text\n" + "".join(f"{n}번째 글입니다\n" for n in range(10))
    found = guess(made(tmp_path, "a.csv", content.encode()))
    assert (found.text, found.label, found.rows) == ("text", None, 10)
    with pytest.raises(ValueError, match="name the label column"):
        found.source()


def test_an_empty_file_makes_no_guess(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.csv: the file is empty"):
        guess(made(tmp_path, "a.csv", b"\n"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (table().encode("utf-16"), "this is text in UTF-16; "),
        (table().encode("utf-16-be"), "no line can be read as a row; "),
        (
            b"PK\x03\x04\x14\x00\x06\x00\n<row>\n<row>\n",
            "this is a zip archive, as .xlsx files are; ",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n", "as .xls files are; "),
    ],
    ids=["utf-16", "utf-16 without mark", "xlsx", "xls"],
)
def test_a_file_of_a_kind_that_cannot_be_read_is_told_with_what_can(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    path = made(tmp_path, "a.csv", content)
    with pytest.raises(ValueError, match="save it as CSV in UTF-8") as caught:
        guess(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert f"{kind}what can be read is csv, tsv, jsonl, parquet, in utf-8 or cp949" in str(
        caught.value
    )


PACKED = gzip.compress(table().encode())
MIDDLE = len(PACKED) // 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:MIDDLE], "Compressed file ended before"),
        (PACKED[:MIDDLE] + b"\xff" * 40 + PACKED[MIDDLE + 40 :], "while decompressing data"),
        (PACKED[:-8] + bytes(8), "CRC check failed"),
    ],
    ids=["cut", "damaged", "another checksum"],
)
def test_a_gzip_file_that_breaks_off_is_told_in_words(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = made(tmp_path, "a.csv.gz", content)
    with pytest.raises(UnreadableError, match=reason) as caught:
        guess(path)
    assert str(caught.value).startswith(f"{path}: breaks off (")
    assert str(caught.value).endswith("); fetch or write the file again")


@pytest.mark.parametrize("named", [(None, None), ("text", "label")], ids=["guessed", "named"])
def test_a_header_alone_is_refused_in_words(
    tmp_path: Path, named: tuple[str | None, str | None]
) -> None:
    path = tmp_path / "문의.csv"
    path.write_text("text,label\n", "utf-8")
    with pytest.raises(ValueError, match="no row but the header"):
        guess(str(path), *named)


def rows_with(**columns: Any) -> list[dict[str, Any]]:
    """Return text and label of each row, with further values by the row's number."""
    return [
        {"text": row["text"], "label": row["label"]} | {k: of(n) for k, of in columns.items()}
        for n, row in enumerate(ROWS)
    ]


VALUES = {
    "확인됨": lambda n: n % 2 == 0,
    "별점": lambda n: None if n % 10 == 0 else n % 5,
    "평점": lambda n: None if n % 10 == 0 else n % 5 / 2,
    "태그": lambda n: ["배송", "포장"][: n % 2 + 1],
}


@pytest.mark.parametrize("write", [as_json_lines, as_parquet])
def test_a_guessed_column_of_truth_values_numbers_or_lists_loses_no_row(
    tmp_path: Path, write: Any
) -> None:
    found = guess(made(tmp_path, "문의.data", write(rows_with(**VALUES))))
    assert (found.rows, found.bad_rows) == (60, 0)
    assert found.side == {"확인됨": "str", "별점": "str", "평점": "str"}
    assert "left out, as no numbers and no small set of words: '태그'" in found.why["side"]


@pytest.mark.parametrize("write", [as_json_lines, as_parquet])
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_column_without_values_is_no_side_column(
    tmp_path: Path, write: Any, nothing: str | None
) -> None:
    rows = rows_with(비고=lambda _: nothing, 별점=lambda n: n % 5)
    found = guess(made(tmp_path, "문의.data", write(rows)))
    assert found.side == {"별점": "int"}
    assert found.why["side"] == "'별점' holds int values; left out, as empty: '비고'"


@pytest.mark.parametrize("write", [as_json_lines, as_parquet])
def test_text_label_and_id_are_guessed_of_columns_that_can_play_their_part(
    tmp_path: Path, write: Any
) -> None:
    further = {
        "낱말": lambda n: ROWS[n]["text"].split() * 3,
        "참": lambda n: n % 2 == 0,
        "묶음": lambda n: [n],
    }
    names = {"text": "말", "label": "갈래"}
    rows = [{names.get(k, k): value for k, value in row.items()} for row in rows_with(**further)]
    found = guess(made(tmp_path, "문의.data", write(rows)))
    assert (found.text, found.label, found.id) == ("말", "갈래", None)
    assert (found.rows, found.bad_rows) == (60, 0)


@pytest.mark.parametrize(
    ("asked", "column", "value", "reason"),
    [
        ("label", "스팸", lambda n: n % 2 == 0, "expected a label (text or a whole number), found"),
        ("text", "낱말", lambda n: ["배송", str(n)], "expected text, found ['배송', '0']"),
    ],
)
def test_a_guess_that_would_use_no_row_is_refused_with_the_first_reason(
    tmp_path: Path, asked: str, column: str, value: Any, reason: str
) -> None:
    path = made(tmp_path, "문의.jsonl", as_json_lines(rows_with(**{column: value})))
    with pytest.raises(ValueError, match="none of the 60 rows can be used; line 1: ") as caught:
        guess(path, **{asked: column})
    assert str(caught.value).startswith(f"{path}: none of the 60 rows")
    assert f"column {column!r}: {reason}" in str(caught.value)


def test_the_first_row_that_would_go_to_quarantine_is_told(tmp_path: Path) -> None:
    content = table().replace(ROWS[3]["text"], "", 1)
    found = guess(made(tmp_path, "a.csv", content.encode()))
    assert found.why["rows"] == (
        "59 rows can be used, 1 would go to quarantine; line 5: column 'text': the text is empty"
    )


FORM = (
    "타임스탬프",
    "매장을 이용하며 느끼신 점을 자유롭게 적어 주세요 (개인정보는 빼 주세요)",
    "만족도",
)


@pytest.mark.parametrize(
    ("header", "first"),
    [
        (",text,label", "{n},"),
        (",후기,평가", "{n},"),
        (",".join(FORM), "2026. 1. 15 오후 3:24:{n},"),
        ("text,label,", ""),
    ],
    ids=["index", "index, no usual name", "form", "last cell empty"],
)
def test_a_header_with_an_empty_or_long_cell_is_one(
    tmp_path: Path, header: str, first: str
) -> None:
    last = "," if header.endswith(",") else ""
    body = "".join(
        f"{first.format(n=n)}{row['text'].replace(',', '')},{row['label']}{last}\n"
        for n, row in enumerate(ROWS)
    )
    found = guess(made(tmp_path, "a.csv", f"{header}\n{body}".encode()))
    assert found.header, found.why["header"]
    assert (found.rows, found.labels) == (60, tuple(sorted(LABELS)))
    assert "" not in found.names
    assert problems(found.source()) == []


def test_a_repeated_name_is_one_and_its_columns_play_no_part(tmp_path: Path) -> None:
    rows = [("text", "label", "메모", "메모")]
    rows += [(row["text"], row["label"], row["channel"], row["channel"]) for row in ROWS]
    sink = io.StringIO()
    csv.writer(sink).writerows(rows)
    arrays = [pa.array(cells) for cells in list(zip(*rows[1:], strict=True))]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(rows[0])), tmp_path / "a.parquet")
    for path in (made(tmp_path, "a.csv", sink.getvalue().encode()), str(tmp_path / "a.parquet")):
        found = guess(path)
        assert (found.header, found.rows, found.side) == (True, 60, {})
        assert found.why["side"] == "left out, as named more than once: '메모'"


@pytest.mark.parametrize(
    "first",
    ["문의\t첫 글입니다", "칭찬\t문의", "칭찬\treview", "칭찬\t", "칭찬\t" + "아주 " * 20],
    ids=["a usual name", "a usual name as text", "the same in English", "empty", "long"],
)
def test_a_first_row_like_those_below_it_is_no_header(tmp_path: Path, first: str) -> None:
    rows = [
        f"{('문의', '칭찬')[n % 2]}\t{n}번째 글입니다" if n % 7 else "문의\t" for n in range(60)
    ]
    found = guess(made(tmp_path, "a.tsv", "\n".join([first, *rows]).encode()))
    assert (found.header, found.labels) == (False, ("문의", "칭찬"))


def test_usual_names_head_a_table_whose_last_column_has_no_name_and_some_remarks(
    tmp_path: Path,
) -> None:
    body = "".join(f"{n}번 문의,{LABELS[n % 3]},{'확인함' * (n % 2)}\n" for n in range(60))
    found = guess(made(tmp_path, "a.csv", f"text,label,\n{body}".encode()))
    assert (found.header, found.rows, found.labels) == (True, 60, tuple(sorted(LABELS)))


def test_a_parquet_column_without_a_name_plays_no_part(tmp_path: Path) -> None:
    cells = [range(60), [row["text"] for row in ROWS], [row["label"] for row in ROWS]]
    table = pa.Table.from_arrays([pa.array(each) for each in cells], names=["", "text", "label"])
    pq.write_table(table, tmp_path / "a.parquet")
    found = guess(str(tmp_path / "a.parquet"))
    assert (found.names, found.why["side"]) == (("text", "label"), "no column is left")


PIECES = [{"text": row["text"], "label": row["label"]} for row in ROWS]
LONG = 4_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps(PIECES), "this is JSON in one piece, as an array is; write one object a line"),
        (json.dumps(PIECES, indent=2), "this is JSON in one piece, "),
        ("\ufeff" + json.dumps({"rows": PIECES}, indent=2), "this is JSON in one piece, "),
        (table().replace("\r\n", "\r"), "its lines end in a carriage return alone, "),
        ("가나다 " * LONG, f"the first line has {LONG} bytes or more; write one row a line"),
    ],
    ids=["array", "array over lines", "object over lines", "old Mac", "no line end"],
)
def test_a_file_without_one_row_a_line_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    monkeypatch.setattr(sniff_file, "SAMPLE_BYTES", LONG)
    path = made(tmp_path, "a.json", content.encode())
    with pytest.raises(ValueError, match=r"a line|line feeds") as caught:
        guess(path)
    assert str(caught.value).startswith(f"{path}: {reason}")


def test_a_text_that_starts_with_a_bracket_is_no_array(tmp_path: Path) -> None:
    content = table("\t", header=False, names=("text", "label")).replace("주문번호", "[주문]")
    found = guess(made(tmp_path, "a.tsv", content.encode()))
    assert (found.format, found.header, found.rows) == ("tsv", False, 60)


def test_the_guess_looks_at_whole_lines_of_a_bounded_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sniff_file, "SAMPLE_BYTES", LONG)
    content = table().encode()
    assert len(content) > LONG
    found = guess(made(tmp_path, "a.csv", content))
    seen = content[:LONG].count(b"\n")
    assert found.why["delimiter"] == f"with a comma {seen} of {seen} rows have 6 columns"
    assert (found.rows, found.bad_rows) == (60, 0)


def test_the_guess_reads_each_value_of_a_column_once_however_often_it_stands_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[tuple[object, str]] = []

    def counted(value: object, column: Column) -> Value:
        tried.append((value, column.kind))
        return value_of(value, column)

    monkeypatch.setattr(sniff_columns, "value_of", counted)
    columns = {"경로": ["앱", "웹"], "배송": ["늦음", "제때"], "별점": ["1", "5"]}
    sample = {name: values * 1_000 for name, values in columns.items()}
    sniff_columns.parts_of(sample, None, None)
    assert tried
    assert len(tried) == len(set(tried))


def test_of_many_columns_a_message_names_some(tmp_path: Path) -> None:
    content = ",".join(f"열{n}" for n in range(300)) + "\n" + ",".join(["값"] * 300) + "\n"
    path = made(tmp_path, "a.csv", content.encode())
    with pytest.raises(ValueError, match=r"'열9' and 290 more$"):
        guess(path, text="본문", label="열1")


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        ("sep=;\r\n", "its first line tells Excel the delimiter and names no column; delete that"),
        ("2026년 1분기 문의;\r\n", "line 2 names the columns, not the first row; delete the "),
        ("문의 목록;\r\n고객센터;\r\n", "line 3 names the columns, not the first row; delete the "),
    ],
    ids=["separator of Excel", "title", "title of two lines"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
def test_a_header_below_other_lines_is_no_row_and_is_told(
    tmp_path: Path, above: str, reason: str, encoding: str
) -> None:
    content = above + table(";", names=("text", "label"))
    path = made(tmp_path, "a.csv", content.encode(encoding))
    with pytest.raises(ValueError, match="delete th") as caught:
        guess(path, text="text", label="label")
    assert str(caught.value).startswith(f"{path}: {reason}")


def test_a_header_above_rows_of_an_encoding_nobody_reads_is_told_with_the_first(
    tmp_path: Path,
) -> None:
    content = "text,label\n" + "déjà vu,neuf\nà bientôt,vieux\n" * 20
    path = made(tmp_path, "a.csv", content.encode("latin-1"))
    with pytest.raises(ValueError, match="no line below the header can be read, ") as caught:
        guess(path)
    assert "line 2: bytes that are no utf-8: 0xe9 at byte 2; what can be read" in str(caught.value)


def test_a_named_label_of_a_table_without_header_is_told_where_no_column_looks_like_one(
    tmp_path: Path,
) -> None:
    path = made(tmp_path, "a.csv", "12,배송이 늦어요\n34,좋아요\n56,환불해 주세요\n".encode())
    with pytest.raises(ValueError, match="no column '분류' ") as caught:
        guess(path, text="본문", label="분류")
    assert str(caught.value).startswith(f"{path}: the first row names no column '분류' (")
    assert str(caught.value).endswith("; write the columns' names into the first row")


def test_keys_that_are_values_of_their_own_are_no_columns(tmp_path: Path) -> None:
    rows = [row | {f"주문-{number}": 1} for number, row in enumerate(ROWS * 2)]
    rows[7] |= {"비고": "없음"}
    path = made(tmp_path, "a.jsonl", as_json_lines(rows))
    found = guess(path)
    assert (found.names, found.text, found.label) == (tuple(ROWS[0]), "text", "label")
    assert found.rows == 120
    assert guess(path, text="비고", label="label").bad_rows == 119


@pytest.mark.parametrize("end", [",", ",,"], ids=["one cell more", "two cells more"])
def test_a_named_column_is_never_sought_by_its_values(tmp_path: Path, end: str) -> None:
    rows = "".join(
        f"{n}번 문의,배송이 늦어서 언제 오는지 묻습니다,{n % 3}{end}\n" for n in range(60)
    )
    path = made(tmp_path, "a.csv", f"제목,본문,분류\n{rows}".encode())
    with pytest.raises(ValueError, match="name every column, or mend the rows") as caught:
        guess(path, text="제목", label="분류")
    told = f"{path}: line 1 names 3 columns, but most rows have {3 + len(end)}; "
    assert str(caught.value).startswith(told)


def test_an_id_of_many_digits_is_no_number(tmp_path: Path) -> None:
    """Those of tweets have 19, and as a float they would lose the last three."""
    first = 1_234_567_890_123_456_789
    rows = [
        {"tweet": str(first + n * 7_919)} | ROWS[n] | {"id": str(first * 10)} for n in range(60)
    ]
    found = guess(made(tmp_path, "a.csv", as_csv(rows)))
    assert (found.id, found.bad_rows) == ("tweet", 0)
    assert found.side == {"channel": "str", "price": "int"}
