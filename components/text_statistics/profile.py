"""The profile of a batch of texts: lengths, scripts, flags and tokens, whatever the language.

A token is a run of characters between blanks, and a blank is what the model's normalisation takes
for one (white space, control characters, zero-width spaces). Texts are taken as they are written:
NFD shows as jamo, and the jamo as unknown to a vocabulary of syllables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.text_statistics import characters
from components.text_statistics.characters import FIRST_SCRIPT, Kind
from components.text_statistics.code_points import CodePoints, code_points, utf8, utf8_lengths
from components.text_statistics.columns import (
    CHARACTERS,
    NEAR_EMPTY,
    OUT_OF_VOCABULARY,
    OVER_LONG,
    SCRIPTS,
    TOKENS,
)

FEWEST_LETTERS: Final = 2
"""Letters below which a text is near empty: one letter alone says nothing in any script."""

MOST_CHARACTERS: Final = 1_000
"""Characters above which a text is over-long: seven times the longest that NSMC allows (140), and
more than models of short texts read."""


Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a batch of texts is like.

    Attributes:
        numbers: by measure, `[texts]` each. `characters` and `tokens` are counts (int64); the
            scripts are shares (float64) of the characters that are neither blank nor punctuation,
            mark or symbol, all 0 where there are none; `out_of_vocabulary`, only with a
            vocabulary, is a share of the characters that are not blank.
        flags: by measure, `[texts]` each: fewer than two letters, more characters than allowed.
        distinct: the different tokens of each text, text by text, as UTF-8; a token that one text
            repeats counts once.
        distinct_per_text: how many of these each text has, `[texts]`.
    """

    numbers: Mapping[str, Numbers]
    flags: Mapping[str, NDArray[np.bool_]]
    distinct: pa.Array
    distinct_per_text: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Profiler:
    """Profiles batches of texts.

    Attributes:
        most_characters: characters above which a text is over-long.
        vocabulary: the characters that the production vocabulary knows; none: no such measure.
    """

    most_characters: int = MOST_CHARACTERS
    vocabulary: str | None = None

    def profile(self, texts: pa.Array) -> Profile:
        """Profile a batch.

        Args:
            texts: `[texts]` binary values in UTF-8; what is not valid becomes U+FFFD.
        """
        points = code_points(texts)
        kinds = characters.kinds()[points.codes]
        begins = _token_begins(points, kinds)
        distinct, per_text = _distinct_tokens(points, kinds, begins)
        numbers: dict[str, Numbers] = {
            CHARACTERS: points.lengths,
            TOKENS: _per_text(points, begins),
            **_script_shares(points, kinds),
        }
        if self.vocabulary is not None:
            unknown = ~_known(self.vocabulary)[points.codes]
            numbers[OUT_OF_VOCABULARY] = _share(points, unknown, of=kinds != Kind.BLANK)
        letters = _per_text(points, characters.letters()[points.codes])
        return Profile(
            numbers=numbers,
            flags={
                NEAR_EMPTY: letters < FEWEST_LETTERS,
                OVER_LONG: points.lengths > self.most_characters,
            },
            distinct=distinct,
            distinct_per_text=per_text,
        )


@cache
def _known(vocabulary: str) -> NDArray[np.bool_]:
    """Tell of each code point whether it is in the vocabulary, `[0x110000]`."""
    known = np.zeros(characters.CODE_POINTS, np.bool_)
    known[[ord(character) for character in vocabulary]] = True
    return known


def _per_text(points: CodePoints, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the chosen characters of each text."""
    return np.bincount(points.rows[chosen], minlength=points.lengths.size)


def _share(
    points: CodePoints, chosen: NDArray[np.bool_], *, of: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return _per_text(points, chosen & of) / np.maximum(_per_text(points, of), 1)


def _script_shares(points: CodePoints, kinds: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    cells = points.rows * len(Kind) + kinds
    counts = np.bincount(cells, minlength=points.lengths.size * len(Kind))
    counted = counts.reshape(-1, len(Kind))[:, FIRST_SCRIPT:]
    shares = counted / np.maximum(counted.sum(axis=1, keepdims=True), 1)
    return dict(zip(SCRIPTS, shares.T, strict=True))


def _token_begins(points: CodePoints, kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell for each character whether a token begins with it."""
    solid = kinds != Kind.BLANK
    first = np.zeros(points.codes.size, np.bool_)
    first[points.starts[points.lengths > 0]] = True
    after_blank = np.concatenate([[True], ~solid])[: solid.size]
    return solid & (first | after_blank)


def _distinct_tokens(
    points: CodePoints, kinds: NDArray[np.uint8], begins: NDArray[np.bool_]
) -> tuple[pa.Array, NDArray[np.int64]]:
    rows = points.rows[begins]
    coded = _tokens(points.codes, kinds != Kind.BLANK, begins).dictionary_encode()
    types = max(len(coded.dictionary), 1)
    pairs = np.unique(rows * types + coded.indices.to_numpy())
    per_text = np.bincount(pairs // types, minlength=points.lengths.size)
    return coded.dictionary.take(pa.array(pairs % types)), per_text


def _tokens(
    codes: NDArray[np.uint32], solid: NDArray[np.bool_], begins: NDArray[np.bool_]
) -> pa.Array:
    """Cut the tokens out, `[tokens]`."""
    kept = codes[solid]
    ends = np.concatenate([[0], np.cumsum(utf8_lengths(kept))])
    offsets = np.append(ends[:-1][begins[solid]], ends[-1])
    buffers = [None, pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(utf8(kept))]
    return pa.Array.from_buffers(pa.large_binary(), offsets.size - 1, buffers)
