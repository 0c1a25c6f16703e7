"""Counts co-occurrences in Beam and learns the word vectors from them, as a TFT analyzer."""

import os
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from trainer.embeddings import cooccurrence, glove, table, word2vec
from trainer.embeddings.cooccurrence import Counts
from trainer.settings import EmbeddingSettings

EMBEDDINGS_ASSET: Final = "embeddings.npz"
"""The vectors, beside the transform graph; no op reads them, so an export can leave them."""

TOKENS_AT_ONCE: Final = 500_000
"""Tokens collected before they are counted, which takes 65 MB for a window of 5."""

Batch = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Token ids end to end, and the rows' lengths."""


def learn_embeddings(tokens: tf.RaggedTensor, settings: EmbeddingSettings, *, dim: int) -> None:
    """Learn word vectors over the whole data set and leave them in `EMBEDDINGS_ASSET`.

    Args:
        tokens: `[batch, tokens]` ids.
        settings: how to learn; `off` does nothing.
        dim: length of a vector.
    """
    if settings.method == "off":
        return
    tft.experimental.ptransform_analyzer(
        inputs=[tokens.flat_values, tokens.row_lengths()],
        ptransform=LearnEmbeddings(settings, dim=dim),
        output_dtypes=[tf.string],
        output_shapes=[[]],
        output_asset_default_values=[b""],
        name="embeddings",
    )


class LearnEmbeddings(tft_beam.experimental.PTransformAnalyzer):
    """From batches of token ids to the path of the vectors learnt from their neighbours."""

    def __init__(self, settings: EmbeddingSettings, *, dim: int) -> None:
        super().__init__()
        self._settings = settings
        self._dim = dim

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        """Count in each bundle, add the counts up, then learn once."""
        path = os.path.join(self.base_temp_dir, EMBEDDINGS_ASSET)
        return (
            batches
            | "CountInBundles" >> beam.ParDo(_CountPairs(self._settings.window))
            | "AddAndLearn" >> beam.CombineGlobally(_AddAndLearn(self._settings, self._dim))
            | "Write" >> beam.Map(_write, path=path)
        )


class _CountPairs(beam.DoFn):
    """Counts the pairs of one bundle in memory and emits one matrix."""

    def __init__(self, window: int) -> None:
        self._window = window

    def start_bundle(self) -> None:
        self._counts = cooccurrence.nothing()
        self._batches: list[Batch] = []
        self._tokens = 0

    def process(self, batch: Batch) -> None:
        self._batches.append(batch)
        self._tokens += batch[0].size
        if self._tokens >= TOKENS_AT_ONCE:
            self._count()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        self._count()
        window = GlobalWindow()
        packed = cooccurrence.pack(self._counts)
        yield WindowedValue(packed, window.max_timestamp(), [window])

    def _count(self) -> None:
        if self._batches:
            ids, lengths = map(np.concatenate, zip(*self._batches, strict=True))
            found = cooccurrence.count(ids, lengths, window=self._window)
            self._counts = cooccurrence.add(self._counts, found)
        self._batches, self._tokens = [], 0


class _AddAndLearn(beam.CombineFn):
    """Adds packed counts up as they come, so that two matrices at most are in memory, then learns.

    Learning ends the adding and is no step of its own: on the way to it Beam would copy the sum.
    """

    def __init__(self, settings: EmbeddingSettings, dim: int) -> None:
        self._settings = settings
        self._dim = dim

    def create_accumulator(self) -> Counts:
        return cooccurrence.nothing()

    def add_input(self, total: Counts | bytes, packed: bytes) -> Counts:
        return cooccurrence.add(_unpacked(total), cooccurrence.unpack(packed))

    def merge_accumulators(self, totals: Iterable[Counts | bytes]) -> Counts:
        return reduce(cooccurrence.add, map(_unpacked, totals), cooccurrence.nothing())

    def compact(self, total: Counts | bytes) -> bytes:
        """Pack what goes to another worker."""
        return cooccurrence.pack(_unpacked(total))

    def extract_output(self, total: Counts | bytes) -> table.Learnt:
        return _learn(_unpacked(total), self._settings, dim=self._dim)


def _unpacked(total: Counts | bytes) -> Counts:
    return cooccurrence.unpack(total) if isinstance(total, bytes) else total


def _learn(counts: Counts, settings: EmbeddingSettings, *, dim: int) -> table.Learnt:
    both = cooccurrence.symmetric(counts)
    if settings.method == "glove":
        vectors = glove.learn(both, window=settings.window, dim=dim)
    else:
        vectors = word2vec.learn(both, dim=dim)
    return table.select(vectors, cooccurrence.counted(both))


def _write(learnt: table.Learnt, *, path: str) -> str:
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(table.to_bytes(learnt))
    return path
