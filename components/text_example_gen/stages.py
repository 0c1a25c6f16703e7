"""The Beam pipeline: read the units, write the examples, the quarantine and the counts.

The unit of parallelism is a file (in Parquet: a row group): rows of text cannot be found from the
middle of a quoted or gzipped file. TFX's own `WriteSplit` shuffles by random keys, so that no two
runs write the same files; here a digest of each record gives its file and its place there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

import apache_beam as beam
import tensorflow as tf
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsIter, AsSingleton, TaggedOutput

from components import provenance
from components.text_example_gen import counts, quarantine
from components.text_example_gen.counts import EXCLUDE, Counts, Tally
from components.text_example_gen.examples import place, serialised
from components.text_example_gen.plan import Plan, Unit
from components.text_example_gen.reading import Reader, join_parts
from components.text_example_gen.rows import Good
from components.text_example_gen.split import is_eval

HELD_BYTES: Final = 16 * 1024 * 1024
"""Records that a reader holds before they go on, one element for each example file: a bound on the
memory that leaves each element many rows, as Beam's cost for one is that of reading ten rows."""

BAD: Final = "bad"
TALLIES: Final = "tallies"
ROWS: Final = "rows"

ShardKey = tuple[str, int]
"""Output split and number of the example file."""


def build(pipeline: beam.Pipeline, plan: Plan, *, examples_uri: str, quarantine_uri: str) -> None:
    """Add every stage to the pipeline."""
    ids = _read(
        pipeline,
        "Ids",
        ReadIds(plan, quarantine_uri),
        [u for u in plan.units if u.split == EXCLUDE],
    )
    rest = [unit for unit in plan.units if unit.split != EXCLUDE]
    left_out = ids[ROWS] | "LeftOut" >> beam.CombineGlobally(united)
    reader = ReadRows(plan, quarantine_uri)
    rows = _read(pipeline, "Rows", reader, rest, AsSingleton(left_out))
    written = (
        rows[ROWS]
        | "Gather" >> beam.GroupByKey()
        | "WriteExamples" >> beam.ParDo(WriteShard(examples_uri, plan.shards))
    )
    counts_path = f"{quarantine_uri}/{quarantine.COUNTS_FILE_NAME}"
    bad = (ids[BAD], rows[BAD]) | "Bad" >> beam.Flatten()
    kept_out = (
        pipeline
        | "QuarantineFile" >> beam.Create([quarantine_uri], reshuffle=False)
        | "WriteQuarantine" >> beam.FlatMap(join_parts, AsIter(bad), plan)
    )
    tallies = (ids[TALLIES], rows[TALLIES], written, kept_out) | "Tallies" >> beam.Flatten()
    _ = (
        pipeline
        | "CountsFile" >> beam.Create([counts_path], reshuffle=False)
        | "WriteCounts" >> beam.Map(write_counts, AsIter(tallies))
    )


def _read(
    pipeline: beam.Pipeline, name: str, reader: beam.DoFn, units: list[Unit], *side: AsSingleton
) -> beam.pvalue.DoOutputsTuple:
    read = beam.ParDo(reader, *side).with_outputs(BAD, TALLIES, main=ROWS)
    return pipeline | f"{name}Units" >> beam.Create(units) | f"Read{name}" >> read


# Beam 2.59 reads the annotations of `process` and takes a tagged output for a main one: the main
# outputs' types are said here.
@beam.typehints.with_output_types(list[str])
class ReadIds(beam.DoFn):
    """Reads the ids of one unit; gives them in batches."""

    def __init__(self, plan: Plan, quarantine_uri: str) -> None:
        self._plan = plan
        self._quarantine_uri = quarantine_uri

    def process(self, unit: Unit) -> Iterator[list[str] | TaggedOutput]:
        """Yield the ids, tagged tallies and, tagged, the unit if it has bad rows."""
        reader, ids = Reader(self._plan, unit, self._quarantine_uri), []
        for row in reader.good_rows():
            [name] = row.values.values()
            ids.append(str(name))
        yield ids
        yield from _outcome(reader, unit)
        yield TaggedOutput(TALLIES, ((counts.EXCLUDED, unit.split), len(ids)))


@beam.typehints.with_output_types(tuple[ShardKey, list[bytes]])
class ReadRows(beam.DoFn):
    """Reads the rows of one unit; gives serialised examples in batches, by example file."""

    def __init__(self, plan: Plan, quarantine_uri: str) -> None:
        self._plan = plan
        self._quarantine_uri = quarantine_uri
        self._names = provenance.file_names(u.file for u in plan.units if u.split != EXCLUDE)

    def process(
        self, unit: Unit, left_out: frozenset[str]
    ) -> Iterator[tuple[ShardKey, list[bytes]] | TaggedOutput]:
        """Yield the batches, tagged tallies and, tagged, the unit if it has bad rows."""
        reader = Reader(self._plan, unit, self._quarantine_uri)
        ids = left_out if unit.split == counts.UNLABELLED else None
        batches: defaultdict[ShardKey, list[bytes]] = defaultdict(list)
        excluded = held_bytes = 0
        for row in reader.good_rows():
            if ids and row.values[self._plan.id_feature or ""] in ids:
                excluded += 1
                continue
            key, record = self._placed(row, unit)
            batches[key].append(record)
            held_bytes += len(record)
            if held_bytes >= HELD_BYTES:
                yield from batches.items()
                batches.clear()
                held_bytes = 0
        yield from batches.items()
        yield from _outcome(reader, unit)
        yield TaggedOutput(TALLIES, ((counts.EXCLUDED, unit.split), excluded))

    def _placed(self, row: Good, unit: Unit) -> tuple[ShardKey, bytes]:
        fraction, split = self._plan.eval_fraction, unit.split
        if fraction and split == counts.TRAIN:
            text = self._plan.layouts[split].columns[0].feature
            split = counts.EVAL if is_eval(str(row.values[text]), fraction) else split
        origin = provenance.place(self._names[unit.file], row.line)
        record = serialised(row.values, origin=origin)
        return (split, place(record) % self._plan.shards[split]), record


def united(ids: Iterable[Iterable[str]]) -> frozenset[str]:
    """Return all ids; a row without one is left in."""
    return frozenset(chain.from_iterable(ids)) - {""}


class WriteShard(beam.DoFn):
    """Writes one example file, in the order of the records' digests.

    A file that a runner writes twice, after a failure, is the same both times.
    """

    def __init__(self, examples_uri: str, shards: Mapping[str, int]) -> None:
        self._uri = examples_uri
        self._shards = dict(shards)

    def process(self, shard: tuple[ShardKey, Iterable[list[bytes]]]) -> Iterator[Tally]:
        """Yield the number of records written."""
        (split, number), batches = shard
        name = f"data_tfrecord-{number:05d}-of-{self._shards[split]:05d}.gz"
        written = 0
        with tf.io.TFRecordWriter(f"{self._uri}/Split-{split}/{name}", "GZIP") as file:
            for record in sorted(chain.from_iterable(batches), key=place):
                file.write(record)
                written += 1
        yield (counts.WRITTEN, split), written


def write_counts(path: str, tallies: Iterable[Tally]) -> None:
    """Write the sums of all tallies."""
    with FileSystems.create(path) as file:
        file.write(f"{Counts.of(tallies).to_json()}\n".encode())


def _outcome(reader: Reader, unit: Unit) -> Iterator[TaggedOutput]:
    yield TaggedOutput(TALLIES, ((counts.READ, unit.split), reader.read))
    if reader.bad:
        yield TaggedOutput(BAD, unit)
