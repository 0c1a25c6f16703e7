"""The transform graph: raw columns in, token ids and label ids out; the same graph serves."""

from collections.abc import Mapping
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft

from trainer.embeddings.analyzer import learn_embeddings
from trainer.ngrams import hashed_ngrams
from trainer.normalisation import normalise
from trainer.settings import TransformSettings
from trainer.tokenizer import encode, learn

TOKENS: Final = "tokens"
TOKEN_COUNT: Final = "token_count"
"""Tokens of the whole text, those beyond the limit included; only measured, no model reads it."""

NGRAMS: Final = "ngrams"
LABEL: Final = "label"
LABEL_VOCABULARY: Final = "labels"
LABEL_COUNTS: Final = "label_counts"
"""An asset: one `count label` a line, of the train split."""

UNKNOWN_LABEL: Final = -1
"""A label that the train split does not have, or no label at all (unlabelled rows)."""


def preprocessing_fn(
    inputs: Mapping[str, tf.SparseTensor], custom_config: dict[str, Any]
) -> dict[str, tf.Tensor | tf.RaggedTensor]:
    """Turn a batch of raw columns into features, learning the vocabularies on the way.

    Args:
        inputs: the schema's columns, each a `[batch, 1]` sparse tensor.
        custom_config: under `settings`, a dumped `TransformSettings`.

    Returns:
        `tokens`, ragged `[batch, tokens]` int64, cut at the limit; `token_count`, `[batch]`
        int64, before the cut; `label`, `[batch]` int64; and, for the linear channel, `ngrams`,
        ragged `[batch, n-grams]` int64.
    """
    settings = TransformSettings.model_validate(custom_config["settings"])
    texts = normalise(one_value(inputs[settings.text_column], default=""))
    tokens = encode(texts, learn(texts, settings.text), settings.text)
    kept = tokens[:, : settings.text.kept_tokens]
    learn_embeddings(kept, settings.text.embeddings, dim=settings.embedding_dim)
    labels = inputs[settings.label_column]
    tft.count_per_key(labels.values, key_vocabulary_filename=LABEL_COUNTS)
    ids = tft.compute_and_apply_vocabulary(
        labels, vocab_filename=LABEL_VOCABULARY, default_value=UNKNOWN_LABEL
    )
    features = {
        TOKENS: kept,
        TOKEN_COUNT: tokens.row_lengths(),
        LABEL: one_value(ids, default=UNKNOWN_LABEL),
    }
    if settings.text.ngrams:
        features[NGRAMS] = hashed_ngrams(texts)
    return features


def one_value(column: tf.SparseTensor, *, default: str | int) -> tf.Tensor:
    """Take the one value of each row.

    Args:
        column: `[batch, 1]`, or `[batch, 0]` where all rows lack it.
        default: for rows that lack it.

    Returns:
        `[batch]`.
    """
    shape = tf.stack([column.dense_shape[0], 1])
    single = tf.SparseTensor(column.indices, column.values, shape)
    return tf.sparse.to_dense(single, default_value=default)[:, 0]
