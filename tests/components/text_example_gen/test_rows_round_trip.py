"""Whatever Python's own writers write comes back, with the line where each row starts."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.text_example_gen import layout, split
from components.text_example_gen.rows import Good, read_rows
from components.text_example_gen.source import TextSource
from trainer.text import normalise

ANY = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"))
TEXTS = (ANY | st.text('가"나,\t\r\n 다')).filter(normalise)
ROWS = st.lists(st.tuples(TEXTS, st.sampled_from(["칭찬", "불만", 'a "b", c'])), max_size=8)
CP949 = st.lists(
    st.tuples(st.text("가뷁힣\"',\n a", min_size=1).filter(str.strip), st.just("칭찬")), max_size=8
)

Rows = list[tuple[str, str]]


def read(data: bytes, file: str, encoding: str = "utf-8") -> list[tuple[int, str, str]]:
    columns = {"text": "text", "label": "label"}
    source = TextSource.model_validate({"train": file, "columns": columns, "encoding": encoding})
    found = list(read_rows(io.BytesIO(data), layout.labelled(source), file=file))
    assert all(isinstance(row, Good) for row in found), found
    return [
        (row.line, str(row.values["text"]), str(row.values["label"]))
        for row in found
        if isinstance(row, Good)
    ]


def written(rows: Rows, delimiter: str, end: str, quoting: int) -> tuple[str, list[int]]:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["text", "label"])
    starts = []
    for row in rows:
        starts.append(sink.getvalue().count("\n") + 1)
        writer.writerow(row)
    return sink.getvalue(), starts


@settings(deadline=None, max_examples=120)
@given(
    rows=ROWS,
    file=st.sampled_from([("/a.csv", ","), ("/a.tsv", "\t")]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_table_comes_back(rows: Rows, file: tuple[str, str], end: str, quoting: int) -> None:
    table, starts = written(rows, file[1], end, quoting)
    expected = [(line, *row) for line, row in zip(starts, rows, strict=True)]
    assert read(table.encode(), file[0]) == expected


@settings(deadline=None, max_examples=60)
@given(rows=CP949)
def test_a_cp949_table_comes_back(rows: Rows) -> None:
    table, starts = written(rows, ",", "\r\n", csv.QUOTE_MINIMAL)
    expected = [(line, *row) for line, row in zip(starts, rows, strict=True)]
    assert read(table.encode("cp949"), "/a.csv", "cp949") == expected


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, ascii_only=st.booleans())
def test_json_lines_come_back(rows: Rows, ascii_only: bool) -> None:
    lines = [
        json.dumps({"label": label, "text": text}, ensure_ascii=ascii_only) + "\n"
        for text, label in rows
    ]
    expected = [(line, *row) for line, row in enumerate(rows, start=1)]
    assert read("".join(lines).encode(), "/a.jsonl") == expected


@settings(deadline=None, max_examples=40)
@given(rows=ROWS, group_rows=st.integers(1, 3))
def test_a_parquet_file_comes_back(rows: Rows, group_rows: int) -> None:
    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    table = pa.table(columns, pa.schema([("text", pa.string()), ("label", pa.string())]))
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=group_rows)
    expected = [(row, *values) for row, values in enumerate(rows, start=1)]
    assert read(sink.getvalue(), "/a.parquet") == expected


@given(text=ANY)
def test_texts_that_normalise_alike_fall_on_the_same_side(text: str) -> None:
    assert split.position(text) == split.position(normalise(text)) == split.position(f" {text}\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [("배송이 늦어요", 0.671287), ("ㅋㅋㅋㅋㅋ", 0.229764), ("", 0.893168)],
)
def test_the_place_of_a_text_never_changes(text: str, place: float) -> None:
    assert split.position(text) == pytest.approx(place, abs=1e-6)


def test_the_evaluation_split_gets_its_share_of_the_texts() -> None:
    chosen = sum(split.is_eval(f"{number}번 주문이 안 와요", 0.1) for number in range(10_000))
    assert 900 < chosen < 1_100
