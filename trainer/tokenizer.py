"""From text to token ids, in TensorFlow ops that TensorFlow Serving's stock binary has."""

from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text

from trainer.normalisation import normalise
from trainer.vocabulary import MAX_WORD_BYTES, SUFFIX, UNKNOWN, UNKNOWN_ID

SYMBOLS: Final = r"([\p{P}\p{S}]+)"
"""A run of punctuation, symbols or emoji is a word of its own."""


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Normalise texts and cut them at blanks and around symbols.

    Args:
        texts: `[batch]` strings.

    Returns:
        `[batch, words]` strings; an empty text has no words.
    """
    spaced = tf.strings.regex_replace(normalise(texts), SYMBOLS, r" \1 ")
    return tf.strings.split(spaced)


def encode(words: tf.RaggedTensor, vocabulary: tf.Tensor, *, max_tokens: int) -> tf.RaggedTensor:
    """Cut words into subword ids, the longest known piece first.

    Args:
        words: `[batch, words]` strings.
        vocabulary: path of the file that lists the subwords, a scalar string.
        max_tokens: ids kept of a row.

    Returns:
        `[batch, tokens]` int64, without padding.
    """
    rows = tf.lookup.TextFileInitializer(
        vocabulary,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )
    tokenizer = tf_text.WordpieceTokenizer(
        tf.lookup.StaticHashTable(rows, default_value=UNKNOWN_ID),
        suffix_indicator=SUFFIX,
        max_bytes_per_word=MAX_WORD_BYTES,
        token_out_type=tf.int64,
        unknown_token=UNKNOWN,
        split_unknown_characters=True,
    )
    return tokenizer.tokenize(words).merge_dims(1, 2)[:, :max_tokens]
