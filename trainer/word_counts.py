"""Counts the words in Beam and learns the vocabulary from them, as a TFT analyzer."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol, runtime_checkable

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from trainer.vocabulary import UNKNOWN

VOCABULARY_ASSET: Final = "subwords"
"""One token a line, in the order of their ids, beside the transform graph. The file keeps this name
whatever the tokens are, for those who look for it in an export."""

MAX_WORDS: Final = 2_000_000
"""Distinct words that the learner sees, the most frequent first: about 200 MB of memory."""


@runtime_checkable  # Beam holds the arguments of `_learn` against its annotations
class Learner(Protocol):
    """What makes a vocabulary: one of the functions `learn_…` in `trainer.vocabulary`."""

    def __call__(self, counts: Mapping[str, int], *, size: int) -> list[str]:
        """Make `size` tokens, at most, of how often each word stands in the corpus."""


def learn_vocabulary(words: tf.Tensor, *, learner: Learner, size: int) -> tf.Tensor:
    """Learn a vocabulary over the whole data set.

    Args:
        words: `[words]` strings, all words of the batch, end to end.
        learner: makes the vocabulary of all counts.
        size: tokens to learn, at most.

    Returns:
        The path of the asset that lists the tokens, a scalar string.
    """
    (path,) = tft.experimental.ptransform_analyzer(
        inputs=[words],
        ptransform=LearnVocabulary(learner=learner, size=size),
        output_dtypes=[tf.string],
        output_shapes=[[]],
        output_asset_default_values=[UNKNOWN.encode()],
        name="subwords",
    )
    return path


class LearnVocabulary(tft_beam.experimental.PTransformAnalyzer):
    """From batches of words to the path of the vocabulary learnt from their counts."""

    def __init__(self, *, learner: Learner, size: int) -> None:
        super().__init__()
        self._learner = learner
        self._size = size

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """Count in each bundle, add the counts up, then learn once."""
        return (
            batches
            | "CountInBundles" >> beam.ParDo(_CountWords())
            | "AddCounts" >> beam.CombinePerKey(sum)
            | "MostFrequent" >> beam.combiners.Top.Of(MAX_WORDS, key=_by_frequency)
            | "Learn" >> beam.Map(_learn, learner=self._learner, size=self._size)
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


def _learn(counts: Iterable[tuple[bytes, int]], *, learner: Learner, size: int) -> list[str]:
    return learner({word.decode("utf-8"): n for word, n in counts}, size=size)


def _write(tokens: list[str], *, path: str) -> str:
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("".join(f"{token}\n" for token in tokens))
    return path
