"""What a SavedModel answers by the signature that clients ask, and what it weighs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.model_gate.predictions import ServedModel, size_bytes
from pipeline.causes import explain


def saved(folder: Path, **signatures: Callable[..., Any]) -> str:
    module = tf.Module()
    module.functions = signatures
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return str(folder)


@tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
def answer(text: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"labels": text[:, None]}


@tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
def echo(text: tf.Tensor) -> dict[str, tf.Tensor]:
    """Name each text as its own label, the likelier the shorter."""
    sure = 1 / (1 + tf.cast(tf.strings.length(text), tf.float32))
    return {"labels": text[:, None], "probabilities": sure[:, None]}


@pytest.mark.parametrize(
    ("signatures", "message"),
    [
        ({"classify": answer}, "expected a signature 'serving_default', found classify"),
        ({"serving_default": answer}, "lacks the output probabilities, found labels"),
    ],
)
def test_a_model_without_what_clients_ask_for_is_a_fault(
    tmp_path: Path, signatures: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ServedModel(saved(tmp_path, **signatures))


@pytest.mark.parametrize(
    "damaged", ["saved_model.pb", "variables/variables.index", "variables"], ids=str
)
def test_a_model_whose_files_are_gone_or_damaged_is_named_with_what_to_do(
    tmp_path: Path, damaged: str
) -> None:
    module = tf.Module()
    module.weight, module.answer = tf.Variable(1.0), answer
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": answer})
    path = tmp_path / damaged
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.write_bytes(b"cut off")
    with pytest.raises(ValueError, match="expected a whole SavedModel") as caught:
        ServedModel(str(tmp_path))
    told = explain(caught.value)
    assert told.startswith(f"model {tmp_path}: ")
    assert "malmoi releases rollback" in told


def test_answers_come_in_the_order_of_the_texts_whatever_their_length(tmp_path: Path) -> None:
    model = ServedModel(saved(tmp_path, serving_default=echo))
    texts = ["환불해 주세요 ㅠㅠ", "", "가" * 10_000, "ㅋㅋㅋ", "🙏"] * 200
    found = model.answers(texts)
    assert found.labels == texts
    expected = [1 / (1 + len(text.encode())) for text in texts]
    assert found.probabilities.tolist() == pytest.approx(expected)


def test_half_a_surrogate_pair_is_asked_as_a_question_mark(tmp_path: Path) -> None:
    assert ServedModel(saved(tmp_path, serving_default=echo)).answers(["\ud83d"]).labels == ["?"]


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_bytes(b"x" * 70)
    (tmp_path / "variables" / "data").write_bytes(b"x" * 30)
    assert size_bytes(str(tmp_path)) == 100
