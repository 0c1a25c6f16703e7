"""What the files of an export tell, before any server loads it."""

import importlib.util
import shutil
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from components.canary.flight import fly
from components.canary.graph_check import (
    BY_EXAMPLE,
    BY_TEXT,
    XLA_MARK,
    check_export,
    graph_findings,
)
from components.canary.settings import CanarySettings
from components.canary.text_ops import TEXT_OPS
from components.data_gate.verdict import Finding

CORE_OPS = frozenset(dir(tf.raw_ops))


@pytest.fixture
def graph(house: Any) -> SavedModel:
    return SavedModel.FromString((house.export / "saved_model.pb").read_bytes())


@pytest.fixture
def copy(house: Any, tmp_path: Path) -> Path:
    return shutil.copytree(house.export, tmp_path / "export")


@pytest.fixture
def assets(house: Any) -> set[str]:
    return {path.name for path in (house.export / "assets").iterdir()}


@pytest.fixture
def check(graph: SavedModel, assets: set[str]) -> Callable[[], list[Finding]]:
    """Judges `graph` as it has become."""
    return lambda: list(graph_findings(graph, assets=assets, core_ops=CORE_OPS))


def test_a_sound_export_gives_no_finding(house: Any) -> None:
    assert check_export(house.export) == ()


def test_a_missing_asset_is_named_and_no_server_is_started(
    copy: Path, house: Any, settings: CanarySettings, tmp_path: Path
) -> None:
    asset, *_ = sorted((copy / "assets").iterdir())
    asset.unlink()
    record = fly(copy, house.questions, settings, log=tmp_path / "log")
    (finding,) = record.findings
    assert (finding.rule, finding.figure) == ("assets", "missing")
    assert finding.subject == f"assets/{asset.name}"
    assert record.server is None
    assert not record.blessed
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("content", [None, b"", b"\x0a\xff not a graph", "half"])
def test_a_graph_that_cannot_be_read_is_refused(copy: Path, content: Any) -> None:
    file = copy / "saved_model.pb"
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    (finding,) = check_export(copy)
    assert (finding.rule, finding.subject) == ("graph", "saved_model.pb")


def test_a_graph_without_the_serving_tag_is_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    graph.meta_graphs[0].meta_info_def.tags[:] = ["train"]
    (finding,) = check()
    assert finding.figure == 'no graph has the tag "serve"'


def test_a_function_that_xla_must_compile_is_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    functions = graph.meta_graphs[0].graph_def.library.function
    functions[0].attr[XLA_MARK].b = False
    functions[1].attr[XLA_MARK].b = True
    (finding,) = check()
    assert (finding.rule, finding.subject) == ("xla", functions[1].signature.name)
    assert "jit_compile" in finding.advice


def test_a_model_with_jit_compile_bears_the_mark_wherever_it_stands(tmp_path: Path) -> None:
    class Compiled(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def outer(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": tf.function(lambda v: v * 2.0, jit_compile=True)(x)}

    module = Compiled()
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.outer})
    assert [f.rule for f in check_export(tmp_path)].count("xla") == 1


def test_a_call_that_xla_must_compile_is_refused_too(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    graph.meta_graphs[0].graph_def.node.add(name="call", op="NoOp").attr[XLA_MARK].b = True
    (finding,) = check()
    assert (finding.rule, finding.subject) == ("xla", "call")


def test_ops_of_a_foreign_library_are_refused_by_name(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    library = graph.meta_graphs[0].graph_def.library
    library.function[0].node_def.add(name="parse", op="DecodeProtoSparseV4")
    library.function[1].node_def.add(name="call", op=library.function[0].signature.name)
    (finding,) = check()
    assert (finding.rule, finding.subject) == ("ops", "DecodeProtoSparseV4")


def test_many_foreign_ops_are_counted(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    for number in range(13):
        graph.meta_graphs[0].graph_def.node.add(name=f"n{number}", op=f"Foreign{number:02}")
    (finding,) = check()
    assert finding.subject.endswith("Foreign09 and 3 more")


def test_the_text_ops_are_those_of_the_installed_library() -> None:
    spec = importlib.util.find_spec("tensorflow_text")
    assert spec is not None
    assert spec.submodule_search_locations
    found = set()
    for library in Path(spec.submodule_search_locations[0]).glob("python/ops/_*.so"):
        names = (n for n in vars(tf.load_op_library(str(library))) if n[0].isupper())
        found |= {name.replace("TFText_", "TFText>") for name in names}
    imported = vars(typing).keys()
    assert {name for name in found if name[:3] != "TV_"} - imported == (TEXT_OPS)


def test_a_missing_signature_is_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    del graph.meta_graphs[0].signature_def[BY_EXAMPLE]
    (finding,) = check()
    assert (finding.rule, finding.subject) == ("signatures", BY_EXAMPLE)
    assert "serving_default" in finding.figure


def test_a_raw_text_signature_that_takes_examples_is_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    signatures = graph.meta_graphs[0].signature_def
    signatures[BY_TEXT].inputs["examples"].CopyFrom(signatures[BY_TEXT].inputs["text"])
    del signatures[BY_TEXT].inputs["text"]
    (finding,) = check()
    assert finding.figure == (
        "it takes examples: DT_STRING of 1 axes, not text: DT_STRING of 1 axes"
    )


def test_a_scalar_input_and_a_second_one_are_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    inputs = graph.meta_graphs[0].signature_def[BY_TEXT].inputs
    inputs["more"].CopyFrom(inputs["text"])
    del inputs["text"].tensor_shape.dim[:]
    (finding,) = check()
    assert "more: DT_STRING of 1 axes, text: DT_STRING of 0 axes" in finding.figure


def test_an_answer_may_have_more_but_not_less_than_labels_and_probabilities(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    outputs = graph.meta_graphs[0].signature_def[BY_TEXT].outputs
    outputs["more"].CopyFrom(outputs["labels"])
    assert check() == []
    outputs["labels"].dtype = tf.int64.as_datatype_enum
    (finding,) = check()
    assert "it answers labels: DT_INT64 of 2 axes" in finding.figure


def test_a_signature_that_clients_cannot_predict_with_is_refused(
    graph: SavedModel, check: Callable[[], list[Finding]]
) -> None:
    graph.meta_graphs[0].signature_def[BY_TEXT].method_name = "tensorflow/serving/classify"
    (finding,) = check()
    assert "tensorflow/serving/predict" in finding.figure
