"""What travels with a pushed version: its manifest, its warm-up requests, its statistics."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx.types import Artifact

from components.atomic_pusher.statistics import without_texts
from components.text_example_gen.source import Columns
from serving.releases.accepted import accepted_statistics
from serving.releases.folder import versions
from serving.releases.manifest import Manifest, read_manifest

Push = Callable[..., Artifact]


def manifest(base: Path) -> Manifest:
    return read_manifest(base, versions(base)[-1])


def warm_up_texts(base: Path) -> list[list[bytes]]:
    from tensorflow_serving.apis import prediction_log_pb2

    file = base / str(versions(base)[-1]) / "assets.extra" / "tf_serving_warmup_requests"
    logs = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    requests = (prediction_log_pb2.PredictionLog.FromString(log).predict_log for log in logs)
    return [list(log.request.inputs["text"].string_val) for log in requests]


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


def test_where_tfx_tells_no_run_the_artifacts_do(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    inputs["model"][0].set_string_custom_property("stored_at", "s3://runs/enquiries/run-8/model")
    push(run_id=None, told="run-8")
    origin = manifest(base).provenance
    assert (origin.pipeline, origin.run_id) == ("enquiries", "run-8")
    assert origin.model_uri == "s3://runs/enquiries/run-8/model"


def test_another_row_is_another_data_digest(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    push()
    before = manifest(base).provenance.data_digest
    push(run_id="run-8")
    assert manifest(base).provenance.data_digest == before
    (file,) = Path(inputs["examples"][0].uri).glob("Split-eval/*")
    file.write_bytes(file.read_bytes() + b"\0")
    push(run_id="run-9", warmup_requests=0)
    assert manifest(base).provenance.data_digest != before


def test_warm_up_requests_are_real_texts_from_the_shortest_to_the_longest(
    push: Push, base: Path, eval_texts: list[str]
) -> None:
    push(warmup_requests=3)
    *single, together = warm_up_texts(base)
    texts = [text.decode() for (text,) in single]
    assert len(set(texts)) == 3
    assert (texts[0], texts[-1]) == ("🙂", eval_texts[-1])
    assert [text.decode() for text in together] == texts
    assert "assets.extra/tf_serving_warmup_requests" in manifest(base).files


def test_without_warm_up_requests_no_text_leaves_the_house(
    push: Push, base: Path, eval_texts: list[str]
) -> None:
    push(warmup_requests=0)
    version = base / str(versions(base)[-1])
    assert not (version / "assets.extra").exists()
    found = [
        p for p in version.rglob("*") if p.is_file() and eval_texts[0].encode() in p.read_bytes()
    ]
    assert found == []


def test_the_statistics_travel_without_the_texts(
    push: Push, base: Path, eval_texts: list[str]
) -> None:
    push()
    folder = accepted_statistics(base)
    assert folder is not None
    content = (folder / "Split-train" / "FeatureStats.pb").read_bytes()
    (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets
    kept = {f.path.step[0]: f.string_stats for f in dataset.features}
    assert [len(kept[n].top_values) for n in ("본문", "분류", "본문/frequent_tokens")] == [0, 1, 1]
    assert kept["본문"].unique == 7
    assert eval_texts[0].encode() not in content


def test_the_statistics_of_a_number_travel_whole() -> None:
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    feature = statistics.datasets.add().features.add(type=statistics_pb2.FeatureNameStatistics.INT)
    feature.path.step.append("주문 금액")
    feature.num_stats.mean = 31_500
    columns = Columns(text="본문", label="분류")
    assert without_texts(statistics, schema=schema_pb2.Schema(), columns=columns) == statistics


def test_values_are_kept_of_what_is_compared_alone() -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="지점", domain="branches")
    schema.feature.add(name="등급").string_domain.value.append("상")
    schema.feature.add(name="별점").int_domain.min = 1
    kept = {"분류", "채널", "지점", "등급", "본문/frequent_tokens"}
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add()
    for name in [*sorted(kept - {"채널"}), "본문", "별점", "본문글", "작성자"]:
        feature = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
        feature.path.step.append(name)
    for name in ("전화", "채널"):
        dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING, name=name)
    for feature in dataset.features:
        feature.string_stats.top_values.add(value="값")
        feature.string_stats.rank_histogram.buckets.add(label="값")
    columns = Columns(text="본문", label="분류", side={"채널": "str"})

    (left,) = without_texts(statistics, schema=schema, columns=columns).datasets

    names: dict[bool, set[str]] = {True: set(), False: set()}
    for feature in left.features:
        shown = bool(feature.string_stats.top_values)
        assert shown is bool(feature.string_stats.rank_histogram.buckets)
        names[shown].add(feature.name or feature.path.step[0])
    assert names == {True: kept, False: {"본문", "별점", "본문글", "작성자", "전화"}}
    assert all(feature.string_stats.top_values for feature in dataset.features)
