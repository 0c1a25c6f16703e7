"""Records on their way between two stages: in files, while Beam carries only where they lie.

Beam's local runner keeps all that `GroupByKey` groups in memory, several times over; a kilobyte for
each row would be gigabytes. A file of records in a folder that every worker reaches is small change
for each runner, and comes back as one array.
"""

import uuid
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from components.data_quality.records import Records

Key = TypeVar("Key")


class Block(NamedTuple):
    """Where records lie."""

    path: str
    offset_bytes: int
    records: int


def write(folder: str, parts: Iterable[tuple[Key, Records]]) -> Iterator[tuple[Key, Block]]:
    """Write parts into one new file; yield each part's key with its block, once all are written.

    The name is chance: a runner that does a bundle twice must not write a file twice.
    """
    path, offset_bytes = f"{folder}/{uuid.uuid4().hex}.bin", 0
    blocks: list[tuple[Key, Block]] = []
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        for key, records in parts:
            data = records.tobytes()
            file.write(data)
            blocks.append((key, Block(path, offset_bytes, len(records))))
            offset_bytes += len(data)
    yield from blocks


def read(blocks: Iterable[Block], dtype: "np.dtype[np.void]") -> Records:
    """Return the records of all blocks, in no particular order."""
    every = list(blocks)
    records = np.empty(sum(block.records for block in every), dtype)
    filled = 0
    for block in every:
        records[filled : filled + block.records] = _records(block, dtype)
        filled += block.records
    return records


def _records(block: Block, dtype: "np.dtype[np.void]") -> npt.NDArray[np.void]:
    size_bytes = block.records * dtype.itemsize
    with FileSystems.open(block.path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.seek(block.offset_bytes)
        data = file.read(size_bytes)
    if len(data) != size_bytes:
        raise OSError(
            f"{block.path}: expected {size_bytes} bytes from {block.offset_bytes} on, found "
            f"{len(data)}; all workers must reach the pipeline's root"
        )
    return np.frombuffer(data, dtype)
