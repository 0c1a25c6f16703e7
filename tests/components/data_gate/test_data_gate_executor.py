"""The gate's executor on real TFDV statistics, and the node that stops a run."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, channel, standard_artifacts
from tfx.utils import io_utils

from components.artifacts import Quality, Quarantine, Verdict
from components.data_gate.component import DataGate
from components.data_gate.evidence import train_labels
from components.data_gate.executor import Executor
from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Verdict as GateVerdict
from components.data_quality.report import Overlap
from components.data_quality.report import Quality as QualityReport
from components.examples import data_digest
from components.text_example_gen.counts import Counts
from components.text_example_gen.source import Columns
from serving.releases.accepted import STATISTICS_FOLDER
from serving.releases.manifest import Provenance
from serving.releases.publish import push

SCHEMA = """
feature { name: "글" type: BYTES presence { min_fraction: 1.0 min_count: 1 } }
feature {
  name: "분류" type: BYTES presence { min_fraction: 1.0 min_count: 1 } domain: "labels"
  not_in_environment: "UNLABELLED"
}
string_domain { name: "labels" value: "칭찬" value: "환불" }
default_environment: "TRAINING"
default_environment: "UNLABELLED"
"""
COLUMNS = Columns(text="글", label="분류")
NOTHING = Overlap(texts=0, rows=0, examples=())
SOUND = QualityReport(
    labels={"train": {"칭찬": 12, "환불": 8}},
    duplicates=NOTHING,
    leakage_verbatim=NOTHING,
    leakage=NOTHING,
    conflicts_verbatim=NOTHING,
    conflicts=NOTHING,
    near_duplicates=NOTHING,
    near_leakage=NOTHING,
    personal={},
)
QUARANTINED = [
    {
        "split": split,
        "file": f"/data/{split}-행-{n}.csv",
        "line": n,
        "reason": "a NUL character",
        "row": "",
    }
    for split in ("eval", "exclude", "train")
    for n in range(2, 14)
]


def statistics(labels: list[str] | None) -> statistics_pb2.DatasetFeatureStatisticsList:
    rows = len(labels) if labels else 8
    columns = {"글": [f"{n}번 주문이 왔어요" for n in range(rows)]}
    frame = pd.DataFrame(columns | ({"분류": labels} if labels else {}))
    return tfdv.generate_statistics_from_dataframe(frame)


@pytest.fixture(scope="module")
def splits() -> dict[str, statistics_pb2.DatasetFeatureStatisticsList]:
    return {
        "train": statistics(["칭찬"] * 12 + ["환불"] * 8),
        "eval": statistics(["칭찬"] * 3 + ["환불"] * 2),
        "strange": statistics(["칭찬"] * 12 + ["환불"] * 7 + ["기타 문의"]),
        "unlabelled": statistics(None),
    }


class Gate:
    """Runs the executor on chosen splits, with artifacts as TFX hands them over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "schema").mkdir()
        (folder / "schema" / "schema.pbtxt").write_text(SCHEMA, "utf-8")
        (folder / "quarantine").mkdir()
        (folder / "quality").mkdir()
        (folder / "examples" / "Split-train").mkdir(parents=True)
        (folder / "examples" / "Split-train" / "rows.gz").write_bytes(b"this run's rows")

    def release(self, splits: dict[str, Any], *, data_digest: str) -> None:
        """Push a version that keeps the statistics of its data."""
        model = self.folder / "model"
        model.mkdir()
        (model / "saved_model.pb").write_bytes(b"graph")

        def keep(folder: Path) -> None:
            for name, proto in splits.items():
                path = folder / STATISTICS_FOLDER / f"Split-{name}" / "FeatureStats.pb"
                io_utils.write_bytes_file(str(path), proto.SerializeToString())

        origin = Provenance(data_digest=data_digest)
        push(model, self.folder / "releases", provenance=origin, keep=2, prepare=keep)

    def run(
        self,
        splits: dict[str, Any],
        *,
        counts: Counts | None = None,
        labels: Mapping[str, Mapping[str, int]] = SOUND.labels,
        **settings: Any,
    ) -> tuple[GateVerdict, Verdict]:
        counts = counts or Counts(read={"train": 20})
        quality = replace(SOUND, labels=labels).to_json()
        (self.folder / "quality" / "quality.json").write_text(quality, "utf-8")
        lines = [
            json.dumps(row, ensure_ascii=False) + "\n"
            for row in QUARANTINED
            if row["split"] in counts.quarantined
        ]
        (self.folder / "quarantine" / "quarantine.jsonl").write_text("".join(lines), "utf-8")
        inputs = {
            "statistics": [self._statistics(splits)],
            "schema": [standard_artifacts.Schema()],
            "quarantine": [Quarantine()],
            "quality": [Quality()],
            "examples": [standard_artifacts.Examples()],
        }
        inputs["examples"][0].uri = str(self.folder / "examples")
        inputs["statistics"][0].mlmd_artifact.id = 7
        inputs["quality"][0].uri = str(self.folder / "quality")
        inputs["schema"][0].uri = str(self.folder / "schema")
        kept_out = inputs["quarantine"][0]
        kept_out.uri = str(self.folder / "quarantine")
        for name, rows in counts.properties().items():
            kept_out.set_int_custom_property(name, rows)
        output = Verdict()
        output.uri = str(self.folder / "verdict")
        properties = {
            "releases": str(self.folder / "releases"),
            "settings": DataGateSettings.model_validate(settings).model_dump_json(),
            "columns": COLUMNS.model_dump_json(),
        }
        Executor(BaseExecutor.Context()).Do(inputs, {"verdict": [output]}, properties)
        text = (self.folder / "verdict" / "verdict.json").read_text("utf-8")
        return GateVerdict.from_json(text), output

    def _statistics(self, splits: dict[str, Any]) -> standard_artifacts.ExampleStatistics:
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = str(self.folder / "statistics")
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
        for name, proto in splits.items():
            path = Path(artifact.uri) / f"Split-{name}" / "FeatureStats.pb"
            io_utils.write_bytes_file(str(path), proto.SerializeToString())
        return artifact

    def anomalies(self, split: str) -> anomalies_pb2.Anomalies:
        text = (self.folder / "verdict" / f"anomalies-{split}.pbtxt").read_text("utf-8")
        return text_format.Parse(text, anomalies_pb2.Anomalies())


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_sound_splits_pass_and_the_artifact_says_so(gate: Gate, splits: dict[str, Any]) -> None:
    verdict, artifact = gate.run({"train": splits["train"], "eval": splits["eval"]})
    assert verdict.findings == ()
    assert artifact.get_int_custom_property("passed") == 1
    assert artifact.get_int_custom_property("findings") == 0
    assert artifact.get_int_custom_property("statistics_id") == 7
    assert verdict.comparisons["drift"].startswith("no baseline yet")


