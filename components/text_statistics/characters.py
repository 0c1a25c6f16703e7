"""What kind of character each of Unicode's code points is, as a table to look up by."""

import unicodedata
from enum import IntEnum
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.text import normalise

CODE_POINTS: Final = 0x110000

REPLACEMENT: Final = 0xFFFD
"""What stands for bytes that could not be decoded."""


class Kind(IntEnum):
    """The kinds; those from `HANGUL` on make up the denominator of a script's share.

    A script's marks, format characters, punctuation and symbols are `MARK`: they go with the
    letters around them. Emoji are counted one by one, without joiners and variation selectors.
    """

    BLANK = 0
    MARK = 1
    HANGUL = 2
    JAMO = 3
    LATIN = 4
    DIGITS = 5
    HAN = 6
    KANA = 7
    EMOJI = 8
    OTHER = 9


FIRST_SCRIPT: Final = Kind.HANGUL

_LETTERS: Final = {
    Kind.HANGUL: ((0xAC00, 0xD7A3),),
    Kind.JAMO: (
        (0x1100, 0x11FF),  # conjoining: what NFD makes of syllables
        (0x3131, 0x318E),  # compatibility: ㅋㅋ, ㅠㅠ as a keyboard types them
        (0xA960, 0xA97C),
        (0xD7B0, 0xD7FB),
        (0xFFA0, 0xFFDC),
    ),
    Kind.LATIN: (
        (0x0041, 0x02AF),
        (0x1D00, 0x1D25),
        (0x1D62, 0x1D9A),
        (0x1E00, 0x1EFF),
        (0x2071, 0x209C),
        (0x2183, 0x2184),
        (0x2C60, 0x2C7F),
        (0xA722, 0xA7FF),
        (0xAB30, 0xAB68),
        (0xFB00, 0xFB06),
        (0xFF21, 0xFF5A),
    ),
    Kind.HAN: (
        (0x3005, 0x3007),
        (0x3021, 0x3029),
        (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF),
        (0x20000, 0x3FFFF),
    ),
    Kind.KANA: ((0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F), (0x1AFF0, 0x1B16F)),
}
"""Blocks of Unicode's scripts; of each, only letters and Han numerals count."""

_EMOJI: Final = (
    (0x231A, 0x231B),
    (0x23E9, 0x23FA),
    (0x2600, 0x27BF),
    (0x2B05, 0x2B55),
    (0x1F000, 0x1FAFF),
)
"""Pictographs: emoji, and the older signs that Korean texts use like them (♥, ★, ♡)."""

_VOWELS_AND_FINALS: Final = ((0x1160, 0x11FF), (0xD7B0, 0xD7FB))
"""Conjoining jamo that end a syllable begun before them, and so are no letter of their own."""

_OF_CATEGORY: Final = {"Z": Kind.BLANK, "L": Kind.OTHER, "N": Kind.DIGITS}
_NOWHERE: Final = ("Cn", "Co", "Cs")
"""Unassigned, private and surrogate code points: no text has them for a good reason."""

_INVISIBLE: Final = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Controls, format characters and separators: among them are the blanks."""


@cache
def kinds() -> NDArray[np.uint8]:
    """Return each code point's `Kind`, `[0x110000]`."""
    categories = _categories()
    of_name = {name: _of_category(name) for name in set(categories)}
    table = np.fromiter((of_name[name] for name in categories), np.uint8, CODE_POINTS)
    for kind, blocks in _LETTERS.items():
        for first, last in blocks:
            block = table[first : last + 1]
            counted = (block == Kind.OTHER) | ((block == Kind.DIGITS) & (kind == Kind.HAN))
            block[counted] = kind
    for first, last in _EMOJI:
        table[first : last + 1][_pictures(categories[first : last + 1])] = Kind.EMOJI
    table[_blanks(categories)] = Kind.BLANK
    table[REPLACEMENT] = Kind.OTHER
    table.setflags(write=False)
    return table


@cache
def letters() -> NDArray[np.bool_]:
    """Return whether each code point begins a letter, `[0x110000]`."""
    table = np.fromiter((name[0] == "L" for name in _categories()), np.bool_, CODE_POINTS)
    for first, last in _VOWELS_AND_FINALS:
        table[first : last + 1] = False
    table.setflags(write=False)
    return table


@cache
def _categories() -> list[str]:
    return [unicodedata.category(chr(code)) for code in range(CODE_POINTS)]


def _of_category(name: str) -> Kind:
    return Kind.OTHER if name in _NOWHERE else _OF_CATEGORY.get(name[0], Kind.MARK)


def _pictures(categories: list[str]) -> NDArray[np.bool_]:
    """Tell the pictographs of a block, those among them that a later Unicode will assign."""
    return np.array([name[0] == "S" or name == "Cn" for name in categories])


def _blanks(categories: list[str]) -> list[int]:
    """Find what the model's own normalisation takes for a blank."""
    candidates = (code for code, name in enumerate(categories) if name in _INVISIBLE)
    return [code for code in candidates if not normalise(chr(code))]
