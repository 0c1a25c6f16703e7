"""Example files, a bounded number of rows at a time."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from components.data_quality.chunk import Chunk
from components.examples import batches
from components.provenance import ROW_FEATURE, parsed
from components.text_example_gen.source import Columns

CHUNK_ROWS: Final = 16_384
CHUNK_BYTES: Final = 16 * 1024 * 1024
"""What one chunk holds at most, rows or bytes of text: it bounds a worker's memory."""


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
    for batch in batches(path, columns):
        names = (columns.text, columns.label, ROW_FEATURE)
        parts = (batch[name].numpy().tolist() for name in names)
        for text, label, origin in zip(*parts, strict=True):
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
