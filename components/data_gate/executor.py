"""Fetches what the rules judge and writes down what they say."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

from components.data_gate.rules import MOST_ROWS, Anomaly, Evidence, judge
from components.data_gate.settings import DataGateSettings
from components.provenance import ROW_FEATURE

UNLABELLED_SPLIT: Final = "unlabelled"
ENVIRONMENTS: Final = {UNLABELLED_SPLIT: "UNLABELLED"}
"""The schema's environment of a split; of all others, `TRAINING`."""

VERDICT_FILE: Final = "verdict.json"

Artifacts = dict[str, list[Artifact]]


class Executor(BaseExecutor):
    """Writes `verdict.json` and each split's anomalies as TFDV's own proto."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Judge the data and publish the verdict."""
        settings = DataGateSettings.model_validate_json(exec_properties["settings"])
        statistics = _statistics(artifact_utils.get_single_instance(input_dict["statistics"]))
        schema = _schema(artifact_utils.get_single_uri(input_dict["schema"]))
        quarantine = artifact_utils.get_single_instance(input_dict["quarantine"])
        output = artifact_utils.get_single_instance(output_dict["verdict"])
        anomalies = [
            anomaly
            for split, stats in statistics.items()
            for anomaly in _validate(split, stats, schema, output.uri)
        ]
        evidence = Evidence(
            rows_read=quarantine.get_int_custom_property("rows_read"),
            rows_quarantined=quarantine.get_int_custom_property("rows_quarantined"),
            quarantine=_first_rows(quarantine.uri),
            label_counts=train_labels(statistics, exec_properties["label_column"]),
            anomalies=anomalies,
        )
        verdict = judge(evidence, settings)
        io_utils.write_string_file(str(PurePosixPath(output.uri, VERDICT_FILE)), verdict.to_json())
        output.set_int_custom_property("passed", int(verdict.passed))
        output.set_int_custom_property("findings", len(verdict.findings))


def train_labels(
    statistics: Mapping[str, statistics_pb2.DatasetFeatureStatisticsList], column: str
) -> dict[str, int]:
    """Count the train rows of each label, 0 for a label that the eval split alone has."""
    found = dict.fromkeys(label_counts(statistics["eval"], column), 0)
    return found | label_counts(statistics["train"], column)


def label_counts(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, column: str
) -> dict[str, int]:
    """Read the rows of each label from TFDV's statistics, of the 1,000 most frequent at most."""
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [column]:
            buckets = feature.string_stats.rank_histogram.buckets
            return {bucket.label: int(bucket.sample_count) for bucket in buckets}
    return {}


def _statistics(artifact: Artifact) -> dict[str, statistics_pb2.DatasetFeatureStatisticsList]:
    splits = artifact_utils.decode_split_names(artifact.split_names)
    return {
        split: stats_artifact_utils.load_statistics(artifact, split).proto() for split in splits
    }


def _schema(uri: str) -> schema_pb2.Schema:
    return io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(uri))


def _validate(
    split: str,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    folder: str,
) -> list[Anomaly]:
    found = tfdv.validate_statistics(
        statistics, schema, environment=ENVIRONMENTS.get(split, "TRAINING")
    )
    path = PurePosixPath(folder, f"anomalies-{split}.pbtxt")
    io_utils.write_pbtxt_file(str(path), found)
    return list(_anomalies(split, found))


def _anomalies(split: str, found: anomalies_pb2.Anomalies) -> list[Anomaly]:
    named = [
        Anomaly(
            split=split,
            column=".".join(info.path.step) or key,
            summary=info.short_description,
            description=info.description.rstrip(". "),
        )
        for key, info in sorted(found.anomaly_info.items())
        if list(info.path.step) != [ROW_FEATURE]  # ours: no contract speaks of it
    ]
    if found.HasField("dataset_anomaly_info"):
        whole = found.dataset_anomaly_info
        named.append(
            Anomaly(
                split=split,
                column="all columns",
                summary=whole.short_description,
                description=whole.description.rstrip(". "),
            )
        )
    return named


def _first_rows(uri: str) -> list[str]:
    """Read the first quarantined rows, each as `file:line: reason`."""
    rows = []
    with tf.io.gfile.GFile(str(PurePosixPath(uri, "quarantine.jsonl"))) as file:
        for line in file:
            row = json.loads(line)
            rows.append(f"{row['file']}:{row['line']}: {row['reason']}")
            if len(rows) == MOST_ROWS:
                break
    return rows
