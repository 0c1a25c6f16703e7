"""The Beam pipeline: each file is read once, its rows fingerprinted, the fingerprints compared.

    files -> chunks -> tallies --------------------------------+
                    -> text records, by text -> overlaps ------+-> quality.json
                    -> band records, by band -> near texts,    |
                                                by text -> near overlaps

The result is the same however a runner bundles: each partition is sorted before it is judged.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsIter, TaggedOutput

from components.data_quality import near, overlaps, spill
from components.data_quality import tally as tallies_of
from components.data_quality.fingerprints import band_records, partitioned, text_records
from components.data_quality.overlaps import Found, Name
from components.data_quality.reading import CHUNK_ROWS, SplitFile, read_chunks
from components.data_quality.records import TEXT_RECORD, Records, in_words, places
from components.data_quality.report import Match, Overlap, Quality
from components.data_quality.spill import Block
from components.data_quality.tally import Tally, tally
from components.text_example_gen.source import Columns
from trainer.text import normalise

TRAIN: Final = "train"
EVAL: Final = "eval"

TALLIES: Final = "tallies"
TEXTS: Final = "texts"
BANDS: Final = "bands"

BandKey = tuple[int, int]
"""Number of the band and of the partition."""


def build(
    pipeline: beam.Pipeline,
    files: Iterable[SplitFile],
    columns: Columns,
    *,
    partitions: int,
    folder: str,
    path: str,
    chunk_rows: int = CHUNK_ROWS,
) -> None:
    """Add every stage to the pipeline.

    Args:
        pipeline: to add to.
        files: of every split.
        columns: the text's and the label's.
        partitions: into which the rows go, for each kind of comparison.
        folder: for records on their way; every worker must reach it.
        path: of the file to write.
        chunk_rows: rows that are fingerprinted at a time.
    """
    fingerprint = Fingerprint(columns, partitions, folder=folder, chunk_rows=chunk_rows)
    read = (
        pipeline
        | "Files" >> beam.Create(sorted(files))
        | "Fingerprint" >> beam.ParDo(fingerprint).with_outputs(TALLIES, TEXTS, BANDS)
    )
    names = (
        read[TALLIES]
        | "Names" >> beam.FlatMap(lambda one: one.files)
        # Every partition reads them all: once each, not once for each chunk.
        | "EachName" >> beam.Distinct()
    )
    compared = (
        read[TEXTS]
        | "ByText" >> beam.GroupByKey()
        | "Overlaps" >> beam.FlatMap(find_overlaps, AsIter(names))
    )
    alike = (
        read[BANDS]
        | "ByBand" >> beam.GroupByKey()
        | "NearTexts" >> beam.FlatMap(find_near_texts, AsIter(names), partitions, folder)
        | "ByNearText" >> beam.GroupByKey()
        | "NearOverlaps" >> beam.FlatMap(find_near_overlaps)
    )
    found = (compared, alike) | "Found" >> beam.Flatten()
    _ = (
        pipeline
        | "QualityFile" >> beam.Create([path], reshuffle=False)
        | "WriteQuality" >> beam.Map(write_quality, AsIter(read[TALLIES]), AsIter(found))
    )


class Fingerprint(beam.DoFn):
    """Reads one file; gives tallies, and where the records of its rows lie."""

    def __init__(self, columns: Columns, partitions: int, *, folder: str, chunk_rows: int) -> None:
        self._columns = columns
        self._partitions = partitions
        self._folder = folder
        self._chunk_rows = chunk_rows

    def process(self, file: SplitFile) -> Iterator[TaggedOutput]:
        """Yield tagged tallies and tagged blocks with their keys."""
        is_labelled = file.split in (TRAIN, EVAL)
        for chunk in read_chunks(file.path, self._columns, max_rows=self._chunk_rows):
            texts = [text.decode(errors="replace") for text in chunk.texts]
            yield TaggedOutput(TALLIES, tally(file.split, chunk, texts, is_labelled=is_labelled))
            if not is_labelled:
                continue
            normalised = [normalise(text) for text in texts]
            records = text_records(chunk, normalised, is_eval=file.split == EVAL)
            by_text = partitioned(records, records["text"], self._partitions)
            for key, block in spill.write(self._folder, by_text):
                yield TaggedOutput(TEXTS, (key, block))
            yield from self._bands(band_records(records, normalised))

    def _bands(self, bands: list[Records]) -> Iterator[TaggedOutput]:
        parts = (
            ((band, partition), part)
            for band, records in enumerate(bands)
            for partition, part in partitioned(records, records["band"], self._partitions)
        )
        for key, block in spill.write(self._folder, parts):
            yield TaggedOutput(BANDS, (key, block))


def find_overlaps(
    partition: tuple[int, Iterable[Block]], names: Iterable[str]
) -> Iterator[tuple[Name, Found]]:
    """Yield what a partition of the texts holds."""
    _, blocks = partition
    records = spill.read(blocks, TEXT_RECORD)
    rows = places(records, names)
    yield from overlaps.overlaps(records, rows).items()


def find_near_texts(
    partition: tuple[BandKey, Iterable[Block]],
    names: Iterable[str],
    partitions: int,
    folder: str,
) -> Iterator[tuple[int, Block]]:
    """Yield where a band's near-duplicates lie, by the text's partition."""
    _, blocks = partition
    records = spill.read(blocks, near.BAND_RECORD)
    rows = places(records, names)
    texts = near.near_texts(records, rows)
    yield from spill.write(folder, partitioned(texts, texts["text"], partitions))


def find_near_overlaps(partition: tuple[int, Iterable[Block]]) -> Iterator[tuple[Name, Found]]:
    """Yield the near-duplicates among a partition of the texts."""
    _, blocks = partition
    yield from near.near_overlaps(spill.read(blocks, near.NEAR_RECORD)).items()


def write_quality(path: str, tallies: Iterable[Tally], found: Iterable[tuple[Name, Found]]) -> None:
    """Write what all chunks and partitions tell together."""
    whole = tallies_of.merged(tallies)
    every = list(found)
    names = sorted(whole.files)

    def of(name: Name) -> Overlap:
        return _told(overlaps.merged(one for key, one in every if key == name), names)

    quality = Quality(
        labels=whole.labels_by_split(),
        duplicates=of("duplicates"),
        leakage_verbatim=of("leakage_verbatim"),
        leakage=of("leakage"),
        conflicts_verbatim=of("conflicts_verbatim"),
        conflicts=of("conflicts"),
        near_duplicates=of("near_duplicates"),
        near_leakage=of("near_leakage"),
        personal=whole.sightings(),
    )
    with FileSystems.create(path) as file:
        file.write(quality.to_json().encode())


def _told(found: Found, names: list[str]) -> Overlap:
    pairs = ((in_words(row, names), in_words(other, names)) for row, other in found.pairs)
    return Overlap(
        texts=found.texts, rows=found.rows, examples=tuple(Match(*pair) for pair in pairs)
    )
