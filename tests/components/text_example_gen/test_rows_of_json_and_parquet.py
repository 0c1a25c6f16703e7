"""JSON Lines and Parquet: the same faults are found, by line and by row."""

import datetime
import io
import json
import unicodedata
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.text_example_gen import layout
from components.text_example_gen import parquet as parquet_file
from components.text_example_gen.parquet import UnreadableError
from components.text_example_gen.records import MissingColumnError
from components.text_example_gen.rows import Bad, Good, read_rows
from components.text_example_gen.source import TextSource

COLUMNS = {"text": "text", "label": "label"}


def read(
    data: bytes, file: str, groups: parquet_file.RowGroups | None = None, **fields: Any
) -> list[Good | Bad]:
    source = TextSource.model_validate({"train": file, "columns": COLUMNS} | fields)
    how = layout.labelled(source)
    return list(read_rows(io.BytesIO(data), how, file=file, groups=groups))


def parquet(group_rows: int = 1_000, **columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=group_rows)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "좋아요", "label": ', "no valid JSON: Expecting value at character "),
        ('["좋아요", "칭찬"]', "expected a JSON object, found list"),
        ('{"text": 3, "label": "칭찬"}', "column 'text': expected text, found 3"),
        ('{"text": null, "label": "칭찬"}', "column 'text': expected text, found None"),
        ('{"body": "좋아요", "label": "칭찬"}', "no column 'text'; the row has 'body', 'label'"),
        ('{"text": "좋아요", "label": true}', "column 'label': expected a label"),
        ('{"text": "좋아요", "label": ""}', "column 'label': the label is empty"),
        (r'{"text": "반쪽 \ud83d", "label": "칭찬"}', r"column 'text': a lone surrogate \ud83d"),
        (r'{"text": "널\u0000", "label": "칭찬"}', "column 'text': a NUL character"),
        ("[" * 100_000, "no valid JSON: nested too deeply"),
        ('{"text": "좋아요", "label": ' + "1" * 5_000 + "}", "no valid JSON: a number too long"),
    ],
)
def test_a_bad_json_line_is_told_and_its_neighbours_stay(line: str, reason: str) -> None:
    around = '{"text": "앞뒤", "label": "칭찬"}'
    rows = read(f"{around}\n\n{line}\n{around}\n".encode(), "/d/a.jsonl")
    assert [row.line for row in rows if isinstance(row, Good)] == [1, 4]
    [told] = [row for row in rows if isinstance(row, Bad)]
    assert told.line == 3
    assert told.reason.startswith(reason)
    json.dumps(told.row, ensure_ascii=False).encode()


def test_of_a_json_row_with_many_names_the_first_are_told() -> None:
    line = json.dumps({f"열{number}": "값" for number in range(300)})
    [told] = read(line.encode(), "/d/a.jsonl")
    assert isinstance(told, Bad)
    assert told.reason.endswith("'열9' and 290 more")


def test_a_whole_number_is_a_label_and_a_pair_of_surrogates_is_a_character() -> None:
    [row] = read(rb'{"text": "\ud83d\ude42", "label": 1}', "/d/a.jsonl")
    assert row == Good(1, {"text": "🙂", "label": "1"})


def test_an_id_and_a_day_may_be_missing() -> None:
    columns = COLUMNS | {"id": "id", "date": "date"}
    [row] = read(
        '{"text": "좋아요", "label": "칭찬", "date": null}'.encode(), "/d/a.jsonl", columns=columns
    )
    assert row == Good(1, {"text": "좋아요", "label": "칭찬", "id": "", "date": ""})


def test_parquet_rows_are_numbered_through_the_file_and_read_by_row_group() -> None:
    data = parquet(2, text=["하나", "", "셋", None, "다섯"], label=["a", "b", "c", "d", "e"])
    second = read(data, "/d/a.parquet", groups=(1, 2))
    assert [row.line for row in second] == [3, 4]
    assert second[1] == Bad(
        "/d/a.parquet",
        4,
        "column 'text': expected text, found None",
        '{"text": null, "label": "d"}',
    )
    assert [row.line for row in read(data, "/d/a.parquet") if isinstance(row, Bad)] == [2, 4]


