"""Looks at the start of a file: how it is written, and its first values by column."""

import codecs
import io
import json
import re
from collections import Counter
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

SAMPLE_BYTES: Final = 16 * 1024 * 1024
"""Bytes that the guess looks at: where rows are long, fewer of them do."""

MIN_KEY_SHARE: Final = 0.01
"""A key that fewer of the JSON rows have is no column but a value of its own, such as an id."""

PARQUET_MAGIC: Final = b"PAR1"

_NO_TABLES: Final = {
    b"PK\x03\x04": "a zip archive, as .xlsx files are",
    b"\xd0\xcf\x11\xe0": "an Office file of old, as .xls files are",
    codecs.BOM_UTF16_LE: "text in UTF-16",
    codecs.BOM_UTF16_BE: "text in UTF-16",
}
"""First bytes of what spreadsheets save and nobody here reads."""

_JSON_IN_ONE_PIECE = re.compile(rb"\[\s*(\{|$)|\{\s*$")
"""The first line of an array of objects, or of an object over several lines."""

_SEPARATOR_OF_EXCEL = re.compile(rb"sep=.?\s*", re.IGNORECASE)

USUAL_DELIMITERS: Final = (",", "\t")
"""Those that csv and tsv have anyway."""


@dataclass(frozen=True)
class Written:
    """How a file is written, its first values by column, and a sentence of why for each choice."""

    format: Format
    sample: Mapping[str, Sequence[object]]
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
                lines = _first_lines(data)
        except GZIP_FAULTS as error:
            raise UnreadableError(
                f"{path}: breaks off ({error}); fetch or write the file again"
            ) from error
    if not any(line.strip() for line in lines):
        raise ValueError(f"{path}: the file is empty; a guess needs some rows")
    if reason := _no_rows(lines):
        raise ValueError(f"{path}: {reason}")
    encoding, reason = sniff_table.encoding_of(lines)
    found = _from_json(lines, encoding, asked) if _start(lines).startswith(b"{") else None
    found = found or _from_table(lines, encoding, asked, path)
    found.why["encoding"] = reason
    return found


def _first_lines(data: BinaryIO) -> list[bytes]:
    lines: list[bytes] = []
    left = SAMPLE_BYTES
    while left and len(lines) < SAMPLE_ROWS and (line := data.readline(left)):
        lines.append(line)
        left -= len(line)
    return lines if left else lines[:-1] or lines  # the last line may be cut


def _no_rows(lines: Sequence[bytes]) -> str | None:
    """Return what the file is, and what to do, where its lines can be no rows."""
    for mark, kind in _NO_TABLES.items():
        if lines[0].startswith(mark):
            return f"this is {kind}; {_what_to_do()}"
    if _JSON_IN_ONE_PIECE.match(_start(lines)):
        return "this is JSON in one piece, as an array is; write one object a line (JSON Lines)"
    if _SEPARATOR_OF_EXCEL.fullmatch(_start(lines)):
        return "its first line tells Excel the delimiter and names no column; delete that line"
    if len(lines) == 1 and b"\r" in lines[0].strip():
        return "its lines end in a carriage return alone, as on old Macs; save it with line feeds"
    if len(lines[0]) == SAMPLE_BYTES:
        return f"the first line has {SAMPLE_BYTES} bytes or more; write one row a line"
    return None


def _start(lines: Sequence[bytes]) -> bytes:
    """Return the first line that is not blank, from its first sign on."""
    first = next(line for line in lines if line.strip())
    return first.removeprefix(codecs.BOM_UTF8).lstrip()


def _from_parquet(stream: BinaryIO, path: str) -> Written:
    there = [layout.composed(name) for name in column_names(stream, file=path)]
    names = [name for name in there if there.count(name) == 1]
    columns = tuple(layout.Column(name, name, "str") for name in names)
    how = Layout("parquet", "utf-8", None, True, True, (), columns)
    records = islice(read_parquet(stream, how, groups=None, file=path), SAMPLE_ROWS)
    sample = _by_name(names, [record.values for record in records], path)
    why = {"format": "the file starts with Parquet's mark"}
    return Written("parquet", {name: sample.get(name, ()) for name in there if name}, why)


def _from_json(lines: Sequence[bytes], encoding: Encoding, asked: Sequence[str]) -> Written | None:
    """Return the layout of JSON Lines, or none where no line holds an object."""
    rows = [row for line in lines if (row := _object(line, encoding))]
    rows = [{layout.composed(name): value for name, value in row.items()} for row in rows]
    found = Counter(name for row in rows for name in row)
    least = MIN_KEY_SHARE * len(rows)
    names = [name for name, count in found.items() if count >= least or name in asked]
    cells = [[row.get(name) for name in names] for row in rows]
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
    if fault := sniff_table.fault_of_header(dialect.rows, asked):
        raise ValueError(f"{path}: {fault}")
    flaw = next((f"line {row.line}: {row.flaw}" for row in dialect.rows if row.flaw), None)
    if flaw and header and len(rows) == 1:
        raise ValueError(f"{path}: no line below the header can be read, {flaw}; {_what_to_do()}")
    first, values = (rows[0], rows[1:]) if header else (_numbered(width), rows)
    written_as: Format = "tsv" if dialect.delimiter == "\t" else "csv"
    return Written(
        format=written_as,
        sample=_by_name([layout.composed(name.strip()) for name in first], values, path),
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


def _by_name(
    names: Sequence[str], rows: Sequence[Sequence[object]], path: str
) -> dict[str, Sequence[object]]:
    """Return the values of each name; a name that stands twice has none, an empty one is none."""
    if not rows:
        raise ValueError(f"{path}: there is no row but the header; a guess needs some rows")
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return {name: values if names.count(name) == 1 else () for name, values in columns if name}
