"""Personal data by its look: e-mail addresses, phone, card and resident registration numbers.

Only the kind is told, never what was seen. A look is no proof: a made-up number counts, and an
order number that is written just like a resident registration number cannot be told from one.
Numbers of services (1588-1234, 080-...) and numbers that stand for another (050x) name no person.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from typing import Final, Literal, get_args

Kind = Literal["email", "phone", "card", "resident_registration"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_DASH: Final = r"-\u2010-\u2015\u2212\u3161"
"""Within brackets: the hyphen, the dashes and the minus sign that word processors make of it, and
the Korean vowel eu, which is typed in its place. Beside a number a dash is punctuation."""

_NO_DIGITS_BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][-.])"
_NO_DIGITS_AFTER: Final = r"(?![0-9]|[-.][0-9])"

_EMAIL = re.compile(
    # From the @ on, with parts as short as in RFC 1035, 2.3.4: however a text is made, the time for
    # it must grow with its length alone. Of the part before the @ one sign tells enough.
    # A size such as @2x marks an image file's name, icon@2x.png.
    r"(?<=[A-Za-z0-9_%+-])@(?![0-9]x\.)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,126}[A-Za-z]{2,63}(?![A-Za-z0-9])"
)

_MOBILE: Final = r"1[016789]"
_AREA: Final = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)"
"""Area codes without the leading 0, and 070 for internet telephony."""

_DOTS: Final = r".\u00b7\u30fb\u318d"
"""Within brackets: the full stop and the middle dots of Korean and Japanese keyboards."""

_GAP: Final = rf"(?: ?[{_DASH}{_DOTS}] ?| )"
_PHONE = re.compile(
    rf"(?:(?<![0-9])(?<![0-9][-.])0{_MOBILE}[{_DASH}][0-9]{{3,4}}[{_DASH}][0-9]{{4}}"
    rf"|{_NO_DIGITS_BEFORE}(?:"
    # Without gaps, 11 digits from 010 on are a phone; 9 or 10 from 02 on may be anything.
    rf"\(?(?:0|82[{_DASH}]|82 (?=10)){_MOBILE}(?:\) ?|{_GAP})?[0-9]{{3,4}}{_GAP}?[0-9]{{4}}"
    rf"|\(?0{_AREA}(?:\) ?|{_GAP})[0-9]{{3,4}}{_GAP}[0-9]{{4}}"
    rf"|\+82{_GAP}?(?:\(0\)|0)?(?:{_MOBILE}|{_AREA}){_GAP}?[0-9]{{3,4}}{_GAP}?[0-9]{{4}}"
    rf")){_NO_DIGITS_AFTER}"
)

_CARD = re.compile(
    rf"{_NO_DIGITS_BEFORE}(?:"
    # First digits as issuers have them (ISO/IEC 7812; 9 is Korea's own): 1 starts a time in
    # milliseconds, 20 an order number with its day, 88 a barcode, 978 a book.
    rf"(?:2[2-7]|[3-69][0-9])[0-9]{{2}}([{_DASH} ]?)[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}"
    rf"|3[47][0-9]{{2}}([{_DASH} ]?)[0-9]{{6}}\2[0-9]{{5}}"
    rf"|3[0689][0-9]{{2}}([{_DASH} ]?)[0-9]{{6}}\3[0-9]{{4}}"
    r"|4[0-9]{12}"
    rf"){_NO_DIGITS_AFTER}"
)

_RESIDENT = re.compile(
    rf"{_NO_DIGITS_BEFORE}([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})( ?[{_DASH}] ?| )?([0-9])([0-9]{{6}})"
    rf"{_NO_DIGITS_AFTER}"
)
_CENTURIES: Final = (
    {"9": 1800, "0": 1800} | dict.fromkeys("1256", 1900) | dict.fromkeys("3478", 2000)
)
"""By the digit after the birthday, which also tells sex and nationality."""

_RESIDENT_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)

_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_NARROW: Final = {code: code - 0xFF01 + ord("!") for code in _FULL_WIDTH} | {0x3000: " ", 0xA0: " "}
"""Full-width signs, which Korean and Japanese input methods write as well, become ASCII's, and
their blank and the unbreakable one of web pages a plain one."""

_WORTH_A_LOOK = re.compile(r"[@\uff20]|[0-9\uff10-\uff19]{3}")
"""Whatever is personal holds one of these; most texts hold neither."""


def kinds(text: str) -> Iterator[Kind]:
    """Yield each kind of personal data that a text seems to hold, in the order of `KINDS`."""
    if _WORTH_A_LOOK.search(text):
        narrow = text.translate(_NARROW)
        yield from (kind for kind, is_in in _LOOKS.items() if is_in(narrow))


def _has_email(text: str) -> bool:
    return _EMAIL.search(text) is not None


def _has_phone(text: str) -> bool:
    return _PHONE.search(text) is not None


def _has_card(text: str) -> bool:
    return any(_passes_luhn(match[0]) for match in _CARD.finditer(text))


def _has_resident_registration(text: str) -> bool:
    return any(_is_resident(match) for match in _RESIDENT.finditer(text))


_LOOKS: Final[dict[Kind, Callable[[str], bool]]] = {
    "email": _has_email,
    "phone": _has_phone,
    "card": _has_card,
    "resident_registration": _has_resident_registration,
}


def _passes_luhn(number: str) -> bool:
    """Tell whether the check digit fits (ISO/IEC 7812-1, annex B)."""
    digits = [int(sign) for sign in reversed(number) if sign.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_resident(match: re.Match[str]) -> bool:
    """Tell whether the birthday exists and, where no sign parts it from the rest, the check fits.

    Since October 2020 the last digits are random, so that a parted number needs no check; 13 digits
    in a row are a number of some other kind too often.
    """
    year, month, day, gap, century, rest = match.groups()
    if not 1 <= int(month) <= 12:
        return False
    _, last_day = calendar.monthrange(_CENTURIES[century] + int(year), int(month))
    if not 1 <= int(day) <= last_day:
        return False
    return bool(gap) or _passes_resident_check(f"{year}{month}{day}{century}{rest}")


def _passes_resident_check(number: str) -> bool:
    digits = [int(sign) for sign in number]
    weighted = sum(digit * weight for digit, weight in zip(digits, _RESIDENT_WEIGHTS, strict=False))
    return (11 - weighted % 11) % 10 == digits[-1]
