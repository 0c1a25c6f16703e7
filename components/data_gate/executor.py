"""Fetches what the rules judge and writes down what they say."""

from pathlib import Path, PurePosixPath
from typing import Any, Final

from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

from components.baseline.accepted import STATISTICS_ID
from components.data_gate import evidence as read
from components.data_gate.rules import Evidence, judge
from components.data_gate.settings import DataGateSettings
from components.data_quality.report import FILE_NAME, Quality
from components.examples import data_digest
from components.text_example_gen.counts import SERVED
from components.text_example_gen.source import Columns
from components.text_statistics.comparators import add_profile
from serving.releases.accepted import accepted_statistics

VERDICT_FILE: Final = "verdict.json"
TRAIN: Final = "train"

Artifacts = dict[str, list[Artifact]]


class Executor(BaseExecutor):
    """Writes `verdict.json`, and each split's anomalies and distances as TFDV's own proto."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Judge the data and publish the verdict."""
        output = artifact_utils.get_single_instance(output_dict["verdict"])
        columns = Columns.model_validate_json(exec_properties["columns"])
        settings = DataGateSettings.model_validate_json(exec_properties["settings"])
        earlier = accepted(input_dict, Path(exec_properties["releases"]))
        verdict = judge(_evidence(input_dict, earlier, columns, output.uri), settings)
        io_utils.write_string_file(str(PurePosixPath(output.uri, VERDICT_FILE)), verdict.to_json())
        output.set_int_custom_property("passed", int(verdict.passed))
        output.set_int_custom_property("findings", len(verdict.findings))
        output.set_int_custom_property(STATISTICS_ID, input_dict["statistics"][0].id)


def accepted(inputs: Artifacts, releases: Path) -> read.Statistics | None:
    """Read the train statistics of the last accepted span.

    The metadata store knows them; where it does not, as in a fresh one or on Kubeflow, the newest
    release of other data has kept them.
    """
    for artifact in inputs.get("baseline") or []:
        return read.read_statistics(artifact)[TRAIN]
    examples = Path(artifact_utils.get_single_uri(inputs["examples"]))
    if not releases.is_dir() or not examples.is_dir():
        return None
    kept = accepted_statistics(releases, other_than=data_digest(examples))
    return read.read_kept(kept, TRAIN) if kept else None


def _evidence(
    inputs: Artifacts, earlier: read.Statistics | None, columns: Columns, folder: str
) -> Evidence:
    """Read all that the rules judge; what TFDV says goes into `folder` too."""
    statistics = read.read_statistics(artifact_utils.get_single_instance(inputs["statistics"]))
    quarantine = artifact_utils.get_single_instance(inputs["quarantine"])
    quality_file = PurePosixPath(artifact_utils.get_single_uri(inputs["quality"]), FILE_NAME)
    quality = Quality.from_json(io_utils.read_string_file(str(quality_file)))
    schema = add_profile(
        read.read_schema(artifact_utils.get_single_uri(inputs["schema"])),
        text_column=columns.text,
        label_column=columns.label,
        side=columns.side,
    )
    train, labels = statistics[TRAIN], read.train_labels(quality.labels)
    return Evidence(
        rows_read=read.rows_by_split(quarantine, "rows_read"),
        rows_quarantined=read.rows_by_split(quarantine, "rows_quarantined"),
        quarantine=read.first_quarantined(quarantine.uri),
        label_counts=labels,
        absent_labels=read.absent_labels(schema, columns.label, labels),
        anomalies=[
            anomaly
            for split, found in statistics.items()
            for anomaly in read.anomalies(
                split,
                read.with_every_label(found, columns.label, quality.labels.get(split, {})),
                schema,
                folder,
            )
        ],
        quality=quality,
        text_shares=read.text_shares(train, columns.text),
        drift=read.comparison("drift", train, earlier, schema=schema, folder=folder),
        skew=read.comparison("skew", train, statistics["eval"], schema=schema, folder=folder),
        served=read.comparison(
            *("skew", train, statistics.get(SERVED)),
            schema=schema,
            folder=folder,
            name="served",
        ),
    )
