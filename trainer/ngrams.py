"""Hashed character n-grams, in TensorFlow ops: the input of the linear channel."""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.normalisation import EDGE, masked

LONGEST: Final = 5
"""Characters in an n-gram, at most: two short Korean words and the blank between them."""

MULTIPLIER: Final = 1_327_217_885
"""Near 2^31 over the golden ratio: so the hashes of single characters, which lie close together,
scatter over all bits (Knuth 1973, section 6.4)."""

MODULUS: Final = 2**31 - 1
"""A Mersenne prime, so that a sum of products of residues fits 64 bits (Karp and Rabin 1987). So
many hashes keep nearly all n-grams apart, where buckets would make them share weights."""

HASH_BITS: Final = MODULUS.bit_length()

BLANK: Final = ord(" ")

_LAST_WITH_CASE: Final = 0x1E921
"""No later code point has another case to be folded to."""


_POWERS: Final = [pow(MULTIPLIER, place, MODULUS) for place in range(1, LONGEST + 1)]
_NEAREST: Final = [power - MODULUS if power > MODULUS // 2 else power for power in _POWERS]
"""The same residues by their least absolute values: five code points (below 2^20.1), each times one
of them (2^30), add up to less than the 2^53 to which doubles are exact."""

_ONWARDS: Final = np.triu(np.ones([LONGEST, LONGEST], np.float32))
"""Times this, a row becomes its running sums: far faster than `tf.cumsum`."""


def hashed_ngrams(texts: tf.Tensor) -> tf.RaggedTensor:
    """Hash every run of one to five characters.

    Runs reach across blanks, and a text's ends count as blanks: 안 좋아 is not 좋아. A hash is the
    sum of the code points, each times `MULTIPLIER` to the power of its place, modulo `MODULUS`.

    Args:
        texts: `[batch]` strings, normalised.

    Returns:
        `[batch, n-grams]` int64 below `MODULUS`; one that stands twice is given twice.
    """
    closed = tf.strings.join([" ", texts, " ", chr(EDGE)])
    characters = tf.strings.unicode_decode(closed, "UTF-8")
    hashes, kept = _runs(_folded(characters.flat_values))
    ids, whole = (tf.reshape(part, [-1]) for part in (hashes, kept))
    return masked(characters.row_splits * LONGEST, ids, whole)


def _folded(points: tf.Tensor) -> tf.Tensor:
    """Fold the case of code points: `tf.strings.lower` would ask for the locale of the process.

    In a Turkish one I becomes ı there, and who serves need not have the locale of who trained.
    """
    return points + tf.gather(_case_shifts(), tf.minimum(points, _LAST_WITH_CASE + 1))


@cache
def _case_shifts() -> npt.NDArray[np.int32]:
    """List what simple case folding (Unicode, section 3.13) adds to each code point.

    The last entry, nothing, is for all further ones. The graph keeps the list of the Python that
    trained.
    """
    return np.array([_case_shift(point) for point in range(_LAST_WITH_CASE + 2)], np.int32)


def _case_shift(point: int) -> int:
    folded = chr(point).casefold()
    return ord(folded if len(folded) == 1 else chr(point).lower()[0]) - point


def _runs(points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Hash the runs that begin at each character, of each length.

    Args:
        points: `[characters]` int32 code points, all rows end to end, each between blanks and
            before an `EDGE`.

    Returns:
        `[characters, LONGEST]` int64 hashes, and bool: whether the run lies within one row and is
        not all blank.
    """
    places = tf.range(tf.size(points))[:, None] + tf.range(LONGEST)
    runs = tf.gather(tf.pad(points, [[0, LONGEST]], constant_values=EDGE), places)
    sums = tf.cast(runs, tf.float64) @ (_ONWARDS * np.array(_NEAREST, np.float64)[:, None])
    over = LONGEST + 1.0  # more than a run without an edge comes to
    marks = tf.where(tf.equal(runs, EDGE), over, tf.cast(tf.not_equal(runs, BLANK), tf.float32))
    spoken = marks @ _ONWARDS
    return tf.cast(sums, tf.int64) % MODULUS, (spoken > 0) & (spoken < over)