def test_a_value_outside_the_schema_is_refused_with_split_and_column(
    gate: Gate, splits: dict[str, Any]
) -> None:
    verdict, artifact = gate.run({"train": splits["train"], "eval": splits["strange"]})
    [finding] = verdict.findings
    assert (finding.rule, finding.subject) == ("anomalies", "eval: 분류")
    assert finding.figure.startswith("Unexpected string values: ")
    assert "기타 문의" in finding.figure
    assert artifact.get_int_custom_property("passed") == 0
    assert artifact.get_int_custom_property("findings") == 1


def test_each_splits_anomalies_are_kept_as_tfdvs_own_proto(
    gate: Gate, splits: dict[str, Any]
) -> None:
    gate.run({"train": splits["train"], "eval": splits["strange"]})
    assert not gate.anomalies("train").anomaly_info
    assert list(gate.anomalies("eval").anomaly_info) == ["분류"]


def test_the_unlabelled_split_needs_no_label(gate: Gate, splits: dict[str, Any]) -> None:
    verdict, _ = gate.run({name: splits[name] for name in ("train", "eval", "unlabelled")})
    assert verdict.passed


def test_served_requests_need_no_label(gate: Gate, splits: dict[str, Any]) -> None:
    labelled = {name: splits[name] for name in ("train", "eval")}
    verdict, _ = gate.run(labelled | {"served": splits["unlabelled"]})
    assert verdict.passed


