"""Hashed character n-grams, in TensorFlow ops: the input of the linear channel."""

from typing import Final

import tensorflow as tf

from trainer.normalisation import normalise

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
        texts: `[batch]` strings.

    Returns:
        `[batch, n-grams]` int64 below `MODULUS`; one that stands twice is given twice.
    """
    lowered = tf.strings.lower(normalise(texts), encoding="utf-8")
    characters = tf.strings.unicode_decode(tf.strings.join([" ", lowered, " "]), "UTF-8")
    points = tf.cast(characters.flat_values, tf.int64)
    rows = characters.value_rowids()
    hashes, wholes = zip(*_runs(points, rows), strict=True)
    ids = characters.with_values(tf.stack(hashes, axis=1))
    kept = characters.with_values(tf.stack(wholes, axis=1))
    return tf.ragged.boolean_mask(ids.merge_dims(1, 2), kept.merge_dims(1, 2))


def _runs(points: tf.Tensor, rows: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Hash the runs that begin at each character, for each length.

    Args:
        points: `[characters]` int64 code points, all rows end to end, blanks around each.
        rows: `[characters]` int64, the row of each.

    Returns:
        For each length `[characters]` int64 hashes and `[characters]` bool: whether the run lies
        within one row and is not all blank.
    """
    ahead = tf.pad(points, [[0, LONGEST]], constant_values=BLANK)
    rows_ahead = tf.pad(rows, [[0, LONGEST]], constant_values=-1)
    count = tf.size(points)
    hashes, spoken = tf.zeros_like(points), tf.zeros_like(points, tf.bool)
    runs = []
    for length in range(1, LONGEST + 1):
        last = slice(length - 1, length - 1 + count)
        hashes = (hashes * MULTIPLIER + ahead[last] + length) % MODULUS
        spoken |= tf.not_equal(ahead[last], BLANK)
        runs.append((hashes, spoken & tf.equal(rows_ahead[last], rows)))
    return runs
