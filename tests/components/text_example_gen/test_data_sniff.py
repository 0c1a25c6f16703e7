"""Guessing a file's settings: the guess must read the file that it was made from."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.text_example_gen.parquet import UnreadableError
from components.text_example_gen.preflight import problems
from components.text_example_gen.sniff import guess

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
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), sink)
    for name, content, expected in (
        ("a.json", lines.encode(), "jsonl"),
        ("a.parquet", sink.getvalue(), "parquet"),
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
