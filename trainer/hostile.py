"""Texts that have broken text models: training answers them, and the canary asks for them."""

import unicodedata
from collections.abc import Mapping
from typing import Final

_TEN_KB: Final = 10_240

HOSTILE: Final[Mapping[str, bytes]] = {
    "a sentence": "배송이 너무 늦어서 환불하고 싶어요.".encode(),
    "an English sentence": b"When will my parcel arrive?",
    "empty": b"",
    "blanks": " \t\r\n\u3000".encode(),
    "zero-width characters": "\u200b\ufeff\u200d".encode(),
    "10 kB of words": ("배송이 너무 늦네요 " * 400).encode()[:_TEN_KB],
    "10 kB in one word": ("가나다라마" * 700).encode()[:_TEN_KB],
    "10 kB of one character": b"a" * _TEN_KB,
    "NFD": unicodedata.normalize("NFD", "환불해 주세요").encode(),
    "jamo": "ㅋㅋㅋㅋㅋㅋㅋ ㅠㅠ ㄱㅅㄱㅅ".encode(),
    "emoji": "👨‍👩‍👧‍👦 선물 ❤️‍🔥🎁".encode(),
    "mixed scripts": "iPhone15프로 배송 ちょっと 遅い שלום".encode(),
    "NUL": "환불\0해 주세요".encode(),
    "noncharacters": "\ufffe칭찬\U0010ffff".encode(),
    "names of the vocabulary": "[UNK] [PAD] ##배송".encode(),
    "invalid UTF-8": b"\xff\xfe\x80 abc \xc3",
    "CP949": "환불해 주세요".encode("cp949"),
    "a lone surrogate": b"\xed\xa0\x80",
}
"""The texts by name. Two of the cuts to 10,240 bytes end inside a character."""
