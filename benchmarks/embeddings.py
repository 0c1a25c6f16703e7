"""Prints what learning word vectors takes beside gensim's skip-gram, and what they are worth.

MALMOI_DATA=... python benchmarks/embeddings.py [accuracy] [neighbours]

The corpus: all reviews of NSMC but those of the test files and those held out of train, on which
the classifiers are compared. The test files are not looked at.
"""

import csv
import gzip
import os
import pickle
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from gensim.models import Word2Vec

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use

import tensorflow as tf  # isort: skip

from trainer.embeddings import analyzer, cooccurrence, glove, neighbours, table, word2vec
from trainer.normalisation import normalise
from trainer.settings import EmbeddingSettings, TextSettings
from trainer.subwords import encode, split_words
from trainer.vocabulary import PADDING_ID, learn_subwords

NSMC: Final = Path(os.environ.get("MALMOI_DATA", ""), "nsmc")
DIM: Final = 128
SETTINGS: Final = EmbeddingSettings()
WORKERS: Final = 2
"""Threads of gensim: the cores of the machine that the documents' figures are from."""

HELD_OUT: Final = 40_000
"""Rows of train that the classifiers are compared on: half a point is three standard errors."""

SEEDS: Final = (1, 2, 3)
EPOCHS: Final = 2
BATCH: Final = 128
UNITS: Final = 64
DROPOUT: Final = 0.4
LEARNING_RATE: Final = 2e-3
RANDOM_RANGE: Final = 0.05
"""Of Keras's own start of an embedding layer."""

ROWS_AT_ONCE: Final = 1_000

LONGEST: Final = 128
WORDS: Final = ("배우", "재미", "감동", "최고", "쓰레기", "연기", "ㅋㅋㅋ", "공포", "눈물", "지루")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Token ids: `rows` are all to learn vectors from, the others have labels."""

    subwords: list[str]
    rows: tf.RaggedTensor
    train: tuple[tf.RaggedTensor, npt.NDArray[np.bool_]]
    held_out: tuple[tf.RaggedTensor, npt.NDArray[np.bool_]]

    def batches(self) -> list[analyzer.Batch]:
        """Cut the rows as TFT does before it hands them to an analyzer."""
        starts = range(0, self.rows.nrows(), ROWS_AT_ONCE)
        parts = [self.rows[start : start + ROWS_AT_ONCE] for start in starts]
        return [(p.flat_values.numpy(), p.row_lengths().numpy()) for p in parts]


def read_corpus() -> Corpus:
    train, test, ratings = map(rows_of, ("train.csv.gz", "test.csv.gz", "all_ratings.csv.gz"))
    order = np.random.default_rng(0).permutation(len(train))
    held_out = [train[i] for i in order[:HELD_OUT]]
    kept = [train[i] for i in order[HELD_OUT:]]
    hidden = {row["id"] for row in [*test, *held_out]}
    texts = [row["text"] for row in ratings if row["id"] not in hidden]
    counts: Counter[bytes] = Counter()
    for part in parts_of(texts):
        counts.update(split_words(normalise(tf.constant(part))).flat_values.numpy().tolist())
    learnt_from = {word.decode(): n for word, n in counts.items()}
    subwords = learn_subwords(learnt_from, size=TextSettings().vocabulary_size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "subwords")
        path.write_text("".join(f"{subword}\n" for subword in subwords), "utf-8")
        splits = [texts, *([row["text"] for row in split] for split in (kept, held_out))]
        rows, *labelled = tokens_of(path, *splits)
    labels = [np.array([row["label"] == "positive" for row in s]) for s in (kept, held_out)]
    pairs = list(zip(labelled, labels, strict=True))
    return Corpus(subwords=subwords, rows=rows, train=pairs[0], held_out=pairs[1])


def rows_of(name: str) -> list[dict[str, str]]:
    with gzip.open(NSMC / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parts_of(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (texts[i : i + ROWS_AT_ONCE] for i in range(0, len(texts), ROWS_AT_ONCE))


def tokens_of(vocabulary: Path, *corpora: Sequence[str]) -> list[tf.RaggedTensor]:
    path = tf.constant(str(vocabulary))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def tokens(texts: tf.Tensor) -> tf.RaggedTensor:
        return encode(split_words(normalise(texts)), path)

    return [
        tf.concat([tokens(tf.constant(part)) for part in parts_of(texts)], axis=0)
        for texts in corpora
    ]


def count(batches: Iterable[analyzer.Batch]) -> tuple[cooccurrence.Counts, float]:
    """Count as a bundle of the analyzer does; returns the seconds too."""
    started = time.perf_counter()
    bundle = analyzer._CountPairs(SETTINGS.window)
    bundle.start_bundle()
    for batch in batches:
        bundle.process(batch)
    (counts,) = bundle.finish_bundle()
    return cooccurrence.unpack(counts.value), time.perf_counter() - started


def learn_word2vec(counts: cooccurrence.Counts) -> tuple[Floats, float]:
    started = time.perf_counter()
    vectors = word2vec.learn(cooccurrence.symmetric(counts), dim=DIM)
    return vectors, time.perf_counter() - started


def learn_glove(counts: cooccurrence.Counts) -> tuple[Floats, float]:
    started = time.perf_counter()
    both = cooccurrence.symmetric(counts)
    vectors = glove.learn(both, window=SETTINGS.window, dim=DIM)
    return vectors, time.perf_counter() - started


def learn_in_beam(batches: list[analyzer.Batch]) -> float:
    """Run the whole analyzer on Beam's DirectRunner; returns the seconds."""
    learn = analyzer.LearnEmbeddings(SETTINGS, dim=DIM)
    with tempfile.TemporaryDirectory() as folder:
        learn.base_temp_dir = folder
        path = Path(folder, "batches.pickle")
        path.write_bytes(pickle.dumps(batches))
        started = time.perf_counter()
        with beam.Pipeline() as pipeline:
            read = beam.FlatMap(lambda path: pickle.loads(path.read_bytes()))
            _ = pipeline | beam.Create([path]) | read.with_output_types(Any) | learn
        return time.perf_counter() - started


