"""The code points of a whole batch of texts in one array, without a loop over the rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_CONTINUATION_MASK = 0xC0
_CONTINUATION = 0x80
"""A byte of the form 10xxxxxx continues a character of UTF-8 (RFC 3629)."""

_ONE_BYTE_MORE = (0x80, 0x800, 0x10000)
"""The first code points that take two, three and four bytes in UTF-8."""


@dataclass(frozen=True)
class CodePoints:
    """Texts as numbers.

    Attributes:
        codes: every character of every text, `[characters]`.
        lengths: characters of each text, `[texts]`.
    """

    codes: NDArray[np.uint32]
    lengths: NDArray[np.int64]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The text that each character stands in, `[characters]`."""
        return np.repeat(np.arange(self.lengths.size), self.lengths)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each text begins among the characters, `[texts]`."""
        return np.cumsum(self.lengths) - self.lengths


def code_points(texts: pa.Array) -> CodePoints:
    """Decode a batch of texts.

    Args:
        texts: `[texts]` binary values in UTF-8. In a text that is not valid UTF-8 each
            bad sequence becomes U+FFFD, as Python's `errors="replace"` has it.
    """
    values = texts.cast(pa.large_binary())
    found, bounds = _bytes(values)
    whole = _decoded(found, bounds)
    if whole is None:
        found, bounds = _bytes(_mended(values))
        whole = found.tobytes().decode()
    before = np.concatenate([[0], np.cumsum(_begins(found))])
    codes = np.frombuffer(whole.encode("utf-32-le"), np.uint32)
    return CodePoints(codes, np.diff(before[bounds]))


def utf8(codes: NDArray[np.uint32]) -> bytes:
    """Encode code points."""
    return codes.tobytes().decode("utf-32-le").encode()


def utf8_lengths(codes: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Count the bytes of each code point in UTF-8, `[characters]`."""
    return 1 + np.searchsorted(_ONE_BYTE_MORE, codes, side="right")


def _bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return all bytes, `[bytes]`, and where each text begins and the last ends, `[texts + 1]`."""
    if not len(texts):
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    _, ends, data = texts.buffers()
    bounds = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    found = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    return found, bounds - bounds[0]


def _begins(found: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell whether each byte begins a character, `[bytes]`."""
    return (found & _CONTINUATION_MASK) != _CONTINUATION


def _decoded(found: NDArray[np.uint8], bounds: NDArray[np.int64]) -> str | None:
    """Decode all texts at one stroke; none where one of them is not valid.

    Half a character at one text's end and its other half at the next one's beginning would pass
    for a whole one, so every text must begin with a character.
    """
    filled = bounds[:-1][np.diff(bounds) > 0]
    if not _begins(found[filled]).all():
        return None
    try:
        return found.tobytes().decode()
    except UnicodeDecodeError:
        return None


def _mended(texts: pa.Array) -> pa.Array:
    mended = [text.decode(errors="replace").encode() for text in texts.to_pylist()]
    return pa.array(mended, pa.large_binary())
