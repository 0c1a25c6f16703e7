"""All that a run has for the pusher: artifacts as TFX hands them over and a real SavedModel."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, artifact_utils, standard_artifacts

from components.artifacts import Verdict
from components.atomic_pusher.executor import Executor
from components.text_example_gen.source import Columns
from serving.releases.settings import ReleaseSettings

COLUMNS = Columns(text="본문", label="분류")
TEXTS = [
    "환불해 주세요",
    "ㅋㅋㅋ",
    "배송이 너무 늦어요",
    "🙂",
    "한글",
    "주문을 취소하고 싶습니다. " * 500,
]
SCHEMA = """
feature { name: "본문" type: BYTES }
feature { name: "분류" type: BYTES string_domain { name: "labels" value: "환불" } }
"""


class Labels(tf.Module):
    """Answers with one label, read from an asset, and a variable."""

    def __init__(self, words: Path) -> None:
        super().__init__()
        initializer = tf.lookup.TextFileInitializer(
            str(words),
            *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
            *(tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
        )
        self.names = tf.lookup.StaticHashTable(initializer, default_value="?")
        self.scale = tf.Variable(1.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def answer(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.zeros([tf.shape(text)[0], 1], tf.int64)
        shares = self.scale * tf.ones_like(rows, tf.float32)
        return {"labels": self.names.lookup(rows), "probabilities": shares}


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    (folder / "labels").write_text("환불\n", "utf-8")
    module = Labels(folder / "labels")
    tf.saved_model.save(module, str(folder / "model"), {"serving_default": module.answer})
    return folder / "model"


def artifact(kind: type[Artifact], folder: Path, **properties: int) -> Artifact:
    made = kind()
    made.uri = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in properties.items():
        made.set_int_custom_property(name, value)
    return made


def write_examples(folder: Path) -> None:
    (folder / "Split-eval").mkdir(parents=True)
    file = str(folder / "Split-eval" / "data_tfrecord-00000-of-00001.gz")
    with tf.io.TFRecordWriter(file, "GZIP") as writer:
        for text in TEXTS:
            example = tf.train.Example()
            for name, value in (("본문", text), ("분류", "환불")):
                example.features.feature[name].bytes_list.value.append(value.encode())
            writer.write(example.SerializeToString())


def write_statistics(folder: Path) -> None:
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(name="train", num_examples=9)
    for name, value in (("본문", TEXTS[0]), ("분류", "환불"), ("본문/frequent_tokens", "환불")):
        feature = dataset.features.add()
        feature.path.step.append(name)
        feature.string_stats.top_values.add(value=value, frequency=3)
        feature.string_stats.rank_histogram.buckets.add(label=value, sample_count=3)
        feature.string_stats.unique = 7
    (folder / "Split-train").mkdir(parents=True)
    (folder / "Split-train" / "FeatureStats.pb").write_bytes(statistics.SerializeToString())


@pytest.fixture
def eval_texts() -> list[str]:
    return TEXTS


@pytest.fixture
def inputs(tmp_path: Path, export: Path) -> dict[str, list[Artifact]]:
    place = tmp_path / "artifacts"
    shutil.copytree(export, place / "model" / "Format-Serving")
    write_examples(place / "examples")
    write_statistics(place / "statistics")
    (place / "schema").mkdir()
    (place / "schema" / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    examples = artifact(standard_artifacts.Examples, place / "examples", rows_train=9, rows_eval=6)
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    examples.set_int_custom_property("span", 17)
    verdict = artifact(Verdict, place / "verdict", passed=1)
    found = {"passed": True, "findings": [{"rule": "labels", "rows": ["rows.csv:7"]}]}
    (place / "verdict" / "verdict.json").write_text(json.dumps(found), "utf-8")
    return {
        "model": [artifact(standard_artifacts.Model, place / "model")],
        "model_blessing": [
            artifact(standard_artifacts.ModelBlessing, place / "blessing", blessed=1)
        ],
        "examples": [examples],
        "statistics": [artifact(standard_artifacts.ExampleStatistics, place / "statistics")],
        "schema": [artifact(standard_artifacts.Schema, place / "schema")],
        "data_verdict": [verdict],
    }


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "models" / "enquiries"


@pytest.fixture
def push(inputs: dict[str, list[Artifact]], base: Path, tmp_path: Path) -> Callable[..., Artifact]:
    def once(run_id: str | None = "run-7", told: str = "", **settings: Any) -> Artifact:
        """Push in a run that TFX's context tells, or that a step has told in the artifact."""
        pushed = artifact(standard_artifacts.PushedModel, tmp_path / "pushed")
        pushed.set_string_custom_property("run_id", told)
        pushed.set_string_custom_property("pipeline", "enquiries" if told else "")
        properties = {
            "base": str(base),
            "settings": ReleaseSettings(handover_s=0, **settings).model_dump_json(),
            "columns": COLUMNS.model_dump_json(),
            "sources": json.dumps({"trainer": "0123456789abcdef"}),
            "digest": "fedcba9876543210",
        }
        context = BaseExecutor.Context(pipeline_run_id=run_id)
        Executor(context).Do(inputs, {"pushed_model": [pushed]}, properties)
        return pushed

    return once
