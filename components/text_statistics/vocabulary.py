"""Which characters the production model's subword vocabulary knows."""

from collections.abc import Iterable
from typing import Final

CONTINUATION: Final = "##"
"""Prefix of a subword that goes on with a word (`##가`); the first of a word has none (`가`)."""


def known_characters(subwords: Iterable[str]) -> str:
    """Return the characters that are subwords by themselves, at a word's beginning or inside it.

    Args:
        subwords: one a line, as the export's asset lists them.
    """
    pieces = (subword.rstrip("\n").removeprefix(CONTINUATION) for subword in subwords)
    return "".join(sorted({piece for piece in pieces if len(piece) == 1}))
