"""The component on real example files: which rows it takes, what it writes."""

from pathlib import Path

import pytest
import tensorflow as tf
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, channel, standard_artifacts

from components.artifacts import BaselinePredictions
from components.examples import Row, labelled_rows
from components.provenance import ROW_FEATURE, place
from components.simple_baselines import executor, fitting, predictions
from components.simple_baselines.component import SimpleBaselines
from components.text_example_gen.source import Columns

COLUMNS = Columns(text="글", label="분류", side={"경로": "str", "별점": "int", "점수": "float"})
TRAIN = [
    *(("배송이 너무 늦어요", "배송"), ("택배가 아직 안 왔어요", "배송")),
    *(("환불해 주세요", "환불"), ("돈을 돌려받고 싶어요", "환불"), ("환불 언제 되나요", "환불")),
]
EVAL = [
    ("배송이 늦네요", "배송"),
    ("환불 부탁드려요", "환불"),
    ("참 좋아요", "칭찬"),
    ("그냥요", ""),
]


def example(text: str, label: str, line: int, **numbers: int) -> bytes:
    values = {"글": text.encode(), "분류": label.encode(), ROW_FEATURE: place("문의.csv", line)}
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in values.items()
        if value
    }
    for name, number in numbers.items():
        features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[number]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write(folder: Path, split: str, files: list[list[bytes]]) -> None:
    (folder / f"Split-{split}").mkdir(parents=True)
    for number, rows in enumerate(files):
        path = folder / f"Split-{split}" / f"data_tfrecord-{number:05d}-of-00009.gz"
        with tf.io.TFRecordWriter(str(path), "GZIP") as file:
            for row in rows:
                file.write(row)


def examples(folder: Path, train: list[tuple[str, str]]) -> standard_artifacts.Examples:
    rows = [example(text, label, line) for line, (text, label) in enumerate(train, start=2)]
    write(folder, "train", [rows[:3], rows[3:]])
    rows = [example(text, label, line) for line, (text, label) in enumerate(EVAL, start=50)]
    write(folder, "eval", [rows])
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    return artifact


def fit(source: standard_artifacts.Examples, folder: Path) -> BaselinePredictions:
    output = BaselinePredictions()
    output.uri = str(folder / "baselines")
    executor.Executor(BaseExecutor.Context()).Do(
        {"examples": [source]}, {"baselines": [output]}, {"columns": COLUMNS.model_dump_json()}
    )
    return output


def test_the_labelled_eval_rows_are_answered_in_their_order(tmp_path: Path) -> None:
    output = fit(examples(tmp_path, TRAIN), tmp_path)
    found = predictions.read(output.uri)
    assert found.origins == ["문의.csv:50", "문의.csv:51", "문의.csv:52"]
    assert found.actual == ["배송", "환불", "칭찬"]
    assert found.predicted == {
        fitting.MAJORITY: ["환불"] * 3,
        fitting.NAIVE_BAYES: ["배송", "환불", "환불"],
        fitting.LINEAR_SVM: ["배송", "환불", found.predicted[fitting.LINEAR_SVM][2]],
    }


def test_a_label_that_train_lacks_is_a_wrong_answer(tmp_path: Path) -> None:
    output = fit(examples(tmp_path, TRAIN), tmp_path)
    assert output.get_float_custom_property("accuracy_linear_svm") == pytest.approx(2 / 3)
    assert output.get_float_custom_property("accuracy_majority") == pytest.approx(1 / 3)


def test_the_summary_tells_rows_and_seconds(tmp_path: Path) -> None:
    output = fit(examples(tmp_path, [*TRAIN, ("라벨이 없어요", "")]), tmp_path)
    told = predictions.read_summary(output.uri)
    assert (told.train_rows, told.train_rows_left_out) == (len(TRAIN), 0)
    assert set(told.fit_s) == set(told.predict_s) == set(predictions.read(output.uri).predicted)
    assert output.get_int_custom_property("train_rows") == len(TRAIN)


def test_rows_beyond_the_cap_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "MOST_TRAIN_ROWS", 3)
    told = predictions.read_summary(fit(examples(tmp_path, TRAIN), tmp_path).uri)
    assert (told.train_rows, told.train_rows_left_out) == (3, 2)


def test_fewer_rows_are_read_where_labels_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = len({row[1] for row in TRAIN})
    monkeypatch.setattr(fitting, "MOST_ROWS_TIMES_LABELS", 4 * labels + labels - 1)
    told = predictions.read_summary(fit(examples(tmp_path, TRAIN), tmp_path).uri)
    assert (told.train_rows, told.train_rows_left_out) == (4, 1)


def test_a_train_split_without_labels_is_a_fault_that_names_the_column(tmp_path: Path) -> None:
    source = examples(tmp_path, [("라벨이 없어요", "")])
    with pytest.raises(ValueError, match=r"'train': expected labelled rows.*'분류'"):
        fit(source, tmp_path)


def test_side_columns_of_few_values_come_as_text_and_may_be_missing(tmp_path: Path) -> None:
    rows = [example("좋아요", "칭찬", 2, 별점=5), example("싫어요", "불만", 3)]
    write(tmp_path, "eval", [rows])
    source = standard_artifacts.Examples()
    source.uri, source.split_names = str(tmp_path), '["eval"]'
    assert list(labelled_rows(source, "eval", COLUMNS)) == [
        Row(text="좋아요", label="칭찬", origin="문의.csv:2", side={"경로": "", "별점": "5"}),
        Row(text="싫어요", label="불만", origin="문의.csv:3", side={"경로": "", "별점": ""}),
    ]


def test_the_component_depends_on_rows_columns_and_code_alone() -> None:
    node = SimpleBaselines(
        examples=channel.Channel(type=standard_artifacts.Examples), columns=COLUMNS, digest="abc"
    )
    assert Columns.model_validate_json(node.exec_properties["columns"]) == COLUMNS
    assert set(node.exec_properties) == {"columns", "digest"}
    assert node.outputs["baselines"].type is BaselinePredictions
