"""Hashes, places and partitions."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data_quality import records, spill
from components.data_quality.fingerprints import PARTITION_ROWS, partition_count, partitioned


def placed(rows: list[tuple[str, int]]) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    found = np.zeros(len(rows), records.TEXT_RECORD)
    found["file"] = records.hashes(file.encode() for file, _ in rows)
    found["line"] = [line for _, line in rows]
    return records.places(found, {file for file, _ in rows})


@given(st.lists(st.tuples(st.text("ab가.", min_size=1), st.integers(1, 2**40 - 1)), min_size=1))
def test_places_stand_in_the_order_of_file_name_and_line(rows: list[tuple[str, int]]) -> None:
    names = sorted({file for file, _ in rows})
    words = [records.in_words(place, names) for place in np.sort(placed(rows)).tolist()]
    assert words == [f"{file}:{line}" for file, line in sorted(rows)]


def test_line_ten_comes_after_line_nine() -> None:
    ten, nine = placed([("후기.csv", 10), ("후기.csv", 9)])
    assert nine < ten


def test_the_hash_of_a_text_never_changes() -> None:
    [found] = records.hashes(["배송이 늦어요".encode()]).tolist()
    assert found == 1458744672719657387


@pytest.mark.parametrize(
    ("rows", "partitions"),
    [(0, 1), (1, 1), (PARTITION_ROWS, 1), (PARTITION_ROWS + 1, 2), (10 * PARTITION_ROWS, 10)],
)
def test_partitions_grow_with_the_rows(rows: int, partitions: int) -> None:
    assert partition_count(rows) == partitions


@given(st.lists(st.integers(0, 2**64 - 1)), st.integers(1, 5))
def test_every_record_comes_back_from_its_partition(
    tmp_path_factory: pytest.TempPathFactory, keys: list[int], partitions: int
) -> None:
    rows = np.zeros(len(keys), records.TEXT_RECORD)
    rows["text"] = keys
    folder = str(tmp_path_factory.mktemp("records"))
    blocks = dict(spill.write(folder, partitioned(rows, rows["text"], partitions)))
    for partition, block in blocks.items():
        found = spill.read([block], records.TEXT_RECORD)["text"].tolist()
        assert found == [key for key in keys if key % partitions == partition]
    assert sum(block.records for block in blocks.values()) == len(keys)


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "short.bin"
    path.write_bytes(b"short")
    with pytest.raises(OSError, match=r"short\.bin: expected 41 bytes from 0 on, found 5"):
        spill.read([spill.Block(str(path), 0, 1)], records.TEXT_RECORD)
