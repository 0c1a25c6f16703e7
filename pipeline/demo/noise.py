"""What happens to a sentence between the head and the server: slips, spelling, spacing, faces.

Every function takes a text and a random source, gives the changed text and leaves a text that it
cannot change as it was.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from pipeline.demo import hangul, keyboard

Noise = Callable[[str, Random], str]

MISSPELLINGS: Final = (
    ("돼", "되"),
    ("되", "돼"),
    ("됐", "됬"),
    ("안 ", "않 "),
    ("않", "안"),
    ("왜 이렇게", "외이렇게"),
    ("왠지", "웬지"),
    ("웬만", "왠만"),
    ("할게", "할께"),
    ("어떻게", "어떡게"),
    ("어떻게", "어떻해"),
    ("결제", "결재"),
    ("며칠", "몇일"),
    ("배송", "베송"),
    ("많이", "마니"),
    ("없어", "업서"),
    ("없습", "업습"),
    ("싶은", "십은"),
    ("같은데", "같은대"),
    ("는데", "는대"),
    ("네요", "내요"),
    ("인데", "인대"),
    ("깨져", "깨저"),
    ("괜찮", "괜찬"),
    ("빨리", "빨랑"),
    ("계속", "게속"),
    ("예요", "에요"),
    ("데요", "대요"),
    ("주세요", "주새요"),
    ("문의", "문이"),
    ("사이즈", "싸이즈"),
    ("메시지", "메세지"),
    ("재입고", "제입고"),
    ("바꿔", "바꺼"),
    ("부탁드려요", "부탁드려용"),
    ("주세요", "주세여"),
    ("습니다", "슴다"),
    ("습니까", "슴까"),
)
"""Right and wrong: the classic confusions, and words spelled as they sound."""

SAD_FACES: Final = ("ㅠㅠ", "ㅜㅜ", "ㅠ", "ㅠㅠㅠㅠ", "ㅡㅡ", ";;", "😭", "😢", "😡", "하..")
LIGHT_FACES: Final = (
    "ㅋㅋ",
    "ㅎㅎ",
    "^^",
    "~",
    "!!",
    "ㅋ",
    "🙏",
    "😊",
    "^^;",
    "ㅋㅋㅋㅋ",
    "👍",
    "👉👈",
)

_RUN_OF_KOREAN = re.compile(r"[가-힣]{2,}")
_SENTENCE_END = re.compile(r"(?<=[요다까네음임])[.?!~]*(?= )|$")
"""Behind a letter that mostly ends a sentence, or at the end of the text."""


def slip_key(text: str, rng: Random) -> str:
    """Hit the key beside one letter of one syllable: 배송 to 배손 or 매송."""
    slips = [
        (place, syllable._replace(**{field: near}))
        for place, syllable in _syllables(text)
        for field, letter in syllable._asdict().items()
        for near in keyboard.NEIGHBOURS.get(letter, "")
        if field != "final" or near in hangul.FINALS
    ]
    if not slips:
        return text
    place, slipped = rng.choice(slips)
    return text[:place] + hangul.combine(slipped) + text[place + 1 :]


def loosen_final(text: str, rng: Random) -> str:
    """Let a final consonant fall out of its syllable, as a late stroke does: 배송 to 배소ㅇ."""
    closed = [(place, syllable) for place, syllable in _syllables(text) if syllable.final]
    if not closed:
        return text
    place, syllable = rng.choice(closed)
    loose = hangul.combine(syllable._replace(final="")) + syllable.final
    return text[:place] + loose + text[place + 1 :]


def misspell(text: str, rng: Random) -> str:
    """Write one word of the text as many people misspell it."""
    found = [(right, wrong) for right, wrong in MISSPELLINGS if right in text]
    if not found:
        return text
    right, wrong = rng.choice(found)
    return text.replace(right, wrong, 1)


def drop_space(text: str, rng: Random) -> str:
    """Leave out one blank."""
    blanks = [place for place, character in enumerate(text) if character == " "]
    if not blanks:
        return text
    place = rng.choice(blanks)
    return text[:place] + text[place + 1 :]


def drop_spaces(text: str, rng: Random) -> str:
    """Leave out every blank; `rng` is not asked."""
    del rng
    return text.replace(" ", "")


def add_space(text: str, rng: Random) -> str:
    """Put a blank inside one Korean word."""
    words = list(_RUN_OF_KOREAN.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    place = rng.randrange(word.start() + 1, word.end())
    return text[:place] + " " + text[place:]


def add_face(text: str, rng: Random) -> str:
    """Put one emoticon, emoji or row of jamo after a sentence."""
    face = rng.choice(rng.choice((SAD_FACES, LIGHT_FACES)))
    place = rng.choice([match.end() for match in _SENTENCE_END.finditer(text)])
    return text[:place] + rng.choice(("", " ")) + face + text[place:]


def drop_marks(text: str, rng: Random) -> str:
    """Leave out full stops, commas and question marks; `rng` is not asked."""
    del rng
    return re.sub(r"(?<=[가-힣])[.,?!~]+", "", text)


def forget_hangul_key(text: str, rng: Random) -> str:
    """Type one Korean word with the keyboard on Latin: 환불 to ghksqnf."""
    words = list(_RUN_OF_KOREAN.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    return text[: word.start()] + keyboard.as_latin(word.group()) + text[word.end() :]


def decompose(text: str, rng: Random) -> str:
    """Give the text in NFD, as file names and some Apple software do; `rng` is not asked."""
    del rng
    return unicodedata.normalize("NFD", text)


def _syllables(text: str) -> list[tuple[int, hangul.Syllable]]:
    split = ((place, hangul.split(character)) for place, character in enumerate(text))
    return [(place, syllable) for place, syllable in split if syllable]


_TYPED: Final = (
    (forget_hangul_key, 0.004),
    (misspell, 0.24),
    (misspell, 0.06),
    (slip_key, 0.15),
    (slip_key, 0.04),
    (loosen_final, 0.04),
    (drop_space, 0.24),
    (drop_space, 0.08),
    (drop_spaces, 0.03),
    (add_space, 0.04),
    (drop_marks, 0.25),
    (add_face, 0.26),
    (decompose, 0.004),
)
_WRITTEN_DOWN: Final = ((misspell, 0.08), (drop_space, 0.20), (drop_marks, 0.40))

SHARES: Final[Mapping[str, tuple[tuple[Noise, float], ...]]] = {
    "app": _TYPED,
    "web": _TYPED,
    "phone": _WRITTEN_DOWN,
}
"""By channel: what may happen to a text, in this order, and to what share of the texts.

Telephone calls are written down by staff, who use no emoji.
"""


def roughen(text: str, channel: str, rng: Random) -> str:
    """Let happen to a text what happens on its channel."""
    for change, share in SHARES[channel]:
        if rng.random() < share:
            text = change(text, rng)
    return text
