"""Syllables of Hangul: their letters, and the particles and endings that follow them."""

import re
from typing import Final, NamedTuple

FIRST_SYLLABLE: Final = 0xAC00
INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS: Final = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

_PARTICLES: Final = {
    "을(를)": ("을", "를"),
    "이(가)": ("이", "가"),
    "은(는)": ("은", "는"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)랑": ("이랑", "랑"),
    "(이)라고": ("이라고", "라고"),
    "(이)나": ("이나", "나"),
    "이에요(예요)": ("이에요", "예요"),
    "이야(야)": ("이야", "야"),
    "이거든요(거든요)": ("이거든요", "거든요"),
}
_CLOSED_ENDINGS: Final = {"ㅂ": "습", "ㄴ": "은", "ㄹ": "을", "ㅁ": "음"}
_ENDING = re.compile(r"(.)~([ㅂㄴㄹㅁ])")
_PARTICLE = re.compile("(.)(" + "|".join(map(re.escape, _PARTICLES)) + ")")

# How the last letter of a foreign word or number is read: L is 엘, 6 is 육, 10 is 십, g is 그램.
_READ_WITH_RIEUL: Final = frozenset("lLR178")
_READ_CLOSED: Final = _READ_WITH_RIEUL | frozenset("mMnNgkKpPtTbBcC036")


class Syllable(NamedTuple):
    """The letters of one syllable; `final` is empty when the syllable is open."""

    initial: str
    medial: str
    final: str


def split(character: str) -> Syllable | None:
    """Take one composed syllable apart; None for any other character."""
    index = ord(character) - FIRST_SYLLABLE
    if not 0 <= index < len(INITIALS) * len(MEDIALS) * len(FINALS):
        return None
    rest, final = divmod(index, len(FINALS))
    initial, medial = divmod(rest, len(MEDIALS))
    return Syllable(INITIALS[initial], MEDIALS[medial], FINALS[final])


def combine(syllable: Syllable) -> str:
    """Put the letters of one syllable together."""
    initial = INITIALS.index(syllable.initial)
    medial = MEDIALS.index(syllable.medial)
    final = FINALS.index(syllable.final)
    return chr(FIRST_SYLLABLE + (initial * len(MEDIALS) + medial) * len(FINALS) + final)


def join(text: str) -> str:
    """Resolve the grammar's marks: `오~ㅂ니다` to 옵니다, `책을(를)` to 책을."""
    return _PARTICLE.sub(_with_particle, _ENDING.sub(_with_ending, text))


def _with_ending(match: re.Match[str]) -> str:
    before, letter = match.groups()
    syllable = split(before)
    if syllable and not syllable.final:
        return combine(syllable._replace(final=letter))
    return before + _CLOSED_ENDINGS[letter]


def _with_particle(match: re.Match[str]) -> str:
    before, particle = match.groups()
    after_closed, after_open = _PARTICLES[particle]
    # 로 follows ㄹ as it follows a vowel: 서울로.
    closed = _is_closed(before) and not (particle == "(으)로" and _ends_in_rieul(before))
    return before + (after_closed if closed else after_open)


def _is_closed(character: str) -> bool:
    syllable = split(character)
    return bool(syllable.final) if syllable else character in _READ_CLOSED


def _ends_in_rieul(character: str) -> bool:
    syllable = split(character)
    return syllable.final == "ㄹ" if syllable else character in _READ_WITH_RIEUL
