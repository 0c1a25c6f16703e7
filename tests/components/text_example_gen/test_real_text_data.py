"""Real Korean corpora, where the folder named by MALMOI_DATA holds them."""

import gzip
import io
import os
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from components.text_example_gen import layout
from components.text_example_gen.preflight import problems
from components.text_example_gen.rows import Bad, Good, read_rows
from components.text_example_gen.sniff import guess
from components.text_example_gen.source import TextSource

SLICE_LINES = 3_000
INTENTS = {str(number) for number in range(7)}


def real_file(name: str) -> Path:
    path = Path(os.environ.get("MALMOI_DATA", "")) / name
    if "MALMOI_DATA" not in os.environ or not path.is_file():
        pytest.skip(f"the folder in MALMOI_DATA holds no {name}")
    return path


def a_slice(name: str) -> bytes:
    with gzip.open(real_file(name)) as file:
        return b"".join(islice(file, SLICE_LINES))


def read(data: bytes, source: TextSource, file: str) -> list[Good | Bad]:
    return list(read_rows(io.BytesIO(data), layout.labelled(source), file=file))


def test_movie_reviews_are_read_without_a_bad_row() -> None:
    columns = {"text": "text", "label": "label", "id": "id", "date": "date"}
    source = TextSource.model_validate(
        {"train": str(real_file("nsmc/train.csv.gz")), "columns": columns}
    )
    assert problems(source) == []
    rows = read(a_slice("nsmc/train.csv.gz"), source, "nsmc.csv")
    good = [row for row in rows if isinstance(row, Good)]
    assert len(good) == len(rows) > SLICE_LINES // 2
    assert set(Counter(row.values["label"] for row in good)) == {"positive", "negative"}


def test_utterances_are_recognised_as_a_table_without_header(tmp_path: Path) -> None:
    data = a_slice("3i4k/test.tsv.gz")
    path = tmp_path / "utterances.tsv"
    path.write_bytes(data)
    found = guess(str(path))
    assert (found.format, found.header, found.names) == ("tsv", False, ("label", "text"))
    assert set(found.labels) <= INTENTS
    assert (found.rows, found.bad_rows) == (data.count(b"\n"), 0)


def test_reviews_in_cp949_are_read_back_the_same() -> None:
    lines = a_slice("nsmc/test.csv.gz").decode()
    kept = lines.encode("cp949", "ignore")
    columns = {"text": "text", "label": "label"}
    source = TextSource.model_validate(
        {"train": "/d/a.csv", "encoding": "cp949", "columns": columns}
    )
    plain = source.model_copy(update={"encoding": "utf-8"})
    again = read(kept.decode("cp949").encode(), plain, "a.csv")
    rows = read(kept, source, "a.csv")
    assert [row.line for row in rows] == [row.line for row in again]
    assert rows == again
