"""Text normalisation in TensorFlow ops, the twin of the plain Python in `trainer.text`."""

import tensorflow as tf
import tensorflow_text as tf_text

from trainer.text import BLANKS, MAX_REPEATS


def normalise(texts: tf.Tensor) -> tf.Tensor:
    """Compose (NFC), fold blanks into one space, cut runs of one character to `MAX_REPEATS`.

    Args:
        texts: `[batch]` strings; bytes that are no UTF-8 become U+FFFD.

    Returns:
        `[batch]` strings.
    """
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    composed = tf_text.normalize_utf8(valid, "NFC")
    folded = tf.strings.strip(tf.strings.regex_replace(composed, BLANKS, " "))
    return _cut_runs(folded)


def _cut_runs(texts: tf.Tensor) -> tf.Tensor:
    """Drop each character that equals the `MAX_REPEATS` before it.

    RE2 has no back references, so the comparison is made on code points. All rows lie end to end in
    one vector; a character is compared with those of its own row alone.
    """
    characters = tf.strings.unicode_decode(texts, "UTF-8")
    flat = tf.pad(characters.flat_values, [[MAX_REPEATS, 0]], constant_values=-1)
    rows = tf.pad(
        tf.cast(characters.value_rowids(), tf.int32), [[MAX_REPEATS, 0]], constant_values=-1
    )
    repeated = tf.ones_like(characters.flat_values, tf.bool)
    for back in range(1, MAX_REPEATS + 1):
        before = slice(MAX_REPEATS - back, -back)
        same_row = tf.equal(rows[MAX_REPEATS:], rows[before])
        repeated &= same_row & tf.equal(flat[MAX_REPEATS:], flat[before])
    kept = tf.ragged.boolean_mask(characters, characters.with_values(~repeated))
    return tf.strings.unicode_encode(kept, "UTF-8")
