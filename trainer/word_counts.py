"""Counts the words in Beam and learns the subword vocabulary from them, as a TFT analyzer."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from trainer import vocabulary

VOCABULARY_ASSET: Final = "subwords"
"""One subword a line, in the order of their ids, beside the transform graph."""

MAX_WORDS: Final = 2_000_000
"""Distinct words that the learner sees, the most frequent first: about 200 MB of memory."""


def learn_subwords(words: tf.Tensor, *, size: int) -> tf.Tensor:
    """Learn a subword vocabulary over the whole data set.

    Args:
        words: `[words]` strings, all words of the batch, end to end.
        size: subwords to learn, at most.

    Returns:
        The path of the asset that lists the subwords, a scalar string.
    """
    (path,) = tft.experimental.ptransform_analyzer(
        inputs=[words],
        ptransform=LearnVocabulary(size=size),
        output_dtypes=[tf.string],
        output_shapes=[[]],
        output_asset_default_values=[vocabulary.UNKNOWN.encode()],
        name="subwords",
    )
    return path


class LearnVocabulary(tft_beam.experimental.PTransformAnalyzer):
    """From batches of words to the path of the vocabulary learnt from their counts."""

    def __init__(self, *, size: int) -> None:
        super().__init__()
        self._size = size

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """Count in each bundle, add the counts up, then learn once."""
        return (
            batches
            | "CountInBundles" >> beam.ParDo(_CountWords())
            | "AddCounts" >> beam.CombinePerKey(sum)
            | "MostFrequent" >> beam.combiners.Top.Of(MAX_WORDS, key=_by_frequency)
            | "Learn" >> beam.Map(_learn, size=self._size)
            | "Write" >> beam.Map(_write, path=os.path.join(self.base_temp_dir, VOCABULARY_ASSET))
        )


class _CountWords(beam.DoFn):
    """Counts the words of one bundle in memory and emits each once."""

    def start_bundle(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def process(self, batch: tuple[npt.NDArray[np.bytes_]]) -> None:
        self._counts.update(batch[0].tolist())

    def finish_bundle(self) -> Iterator[WindowedValue]:
        window = GlobalWindow()
        for item in self._counts.items():
            yield WindowedValue(item, window.max_timestamp(), [window])


def _by_frequency(item: tuple[bytes, int]) -> tuple[int, bytes]:
    word, count = item
    return count, word


def _learn(counts: Iterable[tuple[bytes, int]], *, size: int) -> list[str]:
    return vocabulary.learn({word.decode("utf-8"): n for word, n in counts}, size=size)


def _write(subwords: list[str], *, path: str) -> str:
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("".join(f"{subword}\n" for subword in subwords))
    return path