def test_another_split_without_labels_is_refused(gate: Gate, splits: dict[str, Any]) -> None:
    verdict, _ = gate.run({"train": splits["train"], "eval": splits["unlabelled"]})
    assert [finding.subject for finding in verdict.refusals] == ["eval: 분류"]


def test_a_train_split_without_the_label_column_has_no_labels(
    gate: Gate, splits: dict[str, Any]
) -> None:
    verdict, _ = gate.run(
        {"train": splits["unlabelled"], "eval": splits["unlabelled"]},
        labels={},
        anomalies={"level": "warn"},
    )
    [missing, _, none] = verdict.findings
    assert (missing.rule, missing.level) == ("anomalies", "warn")
    assert (none.rule, none.figure) == ("labels", "0 (none)")


def test_quarantined_rows_are_counted_by_split_and_the_first_ten_of_each_named(
    gate: Gate, splits: dict[str, Any]
) -> None:
    counts = Counts(
        read={"train": 32, "eval": 15, "exclude": 13},
        quarantined={"train": 12, "eval": 12, "exclude": 12},
    )
    verdict, _ = gate.run({n: splits[n] for n in ("train", "eval")}, counts=counts)
    train, evaluation = verdict.findings
    assert (train.subject, train.figure) == ("train files", "37.50% of 32 rows (12)")
    assert (evaluation.subject, evaluation.figure) == ("eval files", "80.00% of 15 rows (12)")
    assert [len(finding.rows) for finding in verdict.findings] == [10, 10]
    assert train.rows[0] == "/data/train-행-2.csv:2: a NUL character"
    assert evaluation.rows[-1] == "/data/eval-행-11.csv:11: a NUL character"


def test_where_eval_is_a_share_of_train_their_files_are_judged_as_one(
    gate: Gate, splits: dict[str, Any]
) -> None:
    counts = Counts(read={"train": 37}, written={"train": 20, "eval": 5}, quarantined={"train": 12})
    verdict, _ = gate.run({n: splits[n] for n in ("train", "eval")}, counts=counts)
    [finding] = verdict.findings
    assert (finding.subject, finding.figure) == ("train files", "32.43% of 37 rows (12)")


def test_the_rows_of_a_label_are_those_of_train_and_none_where_only_eval_has_it() -> None:
    labels = {"train": {"칭찬": 12, "환불": 7}, "eval": {"환불": 3, "기타 문의": 1}}
    assert train_labels(labels) == {"칭찬": 12, "환불": 7, "기타 문의": 0}
    assert train_labels({}) == {}


@pytest.mark.parametrize(
    "domain", ['domain: "labels"', 'string_domain { value: "칭찬" value: "환불" }']
)
def test_a_label_of_the_schema_that_train_has_lost_is_told(gate: Gate, domain: str) -> None:
    schema = SCHEMA.replace('domain: "labels"', domain)
    (gate.folder / "schema" / "schema.pbtxt").write_text(schema, "utf-8")
    lost = {"train": statistics(["칭찬"] * 20), "eval": statistics(["칭찬"] * 5)}
    verdict, _ = gate.run(lost, labels={"train": {"칭찬": 20}, "eval": {"칭찬": 5}})
    [absent] = [finding for finding in verdict.findings if finding.rule == "absent_labels"]
    assert (absent.level, absent.figure) == ("warn", "1 label ('환불')")


