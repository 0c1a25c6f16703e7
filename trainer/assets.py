"""What Transform learnt, read from the files beside its graph."""

from pathlib import PurePosixPath

import tensorflow as tf
import tensorflow_transform as tft

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


def _lines(transform: tft.TFTransformOutput, asset: str) -> list[str]:
    path = PurePosixPath(transform.transform_savedmodel_dir, "assets", asset)
    with tf.io.gfile.GFile(str(path)) as file:
        return file.read().removesuffix("\n").split("\n")
