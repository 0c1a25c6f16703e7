"""Train, export, load in a fresh process: the answers are those of training."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from trainer import assets, export

TOLERANCE: Final = 1e-5
MAX_LOAD_S: Final = 1.0
"""Of the processor, all threads together: a busy machine is no fault of the export."""

LOAD: Final = """
import json, sys, time
import tensorflow as tf
import tensorflow_text

started = time.process_time()
model = tf.saved_model.load(sys.argv[1])
loaded_s = time.process_time() - started
texts = json.load(sys.stdin)
answer = model.signatures["serving_default"](text=tf.constant(texts, tf.string))
print(json.dumps({
    "loaded_s": loaded_s,
    "signatures": sorted(model.signatures),
    "labels": [[name.decode() for name in row] for row in answer["labels"].numpy()],
    "probabilities": answer["probabilities"].numpy().tolist(),
}))
"""


@pytest.fixture(scope="module")
def texts(edge_texts: list[str], train_texts: list[str]) -> list[str]:
    return [*edge_texts, *train_texts]


@pytest.fixture(scope="module")
def served(trained, texts: list[str]) -> dict[str, Any]:
    """What a fresh process, which knows nothing of the project, answers."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, trained.export],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def loaded(trained) -> Any:
    return tf.saved_model.load(trained.export)


@pytest.fixture(scope="module")
def graph(trained) -> SavedModel:
    return SavedModel.FromString(Path(trained.export, "saved_model.pb").read_bytes())


def features(graph: Any, texts: list[str]) -> dict[str, Any]:
    """What a loaded transform graph yields for texts; all other columns are empty."""
    rows = len(texts)
    indices = [[row, 0] for row in range(rows)]
    none = tf.zeros([0, 2], tf.int64)
    columns = {
        "글": tf.SparseTensor(indices, tf.constant(texts), [rows, 1]),
        "분류": tf.SparseTensor(none, tf.constant([], tf.string), [rows, 0]),
        "번호": tf.SparseTensor(none, tf.constant([], tf.string), [rows, 0]),
        "별점": tf.SparseTensor(none, tf.constant([], tf.int64), [rows, 0]),
    }
    return graph.transform_fn(columns)


def keras_scores(trained, transformed, texts: list[str]) -> np.ndarray:
    """The Keras model on the features of the transform graph, as in training."""
    graph = tf.saved_model.load(transformed.output.transform_savedmodel_dir)
    return trained.keras(features(graph, texts)).numpy()


def nodes(graph: SavedModel) -> list[tuple[str, str]]:
    """Every op with the name of its function; the main graph's name is empty."""
    main = graph.meta_graphs[0].graph_def
    inner = [(f.signature.name, node.op) for f in main.library.function for node in f.node_def]
    return [("", node.op) for node in main.node] + inner


def test_a_fresh_process_answers_as_the_keras_model(
    served, trained, transformed, texts: list[str]
) -> None:
    labels = assets.labels(transformed.output)
    expected = keras_scores(trained, transformed, texts)
    order = [[labels.index(name) for name in row] for row in served["labels"]]
    found = np.array(served["probabilities"])
    np.testing.assert_allclose(
        found, np.take_along_axis(expected, np.array(order), axis=1), atol=TOLERANCE
    )
    assert len({tuple(np.round(row, 4)) for row in expected}) > 40


def test_labels_come_best_first_and_each_once(served) -> None:
    assert all(row == sorted(row, reverse=True) for row in served["probabilities"])
    assert {tuple(sorted(row)) for row in served["labels"]} == {("배송 지연", "칭찬", "환불")}
    assert len({row[0] for row in served["labels"]}) == 3


def test_a_loaded_model_answers_on_when_its_files_are_gone(trained, tmp_path: Path) -> None:
    folder = shutil.copytree(trained.export, tmp_path / "1")
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    shutil.rmtree(folder)
    assert serve(text=tf.constant(["환불해 주세요"]))["labels"].shape == [1, 3]


def test_tables_are_filled_at_loading_alone(graph: SavedModel) -> None:
    filling = {name for name, op in nodes(graph) if op == "InitializeTableFromTextFileV2"}
    assert len(filling) == 2
    assert all("initializer" in name for name in filling)


def test_probabilities_sum_to_one(served) -> None:
    np.testing.assert_allclose(np.sum(served["probabilities"], axis=1), 1.0, atol=TOLERANCE)


def test_the_export_loads_in_under_a_second(served) -> None:
    assert served["loaded_s"] < MAX_LOAD_S


def test_the_export_has_the_signatures_of_clients_and_evaluator(served) -> None:
    assert served["signatures"] == ["evaluation_features", "serving_default", "serving_examples"]


