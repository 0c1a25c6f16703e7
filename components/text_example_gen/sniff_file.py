"""Looks at the start of a file: how it is written, and its first values by column."""

import codecs
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, Final, get_args

from components.text_example_gen import layout, sniff_table
from components.text_example_gen.layout import Layout
from components.text_example_gen.lines import read_lines
from components.text_example_gen.parquet import UnreadableError, column_names, read_parquet
from components.text_example_gen.rows import GZIP_FAULTS, plain
from components.text_example_gen.source import Encoding, Format

SAMPLE_ROWS: Final = 20_000
"""Rows that the guess looks at; more change it seldom, and these are read within a second."""

PARQUET_MAGIC: Final = b"PAR1"

_NO_TABLES: Final = {
    b"PK\x03\x04": "a zip archive, as .xlsx files are",
    b"\xd0\xcf\x11\xe0": "an Office file of old, as .xls files are",
    codecs.BOM_UTF16_LE: "text in UTF-16",
    codecs.BOM_UTF16_BE: "text in UTF-16",
}
"""First bytes of what spreadsheets save and nobody here reads."""

USUAL_DELIMITERS: Final = (",", "\t")
"""Those that csv and tsv have anyway."""


@dataclass(frozen=True)
class Written:
    """How a file is written, its first values by column, and a sentence of why for each choice."""

    format: Format
    sample: Mapping[str, Sequence[str]]
    why: dict[str, str]
    encoding: Encoding = "utf-8"
    delimiter: str | None = None
    quoting: bool = True
    header: bool = True


def look_at(path: str, asked: Sequence[str]) -> Written:
    """Return how a local file is written.

    Args:
        path: The file, gzipped or not.
        asked: Column names that the user gave: text, then label.

    Raises:
        UnreadableError: If the file breaks off or is damaged.
        ValueError: If the file holds no row, or is of a kind that cannot be read.
        OSError: If the file cannot be read.
    """
    with open(path, "rb") as stream:
        if stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            return _from_parquet(stream, path)
        stream.seek(0)
        try:
            with plain(stream) as data:
                lines = list(islice(data, SAMPLE_ROWS))
        except GZIP_FAULTS as error:
            raise UnreadableError(
                f"{path}: breaks off ({error}); fetch or write the file again"
            ) from error
    if not any(line.strip() for line in lines):
        raise ValueError(f"{path}: the file is empty; a guess needs some rows")
    for mark, kind in _NO_TABLES.items():
        if lines[0].startswith(mark):
            raise ValueError(f"{path}: this is {kind}; {_what_to_do()}")
    encoding, reason = sniff_table.encoding_of(lines)
    found = _from_json(lines, encoding) if _looks_like_json(lines) else None
    found = found or _from_table(lines, encoding, asked, path)
    found.why["encoding"] = reason
    return found


def _from_parquet(stream: BinaryIO, path: str) -> Written:
    names = list(dict.fromkeys(column_names(stream, file=path)))
    columns = tuple(layout.Column(name, name, "str") for name in names)
    how = Layout("parquet", "utf-8", None, True, True, (), columns)
    records = islice(read_parquet(stream, how, group=None, file=path), SAMPLE_ROWS)
    rows = [[_shown(value) for value in record.values] for record in records]
    why = {"format": "the file starts with Parquet's mark"}
    return Written("parquet", _by_name(names, rows, path), why)


def _looks_like_json(lines: Sequence[bytes]) -> bool:
    first = next(line for line in lines if line.strip())
    return first.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _from_json(lines: Sequence[bytes], encoding: Encoding) -> Written | None:
    """Return the layout of JSON Lines, or none where no line holds an object."""
    rows = [row for line in lines if (row := _object(line, encoding))]
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_shown(row.get(name)) for name in names] for row in rows]
    why = {"format": f"{len(rows)} of the first {len(lines)} lines hold a JSON object"}
    return Written("jsonl", _by_name(names, cells, ""), why, encoding) if rows else None


def _from_table(
    raw: Sequence[bytes], encoding: Encoding, asked: Sequence[str], path: str
) -> Written:
    ending = PurePosixPath(path.removesuffix(".gz")).suffix.lower()
    expected = "\t" if layout.ENDINGS.get(ending) == "tsv" else ","
    lines = list(read_lines(io.BytesIO(b"".join(raw)), encoding))
    dialect = sniff_table.dialect_of(lines, expected)
    width, _ = sniff_table.width_of(dialect.rows)
    rows = [row.cells for row in dialect.rows if not row.flaw and len(row.cells) == width]
    if not rows:
        raise ValueError(f"{path}: no line can be read as a row; {_what_to_do()}")
    header, reason = sniff_table.header_of(rows, asked)
    first, values = (rows[0], rows[1:]) if header else (_numbered(width), rows)
    written_as: Format = "tsv" if dialect.delimiter == "\t" else "csv"
    return Written(
        format=written_as,
        sample=_by_name([name.strip() for name in first], values, path),
        why=dialect.why | {"format": dialect.why["delimiter"], "header": reason},
        encoding=encoding,
        delimiter=None if dialect.delimiter in USUAL_DELIMITERS else dialect.delimiter,
        quoting=dialect.quoting,
        header=header,
    )


def _what_to_do() -> str:
    """Name what can be read, and the way there from everything else."""
    formats, encodings = ", ".join(get_args(Format)), " or ".join(get_args(Encoding))
    return f"what can be read is {formats}, in {encodings}: save it as CSV in UTF-8"


def _numbered(width: int) -> list[str]:
    return [f"column_{number}" for number in range(1, width + 1)]


def _object(line: bytes, encoding: Encoding) -> dict[str, object] | None:
    try:
        found = json.loads(line.decode(encoding).removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _by_name(
    names: Sequence[str], rows: Sequence[Sequence[str]], path: str
) -> dict[str, list[str]]:
    if not rows:
        raise ValueError(f"{path}: there is no row but the header; a guess needs some rows")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
