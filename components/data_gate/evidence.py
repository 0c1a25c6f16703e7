"""Reads what the rules judge out of the artifacts of the nodes before the gate."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Literal, TypeAlias

import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

from components.data_gate.distance_rules import Comparison
from components.data_gate.environments import environment_of
from components.data_gate.rules import MOST_ROWS, Anomaly
from components.provenance import ROW_FEATURE
from components.text_example_gen.counts import EVAL, SERVED, TRAIN, UNLABELLED
from components.text_statistics.columns import FLAGS, YES, profile_column
from components.text_statistics.compare import compare, measure

SPLITS: Final = (TRAIN, EVAL, UNLABELLED, SERVED)
"""The splits whose rows are judged; a file of ids to leave out is no data of its own."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def read_statistics(artifact: Artifact) -> dict[str, Statistics]:
    """Read the statistics of every split."""
    splits = artifact_utils.decode_split_names(artifact.split_names)
    load = stats_artifact_utils.load_statistics
    return {split: load(artifact, split).proto() for split in splits}


def read_kept(folder: Path, split: str) -> Statistics:
    """Read a split's statistics out of those that a release keeps."""
    file = folder / f"Split-{split}" / stats_artifact_utils.BINARY_PB_BASENAME
    return Statistics.FromString(file.read_bytes())


def read_schema(uri: str) -> schema_pb2.Schema:
    """Read the one schema of a folder."""
    return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(uri))


def anomalies(
    split: str, statistics: Statistics, schema: schema_pb2.Schema, folder: str
) -> list[Anomaly]:
    """Validate a split against the schema and keep TFDV's answer as `anomalies-<split>.pbtxt`."""
    found = tfdv.validate_statistics(statistics, schema, environment=environment_of(split))
    _write(found, folder, split)
    return list(_told(split, found))


def comparison(
    relation: Literal["drift", "skew"],
    train: Statistics,
    other: Statistics | None,
    *,
    schema: schema_pb2.Schema,
    folder: str,
    name: Literal["served"] | None = None,
) -> Comparison:
    """Compare train with another data set and keep TFDV's answer beside the verdict.

    Args:
        relation: which comparators of the schema to use.
        train: the train split of this run.
        other: train of the last accepted span, this run's eval split or the requests that were
            served; None: there are none.
        schema: with comparators.
        folder: where to write.
        name: of the comparison; none: the relation's.
    """
    if other is None:
        return Comparison(relation=relation, name=name or relation, rows=None, distances=())
    measured = measure(train, other, schema, relation=relation)
    _write(measured, folder, f"{relation}-{name}" if name else relation)
    distances = compare(train, other, schema, relation=relation, measured=measured)
    rows = int(min(s.datasets[0].num_examples for s in (train, other)))
    return Comparison(relation=relation, name=name or relation, rows=rows, distances=distances)


def train_labels(labels: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the train rows of each label, 0 for a label that the eval split alone has.

    Args:
        labels: exact counts by split. TFDV's statistics rank 1,000 values at most, and of more it
            estimates.
    """
    return dict.fromkeys(labels.get(EVAL, {}), 0) | dict(labels.get(TRAIN, {}))


def value_counts(statistics: Statistics, column: str) -> dict[str, int]:
    """Read the rows of each value from TFDV's statistics, of the 1,000 most frequent at most."""
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [column]:
            buckets = feature.string_stats.rank_histogram.buckets
            return {bucket.label: int(bucket.sample_count) for bucket in buckets}
    return {}


def absent_labels(schema: schema_pb2.Schema, column: str, counts: Mapping[str, int]) -> list[str]:
    """List the labels that the schema declares and no row has; none where no row has any label.

    Args:
        schema: if the label has no domain in it, nothing is declared.
        column: the label's.
        counts: the labels that are there; what is said of their rows is another rule's.
    """
    shared = {domain.name: domain.value for domain in schema.string_domain}
    feature = next((feature for feature in schema.feature if feature.name == column), None)
    declared = feature and shared.get(feature.domain, feature.string_domain.value)
    return [label for label in declared or () if counts and label not in counts]


def with_every_label(statistics: Statistics, column: str, counts: Mapping[str, int]) -> Statistics:
    """Add the labels that TFDV has not ranked, so that none escapes the schema's domain.

    Args:
        statistics: of a split, in which the 1,000 most frequent labels stand at most.
        column: the label's.
        counts: the split's exact rows of each label.
    """
    whole = Statistics()
    whole.CopyFrom(statistics)
    for feature in whole.datasets[0].features:
        if list(feature.path.step) == [column] and feature.HasField("string_stats"):
            ranked = feature.string_stats.rank_histogram.buckets
            for label in sorted(counts.keys() - {bucket.label for bucket in ranked}):
                ranked.add(label=label, sample_count=counts[label])
    return whole


def text_shares(statistics: Statistics, text_column: str) -> dict[str, float]:
    """Read the shares of texts that the profile flags, by the flag's name."""
    rows = max(statistics.datasets[0].num_examples, 1)
    return {
        flag: value_counts(statistics, profile_column(text_column, flag)).get(YES, 0) / rows
        for flag in FLAGS
    }


def rows_by_split(quarantine: Artifact, count: str) -> dict[str, int]:
    """Read a count of TextExampleGen's for each split that it has read files of."""
    read = quarantine.get_int_custom_property
    return {split: rows for split in SPLITS if (rows := read(f"{count}_{split}"))}


def first_quarantined(uri: str) -> dict[str, list[str]]:
    """Read the first quarantined rows of each split, each as `file:line: reason`."""
    rows: dict[str, list[str]] = {}
    with tf.io.gfile.GFile(str(PurePosixPath(uri, "quarantine.jsonl"))) as file:
        for line in file:
            row = json.loads(line)
            first = rows.setdefault(row["split"], [])
            if len(first) < MOST_ROWS:
                first.append(f"{row['file']}:{row['line']}: {row['reason']}")
    return rows


def _write(found: anomalies_pb2.Anomalies, folder: str, name: str) -> None:
    io_utils.write_pbtxt_file(str(PurePosixPath(folder, f"anomalies-{name}.pbtxt")), found)


def _told(split: str, found: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    for key, info in sorted(found.anomaly_info.items()):
        if list(info.path.step) != [ROW_FEATURE]:  # ours: no contract speaks of it
            yield Anomaly(
                split=split,
                column=".".join(info.path.step) or key,
                summary=info.short_description,
                description=info.description.rstrip(". "),
            )
    if found.HasField("dataset_anomaly_info"):
        whole = found.dataset_anomaly_info
        yield Anomaly(
            split=split,
            column="all columns",
            summary=whole.short_description,
            description=whole.description.rstrip(". "),
        )
