"""One file in, good rows and bad rows out, each with the line where it stands.

Text files are streamed line by line and Parquet batch by batch: the memory does not grow with the
file. Every row that was read comes out, as one or the other; blank lines are no rows.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, Final, NamedTuple, cast

from components.text_example_gen.layout import Layout, format_of
from components.text_example_gen.lines import printable
from components.text_example_gen.parquet import RowGroups, UnreadableError, read_parquet
from components.text_example_gen.records import Record, read_records
from components.text_example_gen.values import BadValueError, Value, value_of

GZIP_MAGIC: Final = b"\x1f\x8b"
"""RFC 1952. No UTF-8 or CP949 text starts so, and no Parquet file."""

GZIP_FAULTS: Final = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a gzip file raises that is cut short or damaged."""

MAX_KEPT_CHARS: Final = 10_000
"""Of a bad row, so many characters are kept to look at; the line tells where the rest is."""

_BUFFER_BYTES: Final = 1024 * 1024


class Good(NamedTuple):
    """A row that becomes an example: each feature's name and value."""

    line: int
    values: dict[str, Value]


class Bad(NamedTuple):
    """A row that goes to quarantine: `line` is where it starts (in Parquet: the row)."""

    file: str
    line: int
    reason: str
    row: str


def read_rows(
    stream: BinaryIO, layout: Layout, *, file: str, groups: RowGroups | None = None
) -> Iterator[Good | Bad]:
    """Yield every row of a file, in its order.

    Args:
        stream: The file's bytes, gzipped or not.
        layout: How it is written and which columns are read.
        file: Its path, for its format and for messages.
        groups: The row groups to read of a Parquet file; none: all.

    Raises:
        MissingColumnError: If the file lacks a column or has it more than once.
        UnreadableError: If the file breaks off or is not what its format says.
    """
    for record in _records(stream, layout, file=file, groups=groups):
        yield check(record, layout, file=file)


def check(record: Record, layout: Layout, *, file: str) -> Good | Bad:
    """Return the record as a good row, or as a bad one with the first reason found."""
    if record.flaw:
        return _bad(record, record.flaw, layout, file=file)
    try:
        pairs = zip(layout.columns, record.values, strict=True)
        return Good(record.line, {c.feature: value_of(found, c) for c, found in pairs})
    except BadValueError as error:
        return _bad(record, str(error), layout, file=file)


@contextmanager
def plain(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Open the bytes of a stream, unzipped where they are gzipped; closes the stream after."""
    with ExitStack() as opened:
        buffered = opened.enter_context(_buffered(stream))
        if buffered.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):
            unzipped = opened.enter_context(gzip.GzipFile(fileobj=buffered))
            buffered = opened.enter_context(_buffered(unzipped))
        yield buffered


def _buffered(stream: BinaryIO | gzip.GzipFile) -> io.BufferedReader:
    """Return the stream with a buffer of its own: it makes the lines of a gzip file come fast."""
    return io.BufferedReader(cast(io.RawIOBase, stream), _BUFFER_BYTES)


def _records(
    stream: BinaryIO, layout: Layout, *, file: str, groups: RowGroups | None
) -> Iterator[Record]:
    file_format = format_of(file, layout)
    if file_format == "parquet":
        yield from read_parquet(stream, layout, groups=groups, file=file)
        return
    line = 0
    try:
        with plain(stream) as data:
            for record in read_records(data, layout, file_format=file_format, file=file):
                line = record.line
                yield record
    except GZIP_FAULTS as error:
        raise UnreadableError(
            f"{file}: breaks off somewhere after line {line} ({error}); "
            "fetch or write the file again"
        ) from error


def _bad(record: Record, reason: str, layout: Layout, *, file: str) -> Bad:
    row = printable(_as_json(record, layout) if record.raw is None else record.raw)
    if len(row) > MAX_KEPT_CHARS:
        row = f"{row[:MAX_KEPT_CHARS]}… ({len(row)} characters)"
    return Bad(file, record.line, printable(reason), row)


def _as_json(record: Record, layout: Layout) -> str:
    names = [column.name for column in layout.columns]
    pairs = dict(zip(names, record.values, strict=True))
    return json.dumps(pairs, ensure_ascii=False, default=str)
