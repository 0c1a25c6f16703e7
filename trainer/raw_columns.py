"""Raw text as the transform graph takes it: in sparse columns, such as examples are parsed to."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def raw_columns(
    texts: tf.Tensor, text_column: str, spec: Mapping[str, Any]
) -> dict[str, tf.SparseTensor]:
    """Put texts into their column and leave all others empty in every row.

    Args:
        texts: `[batch]` strings.
        text_column: the column that holds the text.
        spec: of every raw column, as Transform's output tells it.

    Returns:
        The text's column, `[batch, 1]`, and the others, `[batch, 0]`.
    """
    batch = tf.size(texts, tf.int64)
    rows = tf.range(batch)
    indices = tf.stack([rows, tf.zeros_like(rows)], axis=1)
    empty = {
        name: tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], column.dtype), [batch, 0])
        for name, column in spec.items()
    }
    return {**empty, text_column: tf.SparseTensor(indices, texts, [batch, 1])}
