"""Reads the figures that a refusal tells, and finds the nearest limit that they keep."""

import math
import re
from decimal import Decimal
from typing import Final, Literal

from pipeline.schema_contract.text_proto import unescaped

_FIGURE: Final = re.compile(r"(?P<digits>-?\d[\d,]*(?:\.(?P<decimals>\d+))?)\s?(?P<percent>%)?")
_LISTED: Final = re.compile(r"(?P<value>.+?) \((?:~\d+|<1)%\)(?:, |\.?\s*$)", re.DOTALL)
_UNEXPECTED: Final = "values missing from the schema: "
_ACTUAL: Final = re.compile(r"actual = (?P<figure>[\d.e+-]+)")
_BEYOND: Final = re.compile(r"[Uu]nexpectedly \w+ values?: (?P<figure>-?[\d.]+(?:e[+-]?\d+)?)")

_DIGITS: Final = 6
"""Of a float, as many as TFDV's words have."""

_DECIMALS: Final = 4
"""Of a loosened share or distance: finer than data repeats from day to day."""


def limit_that_keeps(figure: str, side: Literal["least", "most"]) -> str | None:
    """Find the limit nearest to a figure that was refused, by which it passes.

    A figure with decimals was rounded, so the limit stands one unit of its last place further.

    Args:
        figure: what a gate told, such as `1.50% of 1,000 rows (15)`.
        side: whether the limit is the least or the most that is allowed.

    Returns:
        The limit as YAML writes it, a percentage as its share; none: there is no figure.
    """
    match = _FIGURE.search(figure)
    if not match:
        return None
    number = Decimal(match["digits"].replace(",", ""))
    if match["decimals"] or match["percent"]:
        unit = Decimal(1).scaleb(-len(match["decimals"] or ""))
        number += unit if side == "most" else -unit
    share = number.scaleb(-2) if match["percent"] else number
    return f"{share.normalize():f}"


def unexpected_values(description: str) -> list[str]:
    """Read the values that a domain lacks from TFDV's description."""
    _, found, listed = description.partition(_UNEXPECTED)
    values = (match["value"] for match in _LISTED.finditer(listed if found else ""))
    return [unescaped(value) for value in values]


def actual(description: str) -> float | None:
    """Read what TFDV measured where it tells `actual = ...`."""
    match = _ACTUAL.search(description)
    return float(match["figure"].rstrip(".")) if match else None


def beyond(description: str) -> float | None:
    """Read the value that TFDV found beyond a numeric domain.

    One that it rounded, to six digits, is taken one unit of its last digit further out.
    """
    match = _BEYOND.search(description)
    if not match:
        return None
    number = Decimal(match["figure"].rstrip("."))
    if "significant digits" not in description:
        return int(number)
    _, digits, exponent = number.as_tuple()
    if len(digits) >= _DIGITS:
        unit = Decimal(1).scaleb(int(exponent))
        number += -unit if " low " in description else unit
    return float(number)


def just_above(figure: float) -> float:
    """Round up to a limit that the figure keeps."""
    above = math.ceil(figure * 10**_DECIMALS) / 10**_DECIMALS
    return above if above > figure else round(above + 10**-_DECIMALS, _DECIMALS)


def just_below(figure: float) -> float:
    """Round down to a limit that the figure keeps."""
    return math.floor(figure * 10**_DECIMALS) / 10**_DECIMALS
