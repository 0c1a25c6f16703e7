"""The schema with the profile's columns: its comparators, and that Transform still reads it."""

from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.public import tfxio

from components.text_statistics.comparators import (
    FLAG_L_INFINITY,
    LABEL_L_INFINITY,
    PROFILE_DIVERGENCE,
    SIDE_DIVERGENCE,
    SIDE_L_INFINITY,
    TOKENS_L_INFINITY,
    add_profile,
)


@pytest.fixture
def schema() -> schema_pb2.Schema:
    found = schema_pb2.Schema(default_environment=["TRAINING", "SERVING"])
    for name, kind in (
        ("글", schema_pb2.BYTES),
        ("분류", schema_pb2.BYTES),
        ("경로", schema_pb2.BYTES),
        ("별점", schema_pb2.INT),
        ("지점", schema_pb2.INT),
    ):
        found.feature.add(name=name, type=kind).presence.min_fraction = 1.0
        found.feature[-1].value_count.min = found.feature[-1].value_count.max = 1
    found.feature[-1].int_domain.is_categorical = True
    return found


def extended(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    return add_profile(schema, text_column="글", label_column="분류", side=["경로", "별점", "지점"])


@pytest.mark.parametrize(
    ("column", "l_infinity", "jensen_shannon"),
    [
        ("분류", LABEL_L_INFINITY, 0),
        ("경로", SIDE_L_INFINITY, 0),
        ("지점", SIDE_L_INFINITY, 0),
        ("별점", 0, SIDE_DIVERGENCE),
        ("글", 0, 0),
        ("글/frequent_tokens", TOKENS_L_INFINITY, 0),
        ("글/near_empty", FLAG_L_INFINITY, 0),
        ("글/over_long", FLAG_L_INFINITY, 0),
        ("글/characters", 0, PROFILE_DIVERGENCE),
        ("글/tokens", 0, PROFILE_DIVERGENCE),
        ("글/hangul", 0, PROFILE_DIVERGENCE),
        ("글/out_of_vocabulary", 0, PROFILE_DIVERGENCE),
    ],
)
def test_values_are_compared_by_l_infinity_and_numbers_by_jensen_shannon(
    schema: schema_pb2.Schema, column: str, l_infinity: float, jensen_shannon: float
) -> None:
    [feature] = [feature for feature in extended(schema).feature if feature.name == column]
    for comparator in (feature.drift_comparator, feature.skew_comparator):
        assert comparator.infinity_norm.threshold == l_infinity
        assert comparator.jensen_shannon_divergence.threshold == jensen_shannon


def test_a_second_call_changes_nothing_and_neither_does_the_first_to_its_argument(
    schema: schema_pb2.Schema,
) -> None:
    before = schema.SerializeToString(deterministic=True)
    once = extended(schema)
    assert schema.SerializeToString(deterministic=True) == before
    assert extended(once) == once


def test_a_comparator_that_the_schema_has_already_wins(schema: schema_pb2.Schema) -> None:
    schema.feature[1].drift_comparator.infinity_norm.threshold = 0.2
    schema.feature.add(
        name="글/hangul", type=schema_pb2.FLOAT
    ).drift_comparator.jensen_shannon_divergence.threshold = 0.5
    found = {feature.name: feature for feature in extended(schema).feature}
    assert found["분류"].drift_comparator.infinity_norm.threshold == 0.2
    assert found["분류"].skew_comparator.infinity_norm.threshold == LABEL_L_INFINITY
    assert found["글/hangul"].drift_comparator.jensen_shannon_divergence.threshold == 0.5


def test_a_column_that_the_schema_lacks_is_an_error_that_names_it(
    schema: schema_pb2.Schema,
) -> None:
    with pytest.raises(ValueError, match=r"found no 날짜 among .*; add them to schema.pbtxt"):
        add_profile(schema, text_column="글", label_column="분류", side=["날짜"])


def test_transform_takes_the_profile_for_features_that_may_be_absent(
    schema: schema_pb2.Schema,
) -> None:
    spec = schema_utils.schema_as_feature_spec(extended(schema)).feature_spec
    assert spec["글/characters"] == tf.io.VarLenFeature(tf.int64)
    assert spec["글/hangul"] == tf.io.VarLenFeature(tf.float32)
    assert spec["글/frequent_tokens"] == tf.io.VarLenFeature(tf.string)


def test_transform_runs_on_examples_without_the_profile(
    schema: schema_pb2.Schema, tmp_path: Path
) -> None:
    del schema.feature[2:]
    whole = add_profile(schema, text_column="글", label_column="분류", side=[])
    source = tfxio.TFExampleBeamRecord(
        physical_format="inmem", telemetry_descriptors=["test"], schema=whole
    )
    example = tf.train.Example()
    for name, value in (("글", "좋아요"), ("분류", "칭찬")):
        example.features.feature[name].bytes_list.value.append(value.encode())
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(tmp_path / "temp")):
        rows = pipeline | beam.Create([example.SerializeToString()] * 3) | source.BeamSource()
        analyzed = (rows, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(
            lambda columns: {
                "label": tft.compute_and_apply_vocabulary(columns["분류"], vocab_filename="label")
            }
        )
        _ = analyzed | tft_beam.WriteTransformFn(str(tmp_path / "graph"))
    graph = tft.TFTransformOutput(str(tmp_path / "graph"))
    assert graph.vocabulary_by_name("label") == ["칭찬".encode()]
