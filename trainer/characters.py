"""Characters and jamo as tokens, in TensorFlow ops; the twin of the plain Python in `trainer.text`.

A character is a code point after normalisation. The blank is one too, so that the model sees where
words end. Signs made of several code points, such as families of emoji, flags and skin tones, are
as many tokens: no op of the stock server knows where they end.
"""

from typing import Final

import tensorflow as tf
import tensorflow_transform as tft

from trainer.normalisation import joined
from trainer.vocabulary import UNKNOWN_ID

FIRST_SYLLABLE: Final = 0xAC00
LAST_SYLLABLE: Final = 0xD7A3
FIRST_ONSET: Final = 0x1100
FIRST_VOWEL: Final = 0x1161
BEFORE_CODAS: Final = 0x11A7
VOWELS: Final = 21
CODAS: Final = 28
"""Codas, none at all counted as one. Unicode 15.0, section 3.12: syllables stand in the order of
their onset, vowel and coda, each of which has its own row of conjoining jamo."""

_NONE: Final = -1


def split_characters(texts: tf.Tensor) -> tf.RaggedTensor:
    """Cut texts into characters.

    Args:
        texts: `[batch]` strings, normalised.

    Returns:
        `[batch, characters]` strings; an empty text has none.
    """
    return _spell(tf.strings.unicode_decode(texts, "UTF-8"))


def split_jamo(texts: tf.Tensor) -> tf.RaggedTensor:
    """Cut texts into characters, Hangul syllables into their jamo.

    Other letters stay composed (é is one token), and so do the stand-alone jamo: ㅋ, which laughs,
    shares no token with the ᄏ that begins 코.

    Args:
        texts: `[batch]` strings, normalised.

    Returns:
        `[batch, jamo]` strings.
    """
    characters = tf.strings.unicode_decode(texts, "UTF-8")
    jamo = _decompose(characters.flat_values)
    present = tf.not_equal(jamo, _NONE)
    letters = tf.RaggedTensor.from_row_lengths(
        tf.boolean_mask(jamo, present),
        tf.math.count_nonzero(present, axis=1),
        validate=False,
    )
    return _spell(joined(characters, letters))


def encode(tokens: tf.RaggedTensor, vocabulary: tf.Tensor) -> tf.RaggedTensor:
    """Look tokens up.

    Args:
        tokens: `[batch, tokens]` strings.
        vocabulary: path of the file that lists the tokens, a scalar string.

    Returns:
        `[batch, tokens]` int64, without padding.
    """
    return tft.apply_vocabulary(tokens, vocabulary, default_value=UNKNOWN_ID)


def _spell(code_points: tf.RaggedTensor) -> tf.RaggedTensor:
    """Write each code point as a string of its own."""
    single = tf.strings.unicode_encode(code_points.flat_values[:, tf.newaxis], "UTF-8")
    return code_points.with_values(single)


def _decompose(characters: tf.Tensor) -> tf.Tensor:
    """Take Hangul syllables apart by arithmetic (Unicode 15.0, section 3.12).

    Args:
        characters: `[characters]` int32 code points.

    Returns:
        `[characters, 3]` int32: onset, vowel, coda, `_NONE` where there is no such jamo. Whatever
        is no syllable stands for itself, in the first place.
    """
    syllable = (characters >= FIRST_SYLLABLE) & (characters <= LAST_SYLLABLE)
    index = characters - FIRST_SYLLABLE
    onset = FIRST_ONSET + index // (VOWELS * CODAS)
    vowel = FIRST_VOWEL + index // CODAS % VOWELS
    coda = index % CODAS
    return tf.stack(
        [
            tf.where(syllable, onset, characters),
            tf.where(syllable, vowel, _NONE),
            tf.where(syllable & (coda > 0), BEFORE_CODAS + coda, _NONE),
        ],
        axis=1,
    )
