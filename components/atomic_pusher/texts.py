"""Real texts of the eval split, for a version's warm-up requests."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

ROWS_LOOKED_AT: Final = 10_000
"""Rows lie in the order of a hash, so that the first are a sample; 100 MB if each has 10 kB."""


def eval_texts(split: Path, column: str, count: int) -> list[str]:
    """Choose texts of different lengths from a split's gzipped examples.

    Args:
        split: folder of the split.
        column: of the text.
        count: texts to choose; 0 reads nothing.
    """
    if not count:
        return []
    import tensorflow as tf

    files = sorted(map(str, split.glob("*.gz")))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    values = (
        tf.train.Example.FromString(record).features.feature[column].bytes_list.value
        for record in islice(records, ROWS_LOOKED_AT)
    )
    return spread(
        (value[0].decode("utf-8", "replace") for value in values if value and value[0]), count
    )


def spread(texts: Iterable[str], count: int) -> list[str]:
    """Choose texts evenly from the shortest to the longest, each text once.

    Args:
        texts: any number of them.
        count: how many to choose; fewer where there are fewer.
    """
    ordered: Sequence[str] = sorted(set(texts), key=lambda text: (len(text), text))
    if len(ordered) <= count:
        return list(ordered)
    if count == 1:
        return [ordered[len(ordered) // 2]]
    last = len(ordered) - 1
    return [ordered[round(place * last / (count - 1))] for place in range(count)]
