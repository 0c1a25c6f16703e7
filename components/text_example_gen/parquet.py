"""Rows of a Parquet file, one row group at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from components.text_example_gen.layout import Layout
from components.text_example_gen.records import Record, positions

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS: Final = 4_096
"""Rows that are held as Python values at once."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""Uncompressed bytes up to which neighbouring row groups are read together: each reading parses the
file's whole footer, in which every row group has its place."""

_BROKEN: Final = (ValueError, OverflowError, LookupError)
"""What a cell raises that no Python value can hold; a time zone without a name in IANA's list is a
LookupError."""


RowGroups = tuple[int, int]
"""Number of the first row group, and of the one after the last."""


class UnreadableError(ValueError):
    """A file that cannot be read to its end; the message names it and what to do."""


def row_groups(stream: BinaryIO, *, file: str) -> Iterator[RowGroups]:
    """Yield the row groups of a Parquet file, small neighbours together.

    Raises:
        UnreadableError: If it is no Parquet file.
    """
    metadata = _open(stream, file).metadata
    first = size_bytes = 0
    for number in range(metadata.num_row_groups):
        size_bytes += metadata.row_group(number).total_byte_size
        if size_bytes >= GROUP_BYTES or number + 1 == metadata.num_row_groups:
            yield first, number + 1
            first, size_bytes = number + 1, 0


def column_names(stream: BinaryIO, *, file: str) -> list[str]:
    """Return the names of the columns.

    Raises:
        UnreadableError: If it is no Parquet file.
    """
    return list(_open(stream, file).schema_arrow.names)


def read_parquet(
    stream: BinaryIO, layout: Layout, *, groups: RowGroups | None, file: str
) -> Iterator[Record]:
    """Yield the rows of some row groups, or of all; a record's `line` is its row in the file.

    Raises:
        MissingColumnError: If the file lacks a column or has it more than once.
        UnreadableError: If it is no Parquet file.
    """
    table = _open(stream, file)
    there = table.schema_arrow.names
    names = [there[place] for place in positions(layout, there, file)]
    first, end = groups or (0, table.num_row_groups)
    row = 1 + sum(table.metadata.row_group(i).num_rows for i in range(first))
    batches = table.iter_batches(BATCH_ROWS, row_groups=list(range(first, end)), columns=names)
    while (batch := _next(batches, file)) is not None:
        yield from _records(batch, names, first_row=row)
        row += batch.num_rows


def _open(stream: BinaryIO, file: str) -> "pyarrow.parquet.ParquetFile":
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(stream)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableError(
            f"{file}: no Parquet file ({_one_line(error)}); write it again"
        ) from error


def _next(batches: "Iterator[pyarrow.RecordBatch]", file: str) -> "pyarrow.RecordBatch | None":
    import pyarrow

    try:
        return next(batches, None)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableError(
            f"{file}: damaged ({_one_line(error)}); fetch or write it again"
        ) from error


def _records(batch: "pyarrow.RecordBatch", names: list[str], *, first_row: int) -> Iterator[Record]:
    columns = [_values(batch.column(batch.schema.get_field_index(name))) for name in names]
    for row, values in enumerate(zip(*columns, strict=True), start=first_row):
        pairs = zip(names, values, strict=True)
        flaws = [f"column {name!r}: {v.flaw}" for name, v in pairs if isinstance(v, _Broken)]
        yield Record(row, values, raw=None, flaw=flaws[0] if flaws else None)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@dataclass(frozen=True)
class _Broken:
    """A cell that no Python value can hold."""

    shown: str
    flaw: str

    def __str__(self) -> str:
        return self.shown


def _values(column: "pyarrow.Array") -> list[object]:
    import pyarrow

    if isinstance(column, pyarrow.DictionaryArray):
        column = column.dictionary_decode()
    try:
        values = list(column.to_pylist())
    except _BROKEN:
        return [_value(cell) for cell in column]
    if pyarrow.types.is_decimal(column.type) and column.type.scale == 0:
        return [None if value is None else int(value) for value in values]
    return values


def _value(cell: "pyarrow.Scalar") -> object:
    try:
        return cell.as_py()
    except UnicodeDecodeError as error:
        return _Broken(error.object.decode("utf-8", "surrogateescape"), "bytes that are no utf-8")
    except _BROKEN as error:
        return _Broken("", f"a {cell.type} that cannot be read ({_one_line(error)})")