def test_without_a_domain_no_label_is_absent(gate: Gate, splits: dict[str, Any]) -> None:
    schema = SCHEMA.replace('domain: "labels"', "")
    (gate.folder / "schema" / "schema.pbtxt").write_text(schema, "utf-8")
    verdict, _ = gate.run({"train": statistics(["칭찬"] * 20), "eval": splits["eval"]})
    assert not [finding for finding in verdict.findings if finding.rule == "absent_labels"]


def test_every_one_of_many_labels_is_judged_by_its_exact_rows(
    gate: Gate, splits: dict[str, Any]
) -> None:
    train = {f"{n}번 상품 문의": 10 for n in range(1_100)} | {"단종 상품 문의": 1}
    verdict, _ = gate.run(
        {
            "train": statistics([label for label, rows in train.items() for _ in range(rows)]),
            "eval": splits["eval"],
        },
        labels={"train": train, "eval": {"새 상품 문의": 2}},
        anomalies={"level": "off"},
        imbalance={"level": "off"},
        absent_labels={"level": "off"},
    )
    assert [(finding.subject, finding.figure) for finding in verdict.findings] == [
        ("train: label '단종 상품 문의'", "1 row"),
        ("train: label '새 상품 문의'", "0 rows"),
    ]


def test_no_label_outside_the_schema_hides_behind_the_thousand_most_frequent(
    gate: Gate, splits: dict[str, Any]
) -> None:
    train = {"단종 상품 문의": 5} | {f"{n}번 상품 문의": 10 for n in range(1_100)}
    known = " ".join(f'value: "{n}번 상품 문의"' for n in range(1_100))
    schema = SCHEMA.replace('value: "칭찬"', f'value: "칭찬" {known}')
    (gate.folder / "schema" / "schema.pbtxt").write_text(schema, "utf-8")
    verdict, _ = gate.run(
        {
            "train": statistics([label for label, rows in train.items() for _ in range(rows)]),
            "eval": splits["eval"],
        },
        labels={"train": train, "eval": {"칭찬": 3, "환불": 2, "오타 문의": 1}},
        rows_per_label={"level": "off"},
    )
    assert [finding.subject for finding in verdict.refusals] == ["train: 분류", "eval: 분류"]
    in_train, in_eval = (finding.figure for finding in verdict.refusals)
    assert "단종 상품 문의" in in_train
    assert "오타 문의" in in_eval


def test_without_a_metadata_store_the_newest_release_is_the_baseline(
    gate: Gate, splits: dict[str, Any]
) -> None:
    gate.release({"train": statistics(["칭찬"] * 2 + ["환불"] * 18)}, data_digest="another span")
    found = {"train": splits["train"], "eval": splits["eval"]}
    verdict, _ = gate.run(found)
    assert verdict.comparisons["drift"].startswith("not compared: 20 rows, fewer than")


def test_a_release_of_the_same_data_is_no_baseline(gate: Gate, splits: dict[str, Any]) -> None:
    gate.release({"train": splits["train"]}, data_digest=data_digest(gate.folder / "examples"))
    verdict, _ = gate.run({"train": splits["train"], "eval": splits["eval"]})
    assert verdict.comparisons["drift"].startswith("no baseline yet")


def test_the_component_hands_its_settings_over_unchanged() -> None:
    settings = DataGateSettings.model_validate({"labels": {"level": "warn", "limit": 3}})
    node = DataGate(
        statistics=channel.Channel(type=standard_artifacts.ExampleStatistics),
        schema=channel.Channel(type=standard_artifacts.Schema),
        quarantine=channel.Channel(type=Quarantine),
        settings=settings,
        quality=channel.Channel(type=Quality),
        baseline=channel.Channel(type=standard_artifacts.ExampleStatistics),
        examples=channel.Channel(type=standard_artifacts.Examples),
        releases=Path("/models/enquiries"),
        columns=COLUMNS,
        digest="abc",
    )
    kept = DataGateSettings.model_validate_json(node.exec_properties["settings"])
    assert kept == settings
    assert node.exec_properties["digest"] == "abc"
