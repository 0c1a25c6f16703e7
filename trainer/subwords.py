"""From words to subword ids, in TensorFlow ops that TensorFlow Serving's stock binary has."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text
import tensorflow_transform as tft

from trainer.normalisation import joined
from trainer.vocabulary import MAX_WORD, MAX_WORD_BYTES, SUFFIX, UNKNOWN, UNKNOWN_ID

SYMBOLS: Final = r"([\p{P}\p{S}]+)"
"""A run of punctuation, symbols or emoji is a word of its own."""

RUNS: Final = rf"(\S{{{MAX_WORD}}})"
"""So many characters without a blank are a word. One pattern for symbols as well is far slower."""


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Cut texts at blanks, around symbols, and what is longer than `MAX_WORD` characters.

    Args:
        texts: `[batch]` strings, normalised.

    Returns:
        `[batch, words]` strings; an empty text has no words.
    """
    spaced = tf.strings.regex_replace(texts, SYMBOLS, r" \1 ")
    return tf.strings.split(tf.strings.regex_replace(spaced, RUNS, r"\1 "))


def encode(words: tf.RaggedTensor, vocabulary: tf.Tensor) -> tf.RaggedTensor:
    """Cut words into subword ids, the longest known piece first.

    Args:
        words: `[batch, words]` strings.
        vocabulary: path of the file that lists the subwords, a scalar string.

    Returns:
        `[batch, tokens]` int64, without padding.
    """
    ends_and_ids = tft.apply_vocabulary(words.flat_values, vocabulary, lookup_fn=_cut)
    ends = tf.size(words.flat_values) + 1
    pieces = tf.RaggedTensor.from_row_splits(
        ends_and_ids[ends:], ends_and_ids[:ends], validate=False
    )
    return joined(words, pieces)


def _cut(words: tf.Tensor, vocabulary: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Give TFT what it asks of a lookup: one tensor, and the size of the table.

    Args:
        words: `[words]` strings.
        vocabulary: path of the subwords' file; eager once they are learnt.

    Returns:
        `[words + 1 + pieces]` int64, where the words' pieces begin and end, then the pieces' ids.
    """
    with _outside_the_graph(vocabulary):
        rows = tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        )
        table = tf.lookup.StaticHashTable(rows, default_value=UNKNOWN_ID)
        size = table.size()
    tokenizer = tf_text.WordpieceTokenizer(
        table,
        suffix_indicator=SUFFIX,
        max_bytes_per_word=MAX_WORD_BYTES,
        token_out_type=tf.int64,
        unknown_token=UNKNOWN,
        split_unknown_characters=True,
    )
    pieces = tokenizer.tokenize(words)
    return tf.concat([pieces.row_splits, pieces.flat_values], axis=0), size


def _outside_the_graph(path: tf.Tensor) -> AbstractContextManager[None]:
    """Lift a table out, if its file is known, so that it is filled when a server loads the graph.

    Within the graph each request would read the file again, and fail once the file is gone.
    """
    eager = hasattr(path, "numpy")
    return tf.init_scope() if eager and tf.inside_function() else nullcontext()
