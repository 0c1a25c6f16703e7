"""Example files, a bounded number of rows at a time."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import tensorflow as tf

from components.data_quality.chunk import Chunk
from components.provenance import ROW_FEATURE, parsed
from components.text_example_gen.source import Columns

CHUNK_ROWS: Final = 16_384
CHUNK_BYTES: Final = 16 * 1024 * 1024
"""What one chunk holds at most, rows or bytes of text: it bounds a worker's memory."""

_READ_ROWS: Final = 512
"""Examples parsed at once: 5 MB where every row has 10 kB."""


class SplitFile(NamedTuple):
    """One file of gzipped examples."""

    split: str
    path: str


def read_chunks(
    path: str,
    columns: Columns,
    *,
    max_rows: int = CHUNK_ROWS,
    max_bytes: int = CHUNK_BYTES,
) -> Iterator[Chunk]:
    """Yield the rows of a file of gzipped `tf.train.Example`s.

    Raises:
        ValueError: If an example does not tell where its row stands.
    """
    chunk, size_bytes = Chunk(), 0
    for texts, labels, origins in _columns(path, columns):
        for text, label, origin in zip(texts, labels, origins, strict=True):
            file, line = parsed(origin.decode())
            chunk.texts.append(text)
            chunk.labels.append(label)
            chunk.files.append(file)
            chunk.lines.append(line)
            size_bytes += len(text)
            if len(chunk.texts) == max_rows or size_bytes >= max_bytes:
                yield chunk
                chunk, size_bytes = Chunk(), 0
    if chunk.texts:
        yield chunk


def _columns(path: str, columns: Columns) -> Iterator[tuple[list[bytes], list[bytes], list[bytes]]]:
    names = (columns.text, columns.label, ROW_FEATURE)
    features = {name: tf.io.FixedLenFeature([], tf.string, default_value="") for name in names}
    records = tf.data.TFRecordDataset(path, compression_type="GZIP").batch(_READ_ROWS)
    for batch in records.map(lambda rows: tf.io.parse_example(rows, features)):
        texts, labels, origins = (batch[name].numpy().tolist() for name in names)
        yield texts, labels, origins
