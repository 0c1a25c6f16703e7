"""The pusher's executor, with artifacts as TFX hands them over and a real SavedModel."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, Channel, artifact_utils, standard_artifacts

from components.artifacts import Verdict
from components.atomic_pusher.component import AtomicPusher
from components.atomic_pusher.executor import Executor
from components.text_example_gen.source import Columns
from serving.errors import ServingError
from serving.releases.accepted import accepted_statistics
from serving.releases.errors import BusyError
from serving.releases.folder import versions
from serving.releases.lock import locked
from serving.releases.manifest import Manifest, read_manifest
from serving.releases.settings import ReleaseSettings
from serving.releases.state import read_state
from serving.releases.verify import verify

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
Push = Callable[..., Artifact]


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


@pytest.fixture(scope="module")
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
            example.features.feature["본문"].bytes_list.value.append(text.encode())
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
def inputs(tmp_path: Path, export: Path) -> dict[str, list[Artifact]]:
    """All that a run has for the pusher."""
    place = tmp_path / "artifacts"
    shutil.copytree(export, place / "model" / "Format-Serving")
    write_examples(place / "examples")
    write_statistics(place / "statistics")
    (place / "schema").mkdir()
    (place / "schema" / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    examples = artifact(standard_artifacts.Examples, place / "examples", rows_train=9, rows_eval=6)
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    examples.span = 17
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
def push(inputs: dict[str, list[Artifact]], base: Path, tmp_path: Path) -> Push:
    def once(**settings: Any) -> Artifact:
        pushed = artifact(standard_artifacts.PushedModel, tmp_path / "pushed")
        properties = {
            "base": str(base),
            "settings": ReleaseSettings(handover_s=0, **settings).model_dump_json(),
            "columns": COLUMNS.model_dump_json(),
            "sources": json.dumps({"trainer": "0123456789abcdef"}),
            "digest": "fedcba9876543210",
        }
        context = BaseExecutor.Context(pipeline_run_id="run-7")
        Executor(context).Do(inputs, {"pushed_model": [pushed]}, properties)
        return pushed

    return once


def manifest(base: Path) -> Manifest:
    return read_manifest(base, versions(base)[-1])


def warm_up_texts(base: Path) -> list[list[bytes]]:
    from tensorflow_serving.apis import prediction_log_pb2

    file = base / str(versions(base)[-1]) / "assets.extra" / "tf_serving_warmup_requests"
    logs = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    requests = (prediction_log_pb2.PredictionLog.FromString(log).predict_log for log in logs)
    return [list(log.request.inputs["text"].string_val) for log in requests]


def test_a_blessed_model_becomes_the_stable_version_and_the_artifact_names_it(
    push: Push, base: Path
) -> None:
    pushed = push()
    (version,) = versions(base)
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == str(version)
    assert pushed.get_string_custom_property("pushed_destination") == str(base / str(version))
    assert pushed.get_string_custom_property("roles") == "stable"
    assert read_state(base).stable == version
    assert verify(base / str(version)) == ()


@pytest.mark.parametrize("gate", ["model_blessing", "infra_blessing"])
def test_a_model_without_a_blessing_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, tmp_path: Path, gate: str
) -> None:
    kind = {
        "model_blessing": standard_artifacts.ModelBlessing,
        "infra_blessing": standard_artifacts.InfraBlessing,
    }[gate]
    inputs[gate] = [artifact(kind, tmp_path / "refused", blessed=0)]
    pushed = push()
    assert not base.exists()
    assert pushed.get_int_custom_property("pushed") == 0


def test_the_manifest_has_all_that_the_artifacts_tell(
    push: Push, base: Path, tmp_path: Path
) -> None:
    push()
    origin = manifest(base).provenance
    assert (origin.run_id, origin.span) == ("run-7", 17)
    assert origin.model_uri == str(tmp_path / "artifacts" / "model")
    assert origin.rows == {"eval": 6, "train": 9}
    assert origin.sources == {"trainer": "0123456789abcdef"}
    assert origin.libraries["tensorflow"] == tf.__version__
    assert {"python", "tfx", "tensorflow-transform", "malmoi"} <= origin.libraries.keys()
    assert len(origin.data_digest) == len(origin.schema_digest) == 64
    assert origin.verdicts["model"] == {"passed": True}
    assert origin.verdicts["data"] == {"passed": True, "findings": [{"rule": "labels"}]}


def test_another_row_is_another_data_digest(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    push()
    before = manifest(base).provenance.data_digest
    push()
    assert manifest(base).provenance.data_digest == before
    (file,) = Path(inputs["examples"][0].uri).glob("Split-eval/*")
    file.write_bytes(file.read_bytes() + b"\0")
    push(warmup_requests=0)
    assert manifest(base).provenance.data_digest != before


def test_warm_up_requests_are_real_texts_from_the_shortest_to_the_longest(
    push: Push, base: Path
) -> None:
    push(warmup_requests=3)
    *single, together = warm_up_texts(base)
    texts = [text.decode() for (text,) in single]
    assert len(set(texts)) == 3
    assert (texts[0], texts[-1]) == ("🙂", TEXTS[-1])
    assert [text.decode() for text in together] == texts
    assert "assets.extra/tf_serving_warmup_requests" in manifest(base).files


def test_without_warm_up_requests_no_text_leaves_the_house(push: Push, base: Path) -> None:
    push(warmup_requests=0)
    version = base / str(versions(base)[-1])
    assert not (version / "assets.extra").exists()
    found = [p for p in version.rglob("*") if p.is_file() and TEXTS[0].encode() in p.read_bytes()]
    assert found == []


def test_the_statistics_travel_without_the_texts(push: Push, base: Path) -> None:
    push()
    folder = accepted_statistics(base)
    assert folder is not None
    content = (folder / "Split-train" / "FeatureStats.pb").read_bytes()
    (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets
    kept = {f.path.step[0]: f.string_stats for f in dataset.features}
    assert [len(kept[n].top_values) for n in ("본문", "분류", "본문/frequent_tokens")] == [0, 1, 1]
    assert kept["본문"].unique == 7
    assert TEXTS[0].encode() not in content


def test_the_model_that_the_canary_carries_is_the_one_that_is_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, tmp_path: Path, export: Path
) -> None:
    canary = artifact(standard_artifacts.InfraBlessing, tmp_path / "infra", blessed=1, has_model=1)
    stamped = tmp_path / "infra" / "stamped_model"
    shutil.copytree(export, stamped)
    (stamped / "assets.extra").mkdir()
    (stamped / "assets.extra" / "seal").write_text("of the canary", "utf-8")
    (tmp_path / "infra" / "canary.json").write_text('{"replayed": 64}', "utf-8")
    inputs["infra_blessing"] = [canary]
    push()
    assert (base / str(versions(base)[-1]) / "assets.extra" / "seal").is_file()
    assert manifest(base).provenance.verdicts["infra"] == {"replayed": 64, "passed": True}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("saved_model.pb", "has no saved_model.pb"),
        ("assets/labels", "labels"),
        ("variables/variables.data-00000-of-00001", "variables"),
        ("variables/variables.index", "variables"),
    ],
)
def test_an_export_that_lacks_a_part_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, missing: str, named: str
) -> None:
    Path(inputs["model"][0].uri, "Format-Serving", missing).unlink()
    with pytest.raises((ServingError, tf.errors.OpError, ValueError), match=named):
        push()
    assert versions(base) == []


def test_a_corrupt_export_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    file = Path(inputs["model"][0].uri, "Format-Serving", "variables", "variables.index")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(tf.errors.OpError):
        push()
    assert versions(base) == []


def test_an_export_with_other_inputs_fails_by_the_record_that_names_them(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    place = Path(inputs["model"][0].uri, "Format-Serving")
    shutil.rmtree(place)
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.string, "review")
    function = tf.function(lambda review: {"length": tf.strings.length(review)}, [spec])
    tf.saved_model.save(module, str(place), {"serving_default": function})
    with pytest.raises(ServingError, match=r"record 0: .*review"):
        push()
    assert versions(base) == []


def test_a_push_while_another_is_at_work_fails_by_name(push: Push, base: Path) -> None:
    with locked(base, "push"), pytest.raises(BusyError, match="held by a push of"):
        push()
    assert versions(base) == []


def node(**settings: Any) -> AtomicPusher:
    return AtomicPusher(
        base=Path("/srv/models/enquiries"),
        settings=ReleaseSettings(**settings),
        columns=COLUMNS,
        digest="fedcba9876543210",
        model=Channel(type=standard_artifacts.Model),
        schema=Channel(type=standard_artifacts.Schema),
    )


def test_the_node_takes_what_papers_there_are() -> None:
    assert set(node().inputs) == {"model", "schema"}
    assert list(node().outputs) == ["pushed_model"]


def test_only_settings_that_a_push_goes_by_push_again() -> None:
    before = dict(node().exec_properties)
    assert dict(node(container={"replicas": 7}).exec_properties) == before
    assert dict(node(warmup_requests=1).exec_properties) != before


def test_the_schema_of_these_tests_is_one() -> None:
    assert len(text_format.Parse(SCHEMA, schema_pb2.Schema()).feature) == 2
