"""From text to token ids, as the configuration chooses: by subwords, characters or jamo."""

from collections.abc import Mapping
from typing import Final

import tensorflow as tf

from trainer import characters, subwords
from trainer.settings import TextSettings, Tokens
from trainer.vocabulary import learn_characters, learn_jamo, learn_subwords
from trainer.word_counts import Learner, learn_vocabulary

LEARNERS: Final[Mapping[Tokens, Learner]] = {
    "subwords": learn_subwords,
    "characters": learn_characters,
    "jamo": learn_jamo,
}


def learn(texts: tf.Tensor, settings: TextSettings) -> tf.Tensor:
    """Learn a vocabulary over the whole data set, within a `preprocessing_fn`.

    Args:
        texts: `[batch]` strings, normalised.
        settings: say what a token is, and how many there may be.

    Returns:
        The path of the asset that lists the tokens, a scalar string.
    """
    words = subwords.split_words(texts).flat_values
    learner = LEARNERS[settings.tokens]
    return learn_vocabulary(words, learner=learner, size=settings.vocabulary_size)


def encode(texts: tf.Tensor, vocabulary: tf.Tensor, settings: TextSettings) -> tf.RaggedTensor:
    """Turn texts into the ids of their tokens.

    Args:
        texts: `[batch]` strings, normalised.
        vocabulary: path of the file that lists the tokens, a scalar string.
        settings: say what a token is.

    Returns:
        `[batch, tokens]` int64, all of them, without padding.
    """
    match settings.tokens:
        case "subwords":
            return subwords.encode(subwords.split_words(texts), vocabulary)
        case "characters":
            return characters.encode(characters.split_characters(texts), vocabulary)
        case "jamo":
            return characters.encode(characters.split_jamo(texts), vocabulary)
