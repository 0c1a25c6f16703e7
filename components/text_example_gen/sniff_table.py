"""Guesses how a table is written: its encoding, its delimiter, its quotes, its header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from components.text_example_gen.delimited import QUOTE, Cells, read_cells
from components.text_example_gen.layout import composed
from components.text_example_gen.lines import Line
from components.text_example_gen.sniff_columns import LABEL_NAMES, TEXT_NAMES, named
from components.text_example_gen.source import Encoding

DELIMITERS: Final = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}

MAX_ROWS_ABOVE: Final = 10
"""Rows above the names of the columns, such as a report's title, among which these are sought."""

MAX_NAME_CHARS: Final = 40
"""A column's name is shorter; where nothing else tells, a longer first cell is a value."""

_FEW_DISTINCT_SHARE: Final = 0.1
"""A column with fewer distinct values than this share of its rows repeats a set of values."""

_NUMBER_OR_DAY = re.compile(r"[+-]?[0-9]([0-9.,:/ TZ+-]|오전|오후|[AP]M|GMT)*")


@dataclass(frozen=True)
class Dialect:
    """How a table is written; `why` has a sentence for each choice."""

    delimiter: str
    quoting: bool
    rows: tuple[Cells, ...]
    why: dict[str, str]


def encoding_of(raw: Sequence[bytes]) -> tuple[Encoding, str]:
    """Return the encoding that decodes more of the lines, and why."""
    utf8, cp949 = (sum(_decodes(line, name) for line in raw) for name in ("utf-8", "cp949"))
    if utf8 >= cp949:
        return "utf-8", f"{utf8} of the first {len(raw)} lines are valid utf-8"
    return "cp949", f"{cp949} of the first {len(raw)} lines are valid cp949, {utf8} are valid utf-8"


def dialect_of(lines: Sequence[Line], expected: str) -> Dialect:
    """Return the delimiter and quoting under which most rows have the same width.

    Args:
        lines: The first lines of the table.
        expected: The delimiter that the file's ending lets expect; wins where two fit alike.
    """
    tried = [_read(lines, sign, quoting) for sign, quoting in product(DELIMITERS, (True, False))]
    best = max(tried, key=lambda found: _fit(found, expected))
    return _explained(best)


def header_of(rows: Sequence[Sequence[str]], asked: Sequence[str]) -> tuple[bool, str]:
    """Return whether the first row names the columns, and why.

    Args:
        rows: The first rows, all of one width.
        asked: Column names that the user gave.
    """
    first, rest = [composed(cell.strip()) for cell in rows[0]], rows[1:]
    for name in asked:
        if name in first:
            return True, f"the first row holds the name {name!r}"
    columns = [[cell.strip() for cell in column] for column in zip(*rest, strict=True)]
    columns = columns or [[] for _ in first]
    for name, below in zip(first, columns, strict=True):
        if name and name in below and _repeats(below):
            return False, f"{name!r} stands again among the repeated values below it"
    own = [name for name, below in zip(first, columns, strict=True) if name not in below]
    if usual := named(own, (*TEXT_NAMES, *LABEL_NAMES)):
        return True, f"the first row holds the usual name {usual!r}"
    if any(_NUMBER_OR_DAY.fullmatch(cell) for cell in first):
        return False, "the first row holds a number or a day, as no header does"
    for name, below in zip(first, columns, strict=True):
        if reason := _looks_named(name, below):
            return reason
    words = all(
        len(cell) <= MAX_NAME_CHARS and cell.replace(" ", "_").isidentifier()
        for cell in first
        if cell
    )
    kind = "short words, as names are" if words else "no plain words"
    return words, f"the first row holds {kind}"


def fault_of_header(rows: Sequence[Cells], asked: Sequence[str]) -> str | None:
    """Return why the row that holds all names that the user gave cannot head the table.

    Args:
        rows: The first rows, whatever their width.
        asked: Column names that the user gave.

    Returns:
        None where it can, or where no row holds the names.
    """
    looked_at = rows[: MAX_ROWS_ABOVE + 1] if asked else ()
    names = ({composed(cell.strip()) for cell in row.cells} for row in looked_at)
    found = (row for row, held in zip(looked_at, names, strict=True) if held.issuperset(asked))
    row = next(found, None)
    width, _ = width_of(rows)
    if row and row is not rows[0]:
        above = "the line above it" if row.line == 2 else "the lines above it"
        return f"line {row.line} names the columns, not the first row; delete {above}"
    if row and len(row.cells) != width:
        return (
            f"line {row.line} names {len(row.cells)} columns, but most rows have {width}; name "
            "every column, or mend the rows"
        )
    return None


def _looks_named(name: str, below: Sequence[str]) -> tuple[bool, str] | None:
    """Return whether a column's first cell is its name, and why; none: the cells do not tell."""
    if not name:
        also = "" in below and any(below)
        return (False, "the first row holds an empty cell, as rows below it do") if also else None
    if not below:
        return None
    if all(map(_NUMBER_OR_DAY.fullmatch, below)):
        return True, f"below {name!r} there are only numbers or days"
    if _repeats(below):
        return True, f"{name!r} does not stand again among the repeated values below it"
    return None


def _repeats(below: Sequence[str]) -> bool:
    """Tell whether a column repeats a few values, as labels do."""
    return len(set(below)) <= _FEW_DISTINCT_SHARE * len(below)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _read(lines: Sequence[Line], delimiter: str, quoting: bool) -> Dialect:
    rows = read_cells(lines, delimiter=delimiter, quoting=quoting, width=None)
    return Dialect(delimiter, quoting, tuple(rows), {})


def width_of(rows: Sequence[Cells]) -> tuple[int, int]:
    """Return the commonest width of the rows without a flaw, and how many have it."""
    widths = Counter(len(row.cells) for row in rows if not row.flaw)
    return widths.most_common(1)[0] if widths else (0, 0)


def _fit(found: Dialect, expected: str) -> tuple[bool, float, bool, bool, int]:
    width, regular = width_of(found.rows)
    share = regular / max(1, len(found.rows))
    quoting_fits = found.quoting == _uses_quotes(found)
    return width > 1, share, found.delimiter == expected, quoting_fits, width


def _uses_quotes(found: Dialect) -> bool:
    """Tell whether quotes enclose cells; in comma-separated files they do once it is needed."""
    enclosed = re.compile(rf"(^|{re.escape(found.delimiter)}){QUOTE}")
    return found.delimiter == "," or any(enclosed.search(row.raw) for row in found.rows)


def _explained(found: Dialect) -> Dialect:
    width, regular = width_of(found.rows)
    name = DELIMITERS[found.delimiter]
    quotes = sum(QUOTE in row.raw for row in found.rows)
    read = "enclosing cells" if found.quoting else "signs like any other"
    why = {
        "delimiter": f"with a {name} {regular} of {len(found.rows)} rows have {width} columns",
        "quoting": f"{quotes} rows hold quotes; read as {read} they fit best",
    }
    return Dialect(found.delimiter, found.quoting, found.rows, why)
