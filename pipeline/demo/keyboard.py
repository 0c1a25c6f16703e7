"""The two-set Korean keyboard (두벌식, KS X 5002): its Latin keys and who lies beside whom."""

from typing import Final

from pipeline.demo import hangul

_ROWS: Final = (
    ("qwertyuiop", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ"),
    ("asdfghjkl", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ"),
    ("zxcvbnm", "ㅋㅌㅊㅍㅠㅜㅡ"),
)
_SHIFTED: Final = dict(zip("ㅃㅉㄸㄲㅆㅒㅖ", "QWERTOP", strict=True))
_COMPOUNDS: Final = dict(
    zip(
        "ㅘㅙㅚㅝㅞㅟㅢㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        zip(
            "ㅗㅗㅗㅜㅜㅜㅡㄱㄴㄴㄹㄹㄹㄹㄹㄹㄹㅂ",
            "ㅏㅐㅣㅓㅔㅣㅣㅅㅈㅎㄱㅁㅂㅅㅌㅍㅎㅅ",
            strict=True,
        ),
        strict=True,
    )
)
"""Letters that take two strokes."""


def _keys() -> dict[str, str]:
    plain = {
        letter: key for keys, letters in _ROWS for key, letter in zip(keys, letters, strict=True)
    }
    single = {**plain, **_SHIFTED}
    return single | {one: single[two[0]] + single[two[1]] for one, two in _COMPOUNDS.items()}


def _neighbours() -> dict[str, str]:
    """Letters left, right, above and below, consonants for consonants and vowels for vowels."""
    beside: dict[str, str] = {}
    rows = [letters for _, letters in _ROWS]
    for number, row in enumerate(rows):
        adjacent = [rows[other] for other in (number - 1, number + 1) if 0 <= other < len(rows)]
        for column, letter in enumerate(row):
            near = row[max(column - 1, 0) : column] + row[column + 1 : column + 2]
            near += "".join(other[column : column + 1] for other in adjacent)
            beside[letter] = "".join(n for n in near if _is_vowel(n) == _is_vowel(letter))
    return beside


def _is_vowel(letter: str) -> bool:
    return letter in hangul.MEDIALS


NEIGHBOURS: Final = _neighbours()
"""Letter to the letters a finger may hit instead."""

_KEYS: Final = _keys()


def as_latin(text: str) -> str:
    """Type Korean with the keyboard left on Latin: 환불 becomes ghksqnf."""
    return "".join(_strokes(character) for character in text)


def _strokes(character: str) -> str:
    syllable = hangul.split(character)
    letters = "".join(syllable) if syllable else character
    return "".join(_KEYS.get(letter, letter) for letter in letters)
