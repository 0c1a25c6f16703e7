"""What a value of each kind must be, whether it was written as text, in JSON or in Parquet."""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from components.text_example_gen.layout import Column, Kind
from trainer.text import normalise

Value = str | int | float

MIN_INT: Final = -(2**63)
MAX_INT: Final = 2**63 - 1
"""What an int64 feature holds."""

MAX_FLOAT: Final = (2 - 2**-23) * 2.0**127
"""What a float feature holds: 32 bits (IEEE 754); a greater number would become infinite."""

_MAX_SHOWN_CHARS: Final = 40
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
_BLANKS: Final = "".join(
    sign
    for sign in map(chr, range(0x10000))
    if unicodedata.category(sign)[0] in "ZC" and not normalise(sign)
)
"""What the model takes for a blank. Zero-width spaces stay in what is copied from web pages: nobody
would see why a label is unknown that looks like another."""

_UNSEEN: Final = re.compile(
    f"[{re.escape(_BLANKS)}"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
"""Text of which nothing can be seen: blanks, Unicode's Default_Ignorable_Code_Point (fillers of
Hangul, joiners, variation selectors) and the Braille pattern without dots. Within other text they
stay: joiners make one emoji of several."""


class BadValueError(ValueError):
    """A value that cannot stand in its column; the message says which and why."""


def value_of(found: object, column: Column) -> Value:
    """Return the value for the example.

    Raises:
        BadValueError: If it is of another type, is empty where it must not be, or holds what UTF-8
            and the later steps cannot (a lone surrogate, a NUL).
    """
    value = _READERS[column.kind](found, column)
    if isinstance(value, str):
        _check_characters(value, column)
    return value


def _text(found: object, column: Column) -> str:
    if not isinstance(found, str):
        raise _expected("text", found, column)
    if _UNSEEN.fullmatch(found):
        raise BadValueError(f"column {column.name!r}: the text is empty")
    return found


def _label(found: object, column: Column) -> str:
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise _expected("a label (text or a whole number)", found, column)
    label = _bare(str(found))
    if _UNSEEN.fullmatch(label):
        raise BadValueError(f"column {column.name!r}: the label is empty")
    if len(label.splitlines()) > 1:  # a vocabulary has one label a line
        raise BadValueError(f"column {column.name!r}: the label has a line break")
    return label


def _key(found: object, column: Column) -> str:
    if found is None:
        return ""
    if isinstance(found, datetime.date):
        return found.isoformat()
    if isinstance(found, str | int) and not isinstance(found, bool):
        return _bare(str(found))
    raise _expected("text, a whole number or a day", found, column)


def _str(found: object, column: Column) -> str:
    if found is None:
        return ""
    if isinstance(found, str | int | float | Decimal):
        return str(found)
    raise _expected("text, a number or true or false", found, column)


def _int(found: object, column: Column) -> int:
    number = found
    if isinstance(found, str) and _WHOLE_NUMBER.fullmatch(found.strip()):
        number = int(found) if len(found) <= _MAX_SHOWN_CHARS else None
    if not isinstance(number, int) or isinstance(number, bool) or not MIN_INT <= number <= MAX_INT:
        raise _expected("a whole number of 64 bits", found, column)
    return number


def _float(found: object, column: Column) -> float:
    number = math.nan
    if isinstance(found, str | int | float | Decimal) and not isinstance(found, bool):
        try:
            number = float(found)
        except (ValueError, OverflowError):
            number = math.nan
    is_in_python_only = isinstance(found, str) and "_" in found  # 1_5, which would be 15
    if is_in_python_only or not abs(number) <= MAX_FLOAT:
        raise _expected("a finite number of 32 bits", found, column)
    return number


_READERS: Final[dict[Kind, Callable[[object, Column], Value]]] = {
    "text": _text,
    "label": _label,
    "key": _key,
    "str": _str,
    "int": _int,
    "float": _float,
}


def _check_characters(value: str, column: Column) -> None:
    if "\0" in value:
        raise BadValueError(f"column {column.name!r}: a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        code = ord(value[error.start])
        raise BadValueError(f"column {column.name!r}: a lone surrogate \\u{code:04x}") from None


def _bare(name: str) -> str:
    """Return a label or an id composed and without blanks around it, so that equal ones are."""
    return unicodedata.normalize("NFC", name).strip(_BLANKS)


def _expected(what: str, found: object, column: Column) -> BadValueError:
    shown = _shown(found)
    return BadValueError(f"column {column.name!r}: expected {what}, found {shown}")


def _shown(found: object) -> str:
    shown = repr(found)
    return shown if len(shown) <= _MAX_SHOWN_CHARS else shown[:_MAX_SHOWN_CHARS] + "…"
