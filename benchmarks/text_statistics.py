"""Prints what the text profile costs, and how far the years of NSMC lie apart.

MALMOI_DATA=... python benchmarks/text_statistics.py [cost] [distances] [few]
"""

import csv
import gzip
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx.components import StatisticsGen
from tfx.components.statistics_gen import executor as stock
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.proto import example_gen_pb2
from tfx.types import Channel, standard_artifacts

from components.text_statistics import executor as own
from components.text_statistics.comparators import add_profile
from components.text_statistics.compare import compare
from components.text_statistics.component import TextStatisticsGen
from components.text_statistics.profile import Profiler

NSMC: Final = Path(os.environ.get("MALMOI_DATA", ""), "nsmc")
ROUNDS: Final = 3
"""Runs of each executor, by turns; the least counts. Seconds are of the processor, since the time
on the clock tells more of the machine's other work."""

BATCH: Final = 1_000
"""Rows, as TFDV hands them to its generators."""

ROWS_A_YEAR: Final = {"distances": 20_000, "few": 2_000}
"""Rows of each sample, by the word on the command line."""

YEARS: Final = ("2012", "2013", "2014", "2015")
SEED: Final = 7

Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    with gzip.open(NSMC / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_examples(rows: Iterable[Row], folder: str) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = folder, '["train"]'
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    path = Path(examples.path(split="train"), "data_tfrecord-00000-of-00001.gz")
    path.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as file:
        for row in rows:
            file.write(_example(row))
    return examples


def _example(row: Row) -> bytes:
    """Serialise the user's columns alone: StatisticsGen would count the provenance too."""
    example = tf.train.Example()
    for name, value in row.items():
        example.features.feature[name].bytes_list.value.append(value.encode())
    return bytes(example.SerializeToString())


def run(
    executor: type[BaseBeamExecutor],
    examples: standard_artifacts.Examples,
    properties: dict[str, Any],
) -> tuple[float, statistics_pb2.DatasetFeatureStatisticsList]:
    """Run an executor; returns its processor seconds, in all threads, and what it found."""
    with tempfile.TemporaryDirectory() as folder:
        statistics = standard_artifacts.ExampleStatistics()
        statistics.uri = folder
        started = time.process_time()
        executor(BaseBeamExecutor.Context()).Do(
            {"examples": [examples]}, {"statistics": [statistics]}, properties
        )
        seconds = time.process_time() - started
        return seconds, tfdv.load_stats_binary(str(Path(folder, "Split-train", "FeatureStats.pb")))


def properties_of(node: StatisticsGen | TextStatisticsGen) -> dict[str, Any]:
    return {name: value for name, value in node.exec_properties.items() if value is not None}


def own_properties() -> dict[str, Any]:
    channel = Channel(type=standard_artifacts.Examples)
    return properties_of(TextStatisticsGen(examples=channel, text_column="text", digest=""))


def stock_properties() -> dict[str, Any]:
    return properties_of(StatisticsGen(Channel(type=standard_artifacts.Examples)))


def report_cost() -> None:
    rows = rows_of("train.csv.gz")
    texts = pa.array([row["text"].encode() for row in rows])
    Profiler().profile(texts[:1])  # builds the tables
    started = time.perf_counter()
    for first in range(0, len(texts), BATCH):
        Profiler().profile(texts[first : first + BATCH])
    print(f"profile of {len(texts):,} texts: {time.perf_counter() - started:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        examples = write_examples(rows, folder)
        timed: dict[str, Callable[[], float]] = {
            "StatisticsGen": lambda: run(stock.Executor, examples, stock_properties())[0],
            "TextStatisticsGen": lambda: run(own.Executor, examples, own_properties())[0],
        }
        seconds = defaultdict(list)
        for _ in range(ROUNDS):
            for name, measure in timed.items():
                seconds[name].append(measure())
    for name, found in seconds.items():
        print(f"{name:18} {min(found):5.1f} s  (of {', '.join(f'{s:.1f}' for s in found)})")
    best = {name: min(found) for name, found in seconds.items()}
    print(f"more: {best['TextStatisticsGen'] / best['StatisticsGen'] - 1:+.0%}")


def report_distances(size: int) -> None:
    years = defaultdict(list)
    for row in rows_of("all_ratings.csv.gz"):
        years[row["date"][:4]].append(row)
    schema = schema_pb2.Schema()
    for name in ("text", "rating", "movie_id"):
        schema.feature.add(name=name, type=schema_pb2.BYTES)
    schema = add_profile(schema, text_column="text", label_column="rating", side=["movie_id"])
    found = {}
    for year in YEARS:
        sample = random.Random(SEED).sample(years[year], 2 * size)
        for half, rows in (("", sample[:size]), ("'", sample[size:])):
            with tempfile.TemporaryDirectory() as folder:
                examples = write_examples(rows, folder)
                found[year + half] = run(own.Executor, examples, own_properties())[1]
    first, *later = YEARS
    pairs = [(year + "'", year) for year in YEARS]
    pairs += [(year, first) for year in later] + [(YEARS[-1], YEARS[-2])]
    columns = [compare(found[new], found[old], schema) for new, old in pairs]
    print(
        f"{f'{size:,} rows a sample':24}  limit",
        *(f"{old[2:]:>3}-{new[2:]:4}" for new, old in pairs),
    )
    for line in zip(*columns, strict=True):
        figures = ["none" if c.figure is None else f"{c.figure:.4f}" for c in line]
        print(f"{line[0].column:24} {line[0].limit:6}", *(f"{figure:>8}" for figure in figures))


if __name__ == "__main__":
    if not NSMC.is_dir():
        sys.exit("MALMOI_DATA names no folder with nsmc/train.csv.gz and nsmc/all_ratings.csv.gz")
    wanted = sys.argv[1:] or ["cost", *ROWS_A_YEAR]
    if "cost" in wanted:
        report_cost()
    for word, size in ROWS_A_YEAR.items():
        if word in wanted:
            report_distances(size)
