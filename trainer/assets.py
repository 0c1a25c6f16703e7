"""What Transform learnt, read from the files beside its graph."""

from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft

from trainer.embeddings import table
from trainer.embeddings.analyzer import EMBEDDINGS_ASSET
from trainer.preprocessing import LABEL_COUNTS, LABEL_VOCABULARY
from trainer.word_counts import VOCABULARY_ASSET


def subwords(transform: tft.TFTransformOutput) -> list[str]:
    """Read the subwords, in the order of their ids."""
    return _lines(transform, VOCABULARY_ASSET)


def labels(transform: tft.TFTransformOutput) -> list[str]:
    """Read the label names, in the order of their ids: the most frequent first."""
    return _lines(transform, LABEL_VOCABULARY)


def label_counts(transform: tft.TFTransformOutput) -> dict[str, int]:
    """Read how many rows of the train split carry each label."""
    pairs = (line.split(" ", maxsplit=1) for line in _lines(transform, LABEL_COUNTS))
    return {label: int(count) for count, label in pairs}


def embeddings(transform: tft.TFTransformOutput) -> npt.NDArray[np.float32] | None:
    """Read the word vectors for an embedding layer to start from.

    Returns:
        `[subwords, embedding_dim]`, the padding's row zero; None if `text.embeddings.method` is
        off or the texts hold no two tokens near each other.
    """
    path = _path(transform, EMBEDDINGS_ASSET)
    if not tf.io.gfile.exists(path):
        return None
    with tf.io.gfile.GFile(path, "rb") as file:
        learnt = table.from_bytes(file.read())
    return table.embedding_table(learnt, rows=len(subwords(transform)))


def _lines(transform: tft.TFTransformOutput, asset: str) -> list[str]:
    with tf.io.gfile.GFile(_path(transform, asset)) as file:
        return file.read().removesuffix("\n").split("\n")


def _path(transform: tft.TFTransformOutput, asset: str) -> str:
    return str(PurePosixPath(transform.transform_savedmodel_dir, "assets", asset))
