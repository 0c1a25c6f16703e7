"""What one run reads and writes: the units of work, each split's layout and its output files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, NamedTuple

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2

from components.text_example_gen import files, layout, spans
from components.text_example_gen.counts import EVAL, EXCLUDE, SERVED, TRAIN, UNLABELLED
from components.text_example_gen.layout import Layout
from components.text_example_gen.parquet import RowGroups, row_groups
from components.text_example_gen.source import TextSource

SHARD_BYTES: Final = 4 * 1024 * 1024
"""Input bytes, as they lie on disk, for each example file: about 100,000 short gzipped texts,
which sort in memory at once and give the later steps more than one file to read at a time."""


class Unit(NamedTuple):
    """What one worker reads at a time: a file, or some row groups of a Parquet file."""

    split: str
    file: str
    groups: RowGroups | None


@dataclass(frozen=True)
class Plan:
    """What to read, and where each row goes.

    Attributes:
        units: What is read, one worker each.
        layouts: How the files of each split are written.
        shards: Number of example files of each output split.
        eval_fraction: Share of the training rows that are evaluated on; none: eval has files.
        id_feature: Feature by which unlabelled rows are left out; none: none are.
    """

    units: tuple[Unit, ...]
    layouts: Mapping[str, Layout]
    shards: Mapping[str, int]
    eval_fraction: float | None
    id_feature: str | None

    def outputs(self) -> dict[str, tuple[str, ...]]:
        """Return the output splits that each input split feeds."""
        feeds: dict[str, tuple[str, ...]] = {split: (split,) for split in self.layouts}
        if self.eval_fraction:
            feeds[TRAIN] = (TRAIN, EVAL)
        return feeds | ({EXCLUDE: ()} if EXCLUDE in feeds else {})


def input_config(source: TextSource) -> example_gen_pb2.Input:
    """Return the source's files as TFX's drivers take them: a name and a pattern each."""
    patterns = {TRAIN: source.train, EVAL: source.eval}
    if source.unlabelled:
        patterns[UNLABELLED] = source.unlabelled.path
        patterns |= {f"{EXCLUDE}-{i}": path for i, path in enumerate(source.unlabelled.exclude)}
    if source.served:
        patterns[SERVED] = source.served.path
    return example_gen_pb2.Input(
        splits=[
            example_gen_pb2.Input.Split(name=name, pattern=spans.expanded(pattern))
            for name, pattern in patterns.items()
            if pattern
        ]
    )


def make_plan(source: TextSource, config: example_gen_pb2.Input) -> Plan:
    """Return the plan for patterns whose placeholders are filled in.

    Raises:
        ValueError: If a pattern matches no file, or a file has no known format.
    """
    layouts = _layouts(source)
    found = [(_split_of(s.name), path) for s in config.splits for path in _files(s)]
    units = [unit for split, path in found for unit in _units(split, path, layouts[split])]
    excludes = source.unlabelled is not None and bool(source.unlabelled.exclude)
    return Plan(
        units=tuple(units),
        layouts=layouts,
        shards=_shards(source, found),
        eval_fraction=None if source.eval else source.eval_fraction,
        id_feature=layouts[UNLABELLED].columns[-1].feature if excludes else None,
    )


def open_bytes(path: str) -> "beam.io.filesystem.BinaryIO":
    """Open a file of any file system that Beam knows, gzipped bytes as they are."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def _layouts(source: TextSource) -> dict[str, Layout]:
    layouts = {TRAIN: layout.labelled(source)}
    if source.eval:
        layouts[EVAL] = layout.labelled(source)
    if source.unlabelled:
        layouts[UNLABELLED] = layout.unlabelled(source, source.unlabelled)
        if source.unlabelled.exclude:
            layouts[EXCLUDE] = layout.excluded(source, source.unlabelled)
    if source.served:
        layouts[SERVED] = layout.unlabelled(source, source.served)
    return layouts


def _split_of(name: str) -> str:
    return EXCLUDE if name.startswith(EXCLUDE) else name


def _files(split: example_gen_pb2.Input.Split) -> list[str]:
    found = [path for path in files.found(split.pattern, fileio.glob) if not fileio.isdir(path)]
    if not found:
        raise ValueError(files.nothing_matches(f"data.{split.name}", split.pattern))
    return found


def _units(split: str, path: str, how: Layout) -> Iterable[Unit]:
    if layout.format_of(path, how) != "parquet":
        return [Unit(split, path, None)]
    with open_bytes(path) as stream:
        return [Unit(split, path, groups) for groups in row_groups(stream, file=path)]


def _shards(source: TextSource, found: Iterable[tuple[str, str]]) -> dict[str, int]:
    further = {UNLABELLED: source.unlabelled, SERVED: source.served}
    given = (name for name, part in further.items() if part)
    size_bytes = dict.fromkeys([TRAIN, EVAL, *given], 0.0)
    for split, path in found:
        if split in size_bytes:
            size_bytes[split] += fileio.stat(path).length
    if not source.eval:
        size_bytes[EVAL] = size_bytes[TRAIN] * source.eval_fraction
    return {split: max(1, ceil(size / SHARD_BYTES)) for split, size in size_bytes.items()}
