"""Normalisation, characters and jamo in plain Python.

The twin of the graph's ops in `trainer.normalisation` and `trainer.characters`.
"""

import re
import unicodedata
from typing import Final

MAX_REPEATS: Final = 3
"""Times that a character may stand in a row: ㅋㅋㅋ and ㅋㅋㅋㅋㅋㅋ say the same, ㅋㅋ less."""

BLANKS: Final = (
    r"[\x00-\x20\x7f-\xa0\x{1680}\x{2000}-\x{200b}"
    r"\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]+"
)
"""White space, control characters and zero-width spaces, in RE2's syntax (which `re` lacks)."""

REPLACEMENT: Final = "\ufffd"
_PLANES: Final = range(0, 0x110000, 0x10000)
NONCHARACTERS: Final = (
    "[\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in _PLANES for last in (0xFFFE, 0xFFFF))
    + "]"
)
"""Code points that Unicode keeps out of texts (section 23.7), in the syntax of RE2 and `re`."""

_NONCHARACTERS = re.compile(NONCHARACTERS)
_BLANKS = re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", BLANKS))
_RUNS = re.compile(rf"(.)\1{{{MAX_REPEATS},}}", re.DOTALL)


def normalise(text: str) -> str:
    """Compose (NFC), fold blanks into one space, cut runs of one character to `MAX_REPEATS`.

    Args:
        text: without lone surrogates; noncharacters such as U+FFFE become U+FFFD.
    """
    composed = unicodedata.normalize("NFC", _NONCHARACTERS.sub(REPLACEMENT, text))
    return _RUNS.sub(r"\1" * MAX_REPEATS, _BLANKS.sub(" ", composed).strip(" "))


def characters(text: str) -> list[str]:
    """Cut a text into its characters, the code points after normalisation, blanks included."""
    return list(normalise(text))


def jamo(text: str) -> list[str]:
    """Cut a text into its characters, Hangul syllables into their jamo."""
    return [letter for character in normalise(text) for letter in letters(character)]


def letters(character: str) -> str:
    """Take a Hangul syllable apart into its conjoining jamo; any other character stays whole."""
    return unicodedata.normalize("NFD", character) if "가" <= character <= "힣" else character
