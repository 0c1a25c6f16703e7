"""Train or evaluation: decided by the text alone, so that no text stands on both sides."""

import hashlib
from typing import Final

from trainer.text import normalise

_DIGEST_BYTES: Final = 8
_DIGESTS: Final = 256**_DIGEST_BYTES


def position(text: str) -> float:
    """Return where a text falls between 0 and 1, alike on every machine and run.

    Texts that normalisation makes equal fall on the same place. BLAKE2b of the normalised text's
    UTF-8 form, 64 bits.
    """
    digest = hashlib.blake2b(normalise(text).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big") / _DIGESTS


def is_eval(text: str, fraction: float) -> bool:
    """Tell whether a text belongs to the evaluation split, which gets `fraction` of all texts."""
    return position(text) < fraction
