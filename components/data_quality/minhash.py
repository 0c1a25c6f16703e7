"""Signatures that agree in about as many places as two texts share of their characters.

Broder, "On the resemblance and containment of documents" (1997): for a random order of all
shingles, two sets have the same least shingle with the probability of their Jaccard similarity.
The banding is that of locality-sensitive hashing: rows that agree in a whole band are compared.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from components.data_quality.records import Hashes, hashes

SHINGLE_CHARS: Final = 5
"""Five characters reach from one Korean word's ending into the next word; shorter shingles, such as
endings alone, are shared by chance."""

MIN_CHARS: Final = 10
"""A shorter text has at most five shingles, and a letter changed inside it changes all of them:
similarity says nothing. What is said so briefly is also said by many in earnest."""

ORDERS: Final = 80
"""Random orders: at a similarity of 0.8 the estimate's standard error is √(0.8·0.2/80) = 0.045."""

BANDS: Final = 6
BAND_ORDERS: Final = 3
"""A pair of similarity 0.8 shares a band with probability 1 - (1 - 0.8³)⁶ = 0.987, one of 0.9 with
0.9996, one of 0.3 with 0.15: few are missed, few are compared in vain."""

_BATCH_TEXTS: Final = 2_048
"""So many short texts' shingles stay in a core's cache while all orders go over them."""

_FNV_PRIME: Final = np.uint32(0x01000193)
_MIX_1: Final = np.uint32(0x85EBCA6B)
_MIX_2: Final = np.uint32(0xC2B2AE35)
"""The finalizer of MurmurHash3 (public domain): every bit of a shingle moves every bit."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ divided by the golden ratio: spreads what it multiplies (Knuth, TAOCP 3, 6.4)."""

_SEEDS = hashes(f"order {number}".encode() for number in range(ORDERS))
_FACTORS: Final = (_SEEDS >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
_SHIFTS: Final = _SEEDS.astype(np.uint32)
"""Order `i` ranks a shingle `x` by `factor * x + shift` modulo 2³², one to one for odd factors."""


class Signatures(NamedTuple):
    """Of texts that are long enough.

    `bands` are `[texts, BANDS]` hashes. `sketches` are `[texts, ORDERS]`: the lowest byte of each
    least shingle (Li and König, "b-bit minwise hashing", 2010), which differing ones share by
    chance in 1 of 256 places.
    """

    bands: npt.NDArray[np.uint64]
    sketches: npt.NDArray[np.uint8]


def signatures(texts: Sequence[str]) -> Signatures:
    """Return the signatures of normalised texts of `MIN_CHARS` characters or more."""
    bands = np.empty((len(texts), BANDS), np.uint64)
    sketches = np.empty((len(texts), ORDERS), np.uint8)
    for start in range(0, len(texts), _BATCH_TEXTS):
        batch = slice(start, start + _BATCH_TEXTS)
        least = _least_shingles(texts[batch])
        bands[batch] = _bands(least)
        sketches[batch] = least.astype(np.uint8)
    return Signatures(bands, sketches)


def _least_shingles(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    """Return `[texts, ORDERS]`: the least shingle of each text in each order."""
    shingles, starts = _shingles(texts)
    least = np.empty((len(texts), ORDERS), np.uint32)
    ranks = np.empty_like(shingles)
    for order, (factor, shift) in enumerate(zip(_FACTORS, _SHIFTS, strict=True)):
        np.multiply(shingles, factor, out=ranks)
        np.add(ranks, shift, out=ranks)
        least[:, order] = np.minimum.reduceat(ranks, starts)
    return least


def _shingles(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the hashed shingles of all texts end to end, and where each text's begin."""
    characters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    last = SHINGLE_CHARS - 1
    hashed = characters[:-last].copy()
    for place in range(1, SHINGLE_CHARS):
        hashed *= _FNV_PRIME
        hashed ^= characters[place : len(characters) - last + place]
    counts = lengths - last
    starts = np.cumsum(counts) - counts
    # A shingle that begins in one text and ends in the next belongs to neither.
    first_characters = np.cumsum(lengths) - lengths
    own = np.arange(counts.sum()) + np.repeat(first_characters - starts, counts)
    return _mixed(hashed[own]), starts


def _mixed(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    values ^= values >> np.uint32(16)
    values *= _MIX_1
    values ^= values >> np.uint32(13)
    values *= _MIX_2
    values ^= values >> np.uint32(16)
    return values


def _bands(least: npt.NDArray[np.uint32]) -> Hashes:
    """Return `[texts, BANDS]`: a hash of each band's least shingles and of the band's number."""
    grouped = least[:, : BANDS * BAND_ORDERS].reshape(-1, BANDS, BAND_ORDERS).astype(np.uint64)
    bands = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), grouped.shape[:2]).copy()
    for order in range(BAND_ORDERS):
        bands = (bands ^ grouped[:, :, order]) * _GOLDEN
        bands ^= bands >> np.uint64(29)
    return bands