def test_parquet_rows_are_numbered_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "BATCH_ROWS", 2)
    data = parquet(text=["하나", "둘", "셋", "넷", "다섯"], label=["a", "b", "c", "d", "e"])
    assert [row.line for row in read(data, "/d/a.parquet")] == [1, 2, 3, 4, 5]


def test_row_groups_are_put_together_up_to_a_size_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = parquet(1, text=["하나"] * 5, label=["a"] * 5)
    size_bytes = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0).total_byte_size
    monkeypatch.setattr(parquet_file, "GROUP_BYTES", 2 * size_bytes)
    found = list(parquet_file.row_groups(io.BytesIO(data), file="/d/a.parquet"))
    assert found == [(0, 2), (2, 4), (4, 5)]


def test_small_row_groups_of_a_parquet_file_are_read_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = parquet(2, text=["하나", "둘", "셋", "넷", "다섯"], label=["a", "b", "c", "d", "e"])
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    two_groups = sum(metadata.row_group(number).total_byte_size for number in (0, 1))
    cut = {16 * 1024 * 1024: [(0, 3)], two_groups: [(0, 2), (2, 3)], 1: [(0, 1), (1, 2), (2, 3)]}
    for size_bytes, expected in cut.items():
        monkeypatch.setattr(parquet_file, "GROUP_BYTES", size_bytes)
        found = list(parquet_file.row_groups(io.BytesIO(data), file="/d/a.parquet"))
        assert found == expected
        lines = [row.line for groups in found for row in read(data, "/d/a.parquet", groups)]
        assert lines == [1, 2, 3, 4, 5]


def test_a_parquet_number_of_a_database_is_a_number() -> None:
    """Oracle and Snowflake write every NUMBER as a decimal."""
    whole = pa.array([Decimal(3), None], pa.decimal128(38, 0))
    price = pa.array([Decimal("1.50"), Decimal("2.00")])
    data = parquet(text=["하나", "둘"], label=whole, id=whole, stars=whole, price=price, 값=price)
    columns = COLUMNS | {"id": "id", "side": {"stars": "int", "price": "str", "값": "float"}}
    good, bad = read(data, "/d/a.parquet", columns=columns)
    assert good == Good(
        1, {"text": "하나", "label": "3", "id": "3", "stars": 3, "price": "1.50", "값": 1.5}
    )
    assert isinstance(bad, Bad)
    assert bad.reason.endswith("expected a label (text or a whole number), found None")


def test_a_parquet_time_in_a_zone_that_nobody_knows_spoils_its_row_only() -> None:
    day = datetime.datetime(2026, 3, 1, 9, 30)
    times = pa.array([day, None], pa.timestamp("ms", "KST"))
    data = parquet(text=["하나", "둘"], label=["a", "b"], date=times)
    bad, good = read(data, "/d/a.parquet", columns=COLUMNS | {"date": "date"})
    assert isinstance(bad, Bad)
    assert "column 'date': a timestamp[ms, tz=KST] that cannot be read ('KST')" in bad.reason
    assert good == Good(2, {"text": "둘", "label": "b", "date": ""})
    assert [type(row) for row in read(data, "/d/a.parquet")] == [Good, Good]


def test_parquet_bytes_that_are_no_utf8_spoil_their_own_row_only() -> None:
    raw = pa.array(["좋아요".encode(), b"\xb0\xa1", "싫어요".encode()]).cast(pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    rows = read(parquet(text=text, label=["a", "b", "c"]), "/d/a.parquet")
    assert [row.line for row in rows if isinstance(row, Good)] == [1, 3]
    assert [row.reason for row in rows if isinstance(row, Bad)] == [
        "column 'text': bytes that are no utf-8"
    ]


def test_a_parquet_dictionary_with_bytes_that_are_no_utf8_spoils_their_rows_only() -> None:
    raw = pa.array(["좋아요".encode(), b"\xb0\xa1"]).cast(pa.binary())
    words = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    text = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), words)
    rows = read(parquet(text=text, label=["a", "b", "c"]), "/d/a.parquet")
    assert [row.line for row in rows if isinstance(row, Good)] == [1, 3]
    assert [row for row in rows if isinstance(row, Bad)] == [
        Bad(
            "/d/a.parquet",
            2,
            "column 'text': bytes that are no utf-8",
            r'{"text": "\xb0\xa1", "label": "b"}',
        )
    ]


