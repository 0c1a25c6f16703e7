"""Hashed character n-grams, in TensorFlow ops: the input of the linear channel."""

from typing import Final

import tensorflow as tf

from trainer.normalisation import EDGE, masked

LONGEST: Final = 5
"""Characters in an n-gram, at most: two short Korean words and the blank between them."""

MULTIPLIER: Final = 1_540_483_477
MODULUS: Final = 2**31 - 1
"""A Mersenne prime, so that a product of two residues fits 64 bits (Karp and Rabin 1987). So many
hashes keep nearly all n-grams apart, where buckets would make them share weights."""

BLANK: Final = ord(" ")


def hashed_ngrams(texts: tf.Tensor) -> tf.RaggedTensor:
    """Hash every run of one to five characters.

    Runs reach across blanks, and a text's ends count as blanks: 안 좋아 is not 좋아.

    Args:
        texts: `[batch]` strings, normalised.

    Returns:
        `[batch, n-grams]` int64 below `MODULUS`; one that stands twice is given twice.
    """
    lowered = tf.strings.lower(texts, encoding="utf-8")
    closed = tf.strings.join([" ", lowered, " ", chr(EDGE)])
    characters = tf.strings.unicode_decode(closed, "UTF-8")
    hashes, wholes = zip(*_runs(tf.cast(characters.flat_values, tf.int64)), strict=True)
    # Stacked along the last axis, TensorFlow would copy one number at a time.
    ids, kept = (tf.reshape(tf.transpose(tf.stack(part)), [-1]) for part in (hashes, wholes))
    return masked(characters.row_splits * LONGEST, ids, kept)


def _runs(points: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Hash the runs that begin at each character, for each length.

    Args:
        points: `[characters]` int64 code points, all rows end to end, each between blanks and
            before an `EDGE`.

    Returns:
        For each length `[characters]` int64 hashes and `[characters]` bool: whether the run lies
        within one row and is not all blank.
    """
    ahead = tf.pad(points, [[0, LONGEST]], constant_values=EDGE)
    count = tf.size(points)
    hashes, spoken = tf.zeros_like(points), tf.zeros_like(points, tf.bool)
    within = ~spoken
    runs = []
    for length in range(1, LONGEST + 1):
        last = slice(length - 1, length - 1 + count)
        hashes = (hashes * MULTIPLIER + ahead[last] + length) % MODULUS
        spoken |= tf.not_equal(ahead[last], BLANK)
        within &= tf.not_equal(ahead[last], EDGE)
        runs.append((hashes, spoken & within))
    return runs
