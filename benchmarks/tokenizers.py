"""Prints what each choice of `text.tokens` costs and yields, without training a model.

MALMOI_DATA=... python benchmarks/tokenizers.py
"""

import csv
import gzip
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use

import tensorflow as tf  # isort: skip

from trainer.normalisation import normalise
from trainer.preprocessing import TOKEN_COUNT, TOKENS
from trainer.settings import DEFAULT_MAX_TOKENS, TextSettings
from trainer.subwords import split_words
from trainer.tokenizer import LEARNERS, encode
from trainer.traits import PARSED_ROWS, SplitTraits, measure_split, traits_of
from trainer.vocabulary import UNKNOWN_ID

DATA: Final = Path(os.environ.get("MALMOI_DATA", ""))
BATCH: Final = 1_000
"""Rows, as Transform hands them to the graph."""

ROUNDS: Final = 3
"""Passes over the train rows; the fastest counts. Seconds are of the processor, all threads added
up, since the time on the clock tells more of the machine's other work."""

SPEC: Final = {
    TOKENS: tf.io.RaggedFeature(tf.int64),
    TOKEN_COUNT: tf.io.FixedLenFeature([], tf.int64),
}


def nsmc(split: str) -> list[str]:
    with gzip.open(DATA / "nsmc" / f"{split}.csv.gz", "rt", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def three_i_4k(split: str) -> list[str]:
    name = {"train": "train_val", "test": "test"}[split]
    with gzip.open(DATA / "3i4k" / f"{name}.tsv.gz", "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t", 1)[1] for line in file]


CORPORA: Final = {"nsmc": nsmc, "3i4k": three_i_4k}


def batches(texts: Sequence[str]) -> list[tf.Tensor]:
    return [tf.constant(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]


def count_words(texts: Iterable[tf.Tensor]) -> dict[str, int]:
    counts: Counter[bytes] = Counter()
    for batch in texts:
        counts.update(split_words(normalise(batch)).flat_values.numpy().tolist())
    return {word.decode(): count for word, count in counts.items()}


def compile_encoder(vocabulary: Sequence[str], settings: TextSettings, folder: str) -> Any:
    path = Path(folder, settings.tokens)
    path.write_text("".join(f"{token}\n" for token in vocabulary), "utf-8")
    listed = tf.constant(str(path))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def encoder(texts: tf.Tensor) -> tf.RaggedTensor:
        return encode(normalise(texts), listed, settings)

    encoder(tf.constant(["새 옷"]))
    return encoder


def traits(rows: Iterable[tf.RaggedTensor], limit: int) -> SplitTraits:
    found = []
    for ids in rows:
        kept = ids[:, :limit]
        unknown = tf.reduce_sum(tf.cast(kept == UNKNOWN_ID, tf.int64), axis=1)
        found.append(np.stack([ids.row_lengths(), kept.row_lengths(), unknown]))
    return traits_of(*np.concatenate(found, axis=1))


def seconds_of_a_pass(encoder: Any, texts: Sequence[tf.Tensor]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for batch in texts:
            encoder(batch)
        seconds.append(time.process_time() - started)
    return min(seconds)


def report_corpus(name: str, folder: str) -> None:
    train, test = (CORPORA[name](split) for split in ("train", "test"))
    train_batches, test_batches = batches(train), batches(test)
    words = count_words(train_batches)
    print(f"\n{name}: {len(train):,} train rows, {len(test):,} test rows, {len(words):,} words")
    print(f"{'':11}{'learn s':>8}{'entries':>9}{'rows/s':>9}{'mean':>7}{'p99':>5}{'limit':>6}"
          f"{'cut':>8}{'unknown, covered: train':>25}{'test':>19}")  # fmt: skip
    for tokens in DEFAULT_MAX_TOKENS:
        settings = TextSettings(tokens=tokens)
        started = time.process_time()
        vocabulary = LEARNERS[tokens](words, size=settings.vocabulary_size)
        learning = time.process_time() - started
        encoder = compile_encoder(vocabulary, settings, folder)
        pace = len(train) / seconds_of_a_pass(encoder, train_batches)
        seen = traits(map(encoder, train_batches), settings.kept_tokens)
        unseen = traits(map(encoder, test_batches), settings.kept_tokens)
        print(
            f"{tokens:11}{learning:8.1f}{len(vocabulary):9,}{pace:9,.0f}{seen.mean_tokens:7.1f}"
            f"{seen.p99_tokens:5}{settings.kept_tokens:6}{seen.cut_share:8.3%}"
            f"{seen.unknown_share:14.4%}{seen.coverage:11.3%}"
            f"{unseen.unknown_share:10.4%}{unseen.coverage:9.3%}"
        )
        if tokens == "jamo":
            report_traits(map(encoder, train_batches), settings.kept_tokens, folder)


def report_traits(rows: Iterable[tf.RaggedTensor], limit: int, folder: str) -> None:
    """Time the measuring of the longest rows, written as Transform writes them."""
    path = str(Path(folder, "rows.gz"))
    with tf.io.TFRecordWriter(path, "GZIP") as file:
        for record in records(rows, limit):
            file.write(record)
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        found = measure_split([path], SPEC)
        seconds.append(time.process_time() - started)
    print(
        f"traits of these {found.rows:,} rows, in batches of {PARSED_ROWS:,}: {min(seconds):.2f} s"
    )


def records(rows: Iterable[tf.RaggedTensor], limit: int) -> Iterator[bytes]:
    for batch in rows:
        for ids in batch.to_list():
            example = tf.train.Example()
            example.features.feature[TOKENS].int64_list.value.extend(ids[:limit])
            example.features.feature[TOKEN_COUNT].int64_list.value.append(len(ids))
            yield bytes(example.SerializeToString())


if __name__ == "__main__":
    for corpus in CORPORA:
        with tempfile.TemporaryDirectory() as scratch:
            report_corpus(corpus, scratch)
