"""The executor through the real Beam pipeline, on small files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.proto import example_gen_pb2
from tfx.types import Channel, standard_artifacts

from components.text_statistics.component import TextStatisticsGen
from components.text_statistics.executor import Executor

Row = Mapping[str, str | bytes | int]
Feature = statistics_pb2.FeatureNameStatistics

TRAIN = [
    {"글": "배송이 너무 늦어요 ㅠㅠ", "분류": "배송 지연", "malmoi/row": "train.csv:2"},
    {"글": "환불해 주세요", "분류": "환불 요청", "malmoi/row": "train.csv:3"},
    {"글": "", "분류": "환불 요청", "malmoi/row": "train.csv:4"},
    {"글": "배송이 안 와요", "분류": "배송 지연", "malmoi/row": "train.csv:5"},
]


def write_examples(folder: Path, **splits: list[Row]) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(folder / "examples"), json.dumps(list(splits))
    examples.set_int_custom_property("span", 3)
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    for split, rows in splits.items():
        path = Path(examples.path(split=split), "data_tfrecord-00000-of-00001.gz")
        path.parent.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path), "GZIP") as file:
            for row in rows:
                file.write(serialised(row))
    return examples


def serialised(row: Row) -> bytes:
    example = tf.train.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        if isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.bytes_list.value.append(value if isinstance(value, bytes) else value.encode())
    return example.SerializeToString()


def run(
    examples: standard_artifacts.Examples,
    model: standard_artifacts.Model | None = None,
    **settings: Any,
) -> standard_artifacts.ExampleStatistics:
    node = TextStatisticsGen(
        examples=Channel(type=standard_artifacts.Examples),
        digest="abc",
        **{"text_column": "글"} | settings,
    )
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(Path(examples.uri).parent / "statistics")
    inputs = {"examples": [examples]} | ({"vocabulary_model": [model]} if model else {})
    properties = {name: value for name, value in node.exec_properties.items() if value is not None}
    Executor(BaseBeamExecutor.Context()).Do(inputs, {"statistics": [statistics]}, properties)
    return statistics


def features(statistics: standard_artifacts.ExampleStatistics, split: str) -> dict[str, Feature]:
    [data] = stats_artifact_utils.load_statistics(statistics, split).proto().datasets
    return {".".join(feature.path.step): feature for feature in data.features}


def release(folder: Path, *subwords: str) -> standard_artifacts.Model:
    model = standard_artifacts.Model()
    model.uri = str(folder / "model")
    path = Path(model.uri, "Format-Serving", "assets", "subwords")
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{subword}\n" for subword in subwords), encoding="utf-8")
    return model


def test_statistics_hold_the_columns_and_the_profile_but_no_provenance(tmp_path: Path) -> None:
    statistics = run(write_examples(tmp_path, train=TRAIN, unlabelled=[{"글": "문의드려요"}]))
    assert (statistics.split_names, statistics.span) == ('["train", "unlabelled"]', 3)
    train = features(statistics, "train")
    assert "malmoi/row" not in train
    ranked = {v.value: v.frequency for v in train["분류"].string_stats.top_values}
    assert ranked == {"배송 지연": 2, "환불 요청": 2}
    assert train["글"].string_stats.unique == 4
    assert train["글/characters"].num_stats.mean == pytest.approx((13 + 7 + 0 + 8) / 4)
    assert train["글/characters"].num_stats.common_stats.num_non_missing == 4
    assert train["글/near_empty"].string_stats.top_values[1].value == "yes"
    tokens = train["글/frequent_tokens"].string_stats
    assert (tokens.top_values[0].value, tokens.top_values[0].frequency) == ("배송이", 2)
    assert (tokens.common_stats.num_missing, tokens.common_stats.tot_num_values) == (1, 9)
    assert "분류" not in features(statistics, "unlabelled")
    assert features(statistics, "unlabelled")["글/tokens"].num_stats.max == 1


def test_the_production_vocabulary_tells_the_share_of_unknown_characters(tmp_path: Path) -> None:
    rows: list[Row] = [{"글": "가나"}, {"글": "가 가"}]
    examples = write_examples(tmp_path, train=rows)
    found = features(run(examples, release(tmp_path, "[UNK]", "가", "##다", "나라")), "train")
    assert found["글/out_of_vocabulary"].num_stats.mean == pytest.approx(0.25)
    assert "vocabulary" in found["글/out_of_vocabulary"].custom_stats[0].str


def test_a_model_without_subwords_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    model = standard_artifacts.Model()
    model.uri = str(tmp_path / "model")
    with pytest.raises(FileNotFoundError, match=r"assets/subwords: expected .* found no file"):
        run(write_examples(tmp_path, train=TRAIN), model)


def test_bytes_that_are_no_text_are_counted_and_not_a_fault(tmp_path: Path) -> None:
    bad: list[Row] = [{"글": "주문".encode("cp949")}, {"글": "주문"}, {"글": b"\xed\xa0\x80"}]
    found = features(run(write_examples(tmp_path, train=bad)), "train")
    assert found["글/other"].num_stats.common_stats.num_non_missing == 3
    assert found["글/other"].num_stats.max == 1.0


def test_a_row_without_a_text_is_missing_and_not_empty(tmp_path: Path) -> None:
    found = features(run(write_examples(tmp_path, train=[{"글": "네"}, {"분류": "기타"}])), "train")
    common = found["글/characters"].num_stats.common_stats
    assert (common.num_non_missing, common.num_missing) == (1, 1)
    assert found["글/frequent_tokens"].string_stats.common_stats.num_missing == 1


def test_an_empty_split_has_statistics_of_no_rows(tmp_path: Path) -> None:
    statistics = run(write_examples(tmp_path, train=TRAIN, eval=[]))
    assert features(statistics, "eval") == {}


def test_the_limit_and_the_options_of_the_other_columns_are_heard(tmp_path: Path) -> None:
    statistics = run(
        write_examples(tmp_path, train=TRAIN, eval=TRAIN),
        most_characters=7,
        stats_options=tfdv.StatsOptions(num_top_values=1),
        exclude_splits=["eval"],
    )
    assert statistics.split_names == '["train"]'
    found = features(statistics, "train")
    assert len(found["분류"].string_stats.top_values) == 1
    assert {v.value: v.frequency for v in found["글/over_long"].string_stats.top_values} == {
        "yes": 2,
        "no": 2,
    }


@pytest.mark.parametrize("excluded", [["train"], ["test"]])
def test_a_wrong_split_to_exclude_is_an_error_that_names_the_splits(
    tmp_path: Path, excluded: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"exclude_splits: expected some of .*\['train'\]"):
        run(write_examples(tmp_path, train=TRAIN), exclude_splits=excluded)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"분류": "기타"}], "column '글': expected a text in some row, found none in 1 rows"),
        ([{"글": 7}], "column '글': expected text, found int64"),
    ],
)
def test_a_split_without_texts_is_an_error_that_names_the_column(
    tmp_path: Path, rows: list[Row], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        run(write_examples(tmp_path, train=rows))
