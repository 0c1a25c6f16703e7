"""Which characters the production model's vocabulary knows."""

from collections.abc import Iterable
from typing import Final

from trainer.text import letters

CONTINUATION: Final = "##"
"""Prefix of a subword that goes on with a word (`##가`); the first of a word has none (`가`)."""

SYLLABLES: Final = tuple(map(chr, range(ord("가"), ord("힣") + 1)))


def known_characters(tokens: Iterable[str]) -> str:
    """Return the characters that are tokens by themselves, at a word's beginning or inside it.

    A Hangul syllable is known as well if all of its jamo are, as where tokens are jamo.

    Args:
        tokens: one a line, as the export's asset lists them.
    """
    pieces = (token.rstrip("\n").removeprefix(CONTINUATION) for token in tokens)
    single = {piece for piece in pieces if len(piece) == 1}
    spelt = (syllable for syllable in SYLLABLES if single.issuperset(letters(syllable)))
    return "".join(sorted(single.union(spelt)))
