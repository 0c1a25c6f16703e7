"""Rows of CSV and TSV, with a quote that never closes held to the line where it opens.

Quotes are those of RFC 4180: one encloses a cell only where it is the cell's first sign, and is
doubled inside. A quote left open would swallow the rows below it up to the next quote. So the
lines under an open quote are kept until it closes, and where it does not close well (text follows
it, the row has the wrong width, the file ends) only its own line is bad: reading goes on with the
line below.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from string import whitespace
from typing import Final, NamedTuple

from components.text_example_gen.lines import Line, without_end

MAX_QUOTED_LINES: Final = 1_000
"""Lines in one cell: more than a person types, few enough to read twice after a fault."""

MAX_QUOTED_CHARS: Final = 64 * 1024 * 1024
"""Characters in one row of several lines; bounds the memory as the longest line does."""

QUOTE: Final = '"'


class Cells(NamedTuple):
    """The cells of one row; `line` is the physical line where it starts, `flaw` its fault."""

    line: int
    cells: list[str]
    raw: str
    flaw: str | None = None


class _BadQuoteError(Exception):
    """A quote that does not close, or not well; its message, if any, is the reason to tell."""


def read_cells(
    lines: Iterable[Line], *, delimiter: str, quoting: bool, width: int | None
) -> Iterator[Cells]:
    """Yield every row; a line of empty or blank cells, as spreadsheets leave them, is none.

    Args:
        lines: The lines of the file, in their order.
        delimiter: The one character between two cells.
        quoting: Whether a quote may enclose a cell.
        width: Cells in a row; none: as many as in the first.
    """
    feed, blank = _Feed(lines), f"{delimiter}{whitespace}"
    for line in feed:
        text = without_end(line.text)
        if not text.strip(blank):
            continue
        if quoting and QUOTE in text:
            row = _quoted(line, feed, delimiter=delimiter, width=width)
        else:
            row = Cells(line.number, text.split(delimiter), text, line.flaw)
        width = width or len(row.cells)
        yield row


class _Feed:
    """The lines ahead, onto which lines read too far are put back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._ahead: deque[Line] = deque()

    def __iter__(self) -> Iterator[Line]:
        return iter(self.next, None)

    def next(self) -> Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def put_back(self, lines: list[Line]) -> None:
        self._ahead.extendleft(reversed(lines))


class _Row:
    """The cells of one row, filled line by line."""

    def __init__(self, delimiter: str) -> None:
        self.cells: list[str] = []
        self.is_open = False
        self.delimiter = delimiter
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        """Take one physical line with its end."""
        position: int | None = self._enclosed(text, 0) if self.is_open else 0
        while position is not None:
            if text.startswith(QUOTE, position):
                position = self._enclosed(text, position + 1)
            else:
                position = self._plain(text, position)

    def _plain(self, text: str, start: int) -> int | None:
        """Take an unquoted cell; return where the next starts, none at the row's end."""
        end = text.find(self.delimiter, start)
        if end < 0:
            self.cells.append(without_end(text[start:]))
            return None
        self.cells.append(text[start:end])
        return end + 1

    def _enclosed(self, text: str, start: int) -> int | None:
        """Take a cell up to its closing quote, or the whole line where the quote stays open."""
        end = _closing_quote(text, start)
        self.is_open = end < 0
        self._parts.append(text[start:] if self.is_open else text[start:end])
        if self.is_open:
            return None
        self.cells.append("".join(self._parts).replace(QUOTE * 2, QUOTE))
        self._parts.clear()
        if text.startswith(self.delimiter, end + 1):
            return end + 2
        if without_end(text[end + 1 :]):
            raise _BadQuoteError
        return None


def _closing_quote(text: str, start: int) -> int:
    """Return where the first single quote at or after `start` stands, or -1."""
    position = text.find(QUOTE, start)
    while position >= 0 and text.startswith(QUOTE, position + 1):
        position = text.find(QUOTE, position + 2)
    return position


def _quoted(first: Line, feed: _Feed, *, delimiter: str, width: int | None) -> Cells:
    row, held = _Row(delimiter), [first]
    try:
        _fill(row, held, feed)
        if len(held) > 1 and width and len(row.cells) != width:
            raise _BadQuoteError(
                f"expected {width} columns, found {len(row.cells)} from here to line "
                f"{held[-1].number}, where a quoted cell ends (if the quote is a stray one, double "
                "it, or set quoting to false)"
            )
    except _BadQuoteError as error:
        feed.put_back(held[1:])
        return _bad(first, row, several=len(held) > 1, told=str(error))
    flaws = [line.flaw for line in held if line.flaw]
    raw = without_end("".join(line.text for line in held))
    return Cells(first.number, row.cells, raw, flaws[0] if flaws else None)


def _fill(row: _Row, held: list[Line], feed: _Feed) -> None:
    row.add(held[0].text)
    chars = len(held[0].text)
    while row.is_open:
        line = feed.next()
        if line is None:
            raise _BadQuoteError
        held.append(line)
        chars += len(line.text)
        if len(held) > MAX_QUOTED_LINES or chars > MAX_QUOTED_CHARS:
            raise _BadQuoteError
        row.add(line.text)


def _bad(line: Line, row: _Row, *, several: bool, told: str) -> Cells:
    """Return the row of a bad quote; the line is bad for its quote, or for an older reason."""
    if told:
        reason = told
    elif several or row.is_open:
        reason = "a quote opens here and closes nowhere (double it, or set quoting to false)"
    else:
        reason = f"text follows the quote that closes cell {len(row.cells)}"
    text = without_end(line.text)
    return Cells(line.number, text.split(row.delimiter), text, line.flaw or reason)