def learn_skip_gram(corpus: Corpus) -> tuple[Floats, float]:
    """Run gensim with its defaults; its sentences are ready before the clock starts."""
    names = [str(i) for i in range(len(corpus.subwords))]
    sentences = [[names[i] for i in row] for row in corpus.rows.to_list()]
    started = time.perf_counter()
    model = Word2Vec(
        sentences, vector_size=DIM, window=SETTINGS.window, sg=1, workers=WORKERS, seed=1
    )
    seconds = time.perf_counter() - started
    vectors = np.zeros((len(names), DIM), np.float32)
    vectors[[int(name) for name in model.wv.index_to_key]] = model.wv.vectors
    return vectors, seconds


def as_table(vectors: Floats, corpus: Corpus) -> Floats:
    """Scale as for the model; ids without a vector get the mean."""
    padded = np.zeros((len(corpus.subwords), DIM), np.float32)
    padded[: len(vectors)] = vectors
    learnt = table.select(padded, np.flatnonzero(np.abs(padded).max(axis=1) > 0))
    found = table.embedding_table(learnt, rows=len(corpus.subwords))
    assert found is not None
    return found


def accuracy(start: Floats, corpus: Corpus, *, seed: int) -> float:
    """Train a small BiGRU from these vectors; returns its accuracy on the rows held out."""
    tf.keras.utils.set_random_seed(seed)
    layers = tf.keras.layers
    tokens = layers.Input([None], dtype=tf.int64)
    embedding = layers.Embedding(
        *start.shape, mask_zero=True, embeddings_initializer=tf.keras.initializers.Constant(start)
    )
    states = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))(
        layers.SpatialDropout1D(DROPOUT)(embedding(tokens))
    )
    features = layers.Dropout(DROPOUT)(layers.GlobalAveragePooling1D()(states))
    model = tf.keras.Model(tokens, layers.Dense(2, activation="softmax")(features))
    for name in ("train_step", "test_step"):  # autograph would rewrite Keras, to no use
        step = getattr(model, name)
        setattr(model, name, tf.autograph.experimental.do_not_convert(step))
    steps = EPOCHS * corpus.train[1].size // BATCH
    rate = tf.keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(
        tf.keras.optimizers.Adam(rate, clipnorm=1.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(by_length(*corpus.train, seed=seed), epochs=EPOCHS, verbose=0)
    return float(model.evaluate(by_length(*corpus.held_out), verbose=0)[1])


def by_length(
    rows: tf.RaggedTensor, labels: npt.NDArray[np.bool_], *, seed: int | None = None
) -> tf.data.Dataset:
    """Batch rows of like length, so that little is padded; a seed draws the batches' order anew."""
    lengths = np.minimum(rows.row_lengths().numpy(), LONGEST)
    random = np.random.default_rng(seed)

    def batches() -> Iterator[tuple[Any, Any]]:
        order = random.permutation(labels.size) if seed is not None else np.arange(labels.size)
        order = order[np.argsort(lengths[order], kind="stable")]
        edges = [*range(0, labels.size, BATCH), labels.size]
        parts = list(pairwise(edges))
        for i in random.permutation(len(parts)):
            chosen = order[slice(*parts[i])]
            padded = tf.gather(rows, chosen)[:, :LONGEST].to_tensor(PADDING_ID)
            missing = tf.maximum(1 - tf.shape(padded)[1], 0)
            yield tf.pad(padded, [[0, 0], [0, missing]]), labels[chosen]

    return tf.data.Dataset.from_generator(
        batches,
        output_signature=(
            tf.TensorSpec([None, None], tf.int64),
            tf.TensorSpec([None], tf.bool),
        ),
    ).prefetch(tf.data.AUTOTUNE)


def report_seconds(corpus: Corpus) -> dict[str, Floats]:
    """Time each method, word2vec before and after gensim, for the machine may have other work."""
    batches = corpus.batches()
    rounds, (skip_gram, gensim_s) = [], (np.empty(0), 0.0)
    for number in range(2):
        counts, count_s = count(batches)
        vectors, learn_s = learn_word2vec(counts)
        rounds.append((count_s, learn_s))
        print(f"word2vec: counting {count_s:.1f} s, SPPMI and SVD {learn_s:.1f} s", flush=True)
        if number == 0:
            skip_gram, gensim_s = learn_skip_gram(corpus)
            print(f"gensim skip-gram, {WORKERS} workers: {gensim_s:.1f} s", flush=True)
    print(f"word2vec as an analyzer on Beam's DirectRunner: {learn_in_beam(batches):.1f} s")
    times = sorted(gensim_s / sum(seconds) for seconds in rounds)
    print(f"times faster: {times[0]:.1f} by the slower round, {times[1]:.1f} by the other")
    glove_vectors, glove_s = learn_glove(counts)
    print(f"GloVe: {glove_s:.1f} s from the same counts", flush=True)
    return {"gensim": skip_gram, "word2vec": vectors, "glove": glove_vectors}


def report_accuracy(tables: dict[str, Floats], corpus: Corpus) -> None:
    random = np.random.default_rng(0)
    shape = (len(corpus.subwords), DIM)
    rival = random.uniform(-RANDOM_RANGE, RANDOM_RANGE, shape).astype(np.float32)
    means = {}
    for name, start in [*tables.items(), ("random", rival)]:
        found = [accuracy(start, corpus, seed=seed) for seed in SEEDS]
        means[name] = float(np.mean(found))
        each = ", ".join(f"{100 * a:.2f}" for a in found)
        print(f"accuracy from {name:8} {100 * means[name]:.2f}  (of {each})", flush=True)
    for name in tables:
        print(f"{name} to gensim: {100 * (means[name] - means['gensim']):+.2f} points")


def report_neighbours(tables: dict[str, Floats], corpus: Corpus) -> None:
    for name, vectors in tables.items():
        for word, near in neighbours.nearest(vectors, corpus.subwords, WORDS, count=5).items():
            print(f"{name:8} {word}:", ", ".join(f"{n.subword} {n.cosine:.2f}" for n in near))


def main(wanted: Sequence[str]) -> None:
    corpus = read_corpus()
    tokens, rows = corpus.rows.flat_values.shape[0], corpus.rows.nrows()
    size = len(corpus.subwords)
    print(f"{rows:,} reviews, {tokens:,} tokens of {size:,} subwords, {DIM} dimensions")
    vectors = report_seconds(corpus)
    tables = {name: as_table(found, corpus) for name, found in vectors.items()}
    if "neighbours" in wanted:
        report_neighbours(tables, corpus)
    if "accuracy" in wanted:
        report_accuracy(tables, corpus)


if __name__ == "__main__":
    if not NSMC.is_dir():
        sys.exit("MALMOI_DATA names no folder with nsmc/train.csv.gz and nsmc/all_ratings.csv.gz")
    main(sys.argv[1:] or ["accuracy", "neighbours"])