@pytest.mark.parametrize(
    ("days", "kind"),
    [(pa.array([0, 2**30], pa.int32()), pa.date32()), (pa.array([0, 2**50]), pa.timestamp("ms"))],
    ids=["date", "timestamp"],
)
def test_a_parquet_day_beyond_all_years_spoils_its_own_row_only(
    days: pa.Array, kind: pa.DataType
) -> None:
    data = parquet(text=["좋아요", "별로예요"], label=["a", "b"], date=days.cast(kind))
    good, bad = read(data, "/d/a.parquet", columns=COLUMNS | {"date": "date"})
    assert isinstance(good, Good)
    assert isinstance(bad, Bad)
    assert bad.line == 2
    assert bad.reason.startswith(f"column 'date': a {kind} that cannot be read (")


def test_a_column_in_another_unicode_form_is_the_same_column() -> None:
    columns = {"text": "본문", "label": "분류"}
    decomposed = {unicodedata.normalize("NFD", name): ["칭찬"] for name in columns.values()}
    line = json.dumps({name: cell for name, [cell] in decomposed.items()})
    for data, file in ((parquet(**decomposed), "/d/a.parquet"), (line.encode(), "/d/a.jsonl")):
        assert read(data, file, columns=columns) == [Good(1, {"본문": "칭찬", "분류": "칭찬"})]


def test_parquet_days_and_numbers_become_values_of_their_kind() -> None:
    data = parquet(text=["좋아요"], label=[3], date=[datetime.date(2026, 3, 1)], n=[4], x=[0.5])
    columns = COLUMNS | {"date": "date", "side": {"n": "int", "x": "float"}}
    [row] = read(data, "/d/a.parquet", columns=columns)
    assert row == Good(1, {"text": "좋아요", "label": "3", "date": "2026-03-01", "n": 4, "x": 0.5})


def test_parquet_faults_of_the_whole_file_are_told() -> None:
    with pytest.raises(MissingColumnError, match="no column 'label'; it has 'text', 'labels'"):
        read(parquet(text=["a"], labels=["b"]), "/d/a.parquet")
    with pytest.raises(UnreadableError, match=r"/d/a\.parquet: no Parquet file"):
        read(b"text,label\n", "/d/a.parquet")


def parquet_named(*names: str) -> bytes:
    """Return a Parquet file of one row, whose cells are the numbers of their columns."""
    sink = io.BytesIO()
    cells = [pa.array([f"{number}열"]) for number in range(1, len(names) + 1)]
    pq.write_table(pa.Table.from_arrays(cells, names=list(names)), sink)
    return sink.getvalue()


def test_a_parquet_column_that_stands_there_twice_is_told_with_its_places() -> None:
    told = (
        r"/d/a\.parquet: more than one column 'text' \(columns 1, 2\); rename or drop all but one"
    )
    with pytest.raises(MissingColumnError, match=told):
        read(parquet_named("text", "text", "label"), "/d/a.parquet")


def test_parquet_columns_that_are_not_read_may_bear_one_name() -> None:
    [row] = read(parquet_named("메모", "text", "메모", "label", "메모"), "/d/a.parquet")
    assert row == Good(1, {"text": "2열", "label": "4열"})


def test_a_damaged_parquet_page_is_told_with_its_file() -> None:
    data = bytearray(parquet(text=[f"글 {n}" for n in range(500)], label=["가"] * 500))
    data[20:400] = b"\xff" * 380
    with pytest.raises(UnreadableError, match=r"/d/a\.parquet: damaged .*fetch or write it again"):
        read(bytes(data), "/d/a.parquet")
