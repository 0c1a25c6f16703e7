"""A chunk of rows as records, and which partition each record belongs to."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from components.data_quality.chunk import Chunk
from components.data_quality.minhash import BANDS, MIN_CHARS, signatures
from components.data_quality.near import BAND_RECORD
from components.data_quality.records import TEXT_RECORD, Hashes, Records, hashes

PARTITION_ROWS: Final = 250_000
"""Rows that are compared with each other at a time: 30 MB of the largest records. Rows from one
template share bands and land in one partition: memory is then bounded by the template's rows."""


def partition_count(rows: int) -> int:
    """Return into how many partitions so many rows go."""
    return max(1, -(-rows // PARTITION_ROWS))


def text_records(chunk: Chunk, normalised: Sequence[str], *, is_eval: bool) -> Records:
    """Return one `TEXT_RECORD` a row; `normalised` are the chunk's texts."""
    records = np.empty(len(normalised), TEXT_RECORD)
    records["text"] = hashes(text.encode() for text in normalised)
    records["raw"] = hashes(chunk.texts)
    records["label"] = _repeated_hashes(chunk.labels)
    records["file"] = _repeated_hashes([file.encode() for file in chunk.files])
    records["line"] = chunk.lines
    records["is_eval"] = is_eval
    return records


def band_records(records: Records, normalised: Sequence[str]) -> list[Records]:
    """Return the `BAND_RECORD`s of the rows that are long enough, band by band.

    Args:
        records: of `TEXT_RECORD`, one for each text.
        normalised: the texts.
    """
    is_long = np.fromiter((len(text) >= MIN_CHARS for text in normalised), np.bool_)
    texts = [text for text in normalised if len(text) >= MIN_CHARS]
    if not texts:
        return []
    signed, rows = signatures(texts), records[is_long]
    by_band = np.empty((BANDS, len(texts)), BAND_RECORD)
    for name in ("text", "file", "line", "is_eval"):
        by_band[name] = rows[name]
    by_band["band"] = signed.bands.T
    by_band["sketch"] = signed.sketches
    return list(by_band)


def partitioned(records: Records, keys: Hashes, partitions: int) -> Iterator[tuple[int, Records]]:
    """Yield the records of each partition, which their keys decide; none that is empty."""
    owners: npt.NDArray[np.uint64] = keys % np.uint64(partitions)
    for owner in np.unique(owners).tolist():
        yield owner, records[owners == owner]


def _repeated_hashes(values: Sequence[bytes]) -> Hashes:
    """Return the hash of each value, where few of them differ."""
    known = sorted(set(values))
    by_value = dict(zip(known, hashes(known).tolist(), strict=True))
    return np.fromiter((by_value[value] for value in values), np.uint64, len(values))