def test_exported_features_are_those_that_training_reads(
    loaded, transformed, edge_texts: list[str]
) -> None:
    found = features(loaded._graph, edge_texts)
    for name in ("tokens", "ngrams"):
        trained_on = sorted(row for row, _ in transformed.rows("edge", name))
        assert sorted(found[name].to_list()) == trained_on


def test_examples_are_scored_as_the_same_texts(loaded, transformed, make_example, texts) -> None:
    examples = tf.constant([make_example(text) for text in texts])
    scores = loaded.signatures["serving_examples"](examples=examples)["probabilities"].numpy()
    answer = loaded.signatures["serving_default"](text=tf.constant(texts))
    labels = assets.labels(transformed.output)
    order = [[labels.index(name.decode()) for name in row] for row in answer["labels"].numpy()]
    np.testing.assert_allclose(
        np.take_along_axis(scores, np.array(order), axis=1), answer["probabilities"], atol=TOLERANCE
    )


def test_columns_beside_the_text_do_not_matter(loaded, make_example) -> None:
    rows = [
        make_example("환불해 주세요"),
        make_example("환불해 주세요", "환불", 별점=3),
        make_example("환불해 주세요", "없는 분류", 별점=-1, 모르는_열=7),
    ]
    serve = loaded.signatures["serving_examples"]
    scores = [serve(examples=tf.constant([row]))["probabilities"][0] for row in rows]
    np.testing.assert_array_equal(scores[1:], [scores[0], scores[0]])


def test_an_example_without_a_text_is_an_empty_text(loaded, make_example) -> None:
    for rows in ([make_example(None)], [make_example(None), make_example("환불해 주세요")]):
        scores = loaded.signatures["serving_examples"](examples=tf.constant(rows))["probabilities"]
        empty = loaded.signatures["serving_examples"](examples=tf.constant([make_example("")]))
        np.testing.assert_allclose(scores[0], empty["probabilities"][0], atol=TOLERANCE)
        found = loaded.signatures["evaluation_features"](examples=tf.constant(rows))
        assert found["text_length"].numpy()[0] == b"0-9"


def test_text_that_is_no_utf8_is_answered(loaded) -> None:
    rows = tf.constant(["환불".encode("cp949"), b"\xff\xfe", b"\xed\xa0\x80"])
    probabilities = loaded.signatures["serving_default"](text=rows)["probabilities"]
    np.testing.assert_allclose(tf.reduce_sum(probabilities, axis=1), np.ones(3), atol=TOLERANCE)


def test_no_rows_give_no_answers(loaded) -> None:
    answer = loaded.signatures["serving_default"](text=tf.constant([], tf.string))
    assert answer["labels"].shape == answer["probabilities"].shape == [0, 3]


def test_the_evaluator_gets_label_ids_and_length_slices(loaded, make_example) -> None:
    rows = [
        ("가" * 9, "환불", 2, "0-9"),
        ("가" * 10, "칭찬", 1, "10-19"),
        ("가" * 19, "배송 지연", 0, "10-19"),
        ("가 " * 40, "없는 분류", -1, "80-159"),
        ("가" * 160, None, -1, "160+"),
        ("가" * 3_500, "환불", 2, "160+"),
        ("", "환불", 2, "0-9"),
    ]
    examples = tf.constant([make_example(text, label) for text, label, _, _ in rows])
    found = loaded.signatures["evaluation_features"](examples=examples)
    assert found["label_id"].numpy().tolist() == [row[2] for row in rows]
    assert [name.decode() for name in found["text_length"].numpy()] == [row[3] for row in rows]


def test_the_length_slices_cover_every_length_once() -> None:
    assert export.length_slices() == ["0-9", "10-19", "20-39", "40-79", "80-159", "160+"]


def test_nothing_in_the_graph_must_be_compiled_by_xla(graph: SavedModel) -> None:
    functions = graph.meta_graphs[0].graph_def.library.function
    assert len(functions) > 10
    marked = [f.signature.name for f in functions if "_XlaMustCompile" in f.attr]
    assert marked == []


def test_every_op_is_tensorflows_or_tensorflow_texts(graph: SavedModel) -> None:
    ops = {op for _, op in nodes(graph)}
    functions = {f.signature.name for f in graph.meta_graphs[0].graph_def.library.function}
    foreign = {op for op in ops - functions if not hasattr(tf.raw_ops, op)}
    assert foreign == {"NormalizeUTF8", "WordpieceTokenizeWithOffsets"}


def test_the_export_holds_one_copy_of_the_embedding(graph: SavedModel, trained) -> None:
    constants = len(graph.SerializeToString())
    embedding = trained.model.get_layer("encoder").embedding.get_weights()[0]
    checkpoint = tf.train.list_variables(str(Path(trained.export, "variables", "variables")))
    assert [shape for _, shape in checkpoint].count(list(embedding.shape)) == 1
    assert constants < 1_000_000
