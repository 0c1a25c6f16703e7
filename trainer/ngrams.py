"""Hashed character n-grams of words, in TensorFlow ops: the input of the linear channel."""

from typing import Final

import tensorflow as tf

from trainer.normalisation import normalise

LONGEST: Final = 4
"""Characters in an n-gram, at most; longer ones add 0.1 points and half as many features."""

MULTIPLIER: Final = 1_540_483_477
MODULUS: Final = 2**31 - 1
"""A Mersenne prime, so that a product of two residues fits 64 bits (Karp and Rabin 1987)."""

BLANK: Final = ord(" ")


def hashed_ngrams(texts: tf.Tensor, *, buckets: int) -> tf.RaggedTensor:
    """Hash every run of one to four characters within a word.

    A word's edges count as blanks, so that a prefix is told from an infix, as with the `char_wb`
    analyzer of scikit-learn and the subwords of fastText (Bojanowski et al. 2017).

    Args:
        texts: `[batch]` strings.
        buckets: hash values; two n-grams in one bucket share a weight.

    Returns:
        `[batch, n-grams]` int64 in 0 to `buckets` - 1; one that stands twice is given twice.
    """
    lowered = tf.strings.lower(normalise(texts), encoding="utf-8")
    characters = tf.strings.unicode_decode(tf.strings.join([" ", lowered, " "]), "UTF-8")
    points = tf.cast(characters.flat_values, tf.int64)
    rows = characters.value_rowids()
    hashes, wholes = zip(*_runs(points, rows), strict=True)
    ids = characters.with_values(tf.stack(hashes, axis=1) % buckets)
    kept = characters.with_values(tf.stack(wholes, axis=1))
    return tf.ragged.boolean_mask(ids.merge_dims(1, 2), kept.merge_dims(1, 2))


def _runs(points: tf.Tensor, rows: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Hash the runs that begin at each character, for each length.

    Args:
        points: `[characters]` int64 code points, all rows end to end, blanks around each.
        rows: `[characters]` int64, the row of each.

    Returns:
        For each length `[characters]` int64 hashes and `[characters]` bool: whether the run lies
        within one word of one row.
    """
    ahead = tf.pad(points, [[0, LONGEST]], constant_values=BLANK)
    rows_ahead = tf.pad(rows, [[0, LONGEST]], constant_values=-1)
    count = tf.size(points)
    hashes = tf.zeros_like(points)
    inside, spoken = tf.ones_like(points, tf.bool), tf.zeros_like(points, tf.bool)
    runs = []
    for length in range(1, LONGEST + 1):
        last = slice(length - 1, length - 1 + count)
        hashes = (hashes * MULTIPLIER + ahead[last] + length) % MODULUS
        same_row = tf.equal(rows_ahead[last], rows)
        no_blank = tf.not_equal(ahead[last], BLANK)
        spoken |= no_blank
        runs.append((hashes, inside & same_row & spoken))
        if length > 1:  # the next run has this character within, where no blank may be
            inside &= no_blank
    return runs
