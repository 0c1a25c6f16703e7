"""A gate's findings as a table for the terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len

from components.data_gate.verdict import Finding

_HEADINGS: Final = ("level", "rule", "where", "found", "limit")
_INDENT: Final = "    "
_GAP: Final = "  "


def table(findings: Sequence[Finding]) -> str:
    """Lay findings out in columns, what refuses first, with rows and advice below each.

    Columns are as wide as their widest cell on the terminal, where Hangul takes two places.
    """
    ordered = sorted(findings, key=lambda finding: finding.level != "refuse")
    cells = [_HEADINGS, *((f.level, f.rule, f.subject, f.figure, f.limit) for f in ordered)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    heading, *rows = (_line(row, widths) for row in cells)
    below = (_below(finding) for finding in ordered)
    body = (line for row, more in zip(rows, below, strict=True) for line in (row, *more))
    return "\n".join(_INDENT + line for line in (heading, *body))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return _GAP.join(padded).rstrip()


def _below(finding: Finding) -> Iterator[str]:
    yield f"{_INDENT}-> {finding.advice}"
    for row in finding.rows:
        yield f"{_INDENT}   {row}"
