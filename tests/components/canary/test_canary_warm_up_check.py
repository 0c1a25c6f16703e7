"""The trap of examples that are sent as texts: answered all the same, and replayed for ever."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from components.canary.flight import fly
from components.canary.settings import CanarySettings
from components.canary.warm_up_check import check_warm_up, warm_up_findings

EXAMPLE = tf.train.Example(
    features=tf.train.Features(
        feature={"글": tf.train.Feature(bytes_list=tf.train.BytesList(value=["환불".encode()]))}
    )
).SerializeToString()


def log(value: bytes, *, signature: str = "", name: str = "text") -> PredictionLog:
    request = PredictRequest()
    request.model_spec.signature_name = signature
    request.inputs[name].CopyFrom(tf.make_tensor_proto([value]))
    return PredictionLog(predict_log=PredictLog(request=request))


def write(folder: Path, *logs: PredictionLog) -> Path:
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as records:
        for one in logs:
            records.write(one.SerializeToString())
    return file


def test_the_raw_text_signature_answers_an_example_without_a_word(house: Any) -> None:
    loaded = tf.saved_model.load(str(house.export))
    answer = loaded.signatures["serving_default"](text=tf.constant([EXAMPLE]))
    assert answer["probabilities"].shape == [1, 3]


@pytest.mark.parametrize("signature", ["", "serving_default"])
def test_an_example_recorded_for_the_raw_text_signature_is_refused(signature: str) -> None:
    logs = [log("환불해 주세요".encode()), log(EXAMPLE, signature=signature)]
    (finding,) = warm_up_findings(logs)
    assert finding.rule == "warmup"
    assert finding.subject == "tf_serving_warmup_requests: record 1"
    assert finding.figure.startswith("sends a serialized tf.Example to serving_default")


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"\n\n", "\n환불해 주세요".encode(), b"\xff\xfe", "ㅋㅋㅋ".encode()]
)
def test_texts_are_not_taken_for_examples(text: bytes) -> None:
    assert list(warm_up_findings([log(text)])) == []


def test_examples_for_their_own_signature_are_right() -> None:
    logs = [log(EXAMPLE, signature="serving_examples", name="examples")]
    assert list(warm_up_findings(logs)) == []


@pytest.mark.parametrize(
    ("wrong", "figure"),
    [
        (log(b"x", signature="classify_it"), "asks the signature 'classify_it'"),
        (log(b"x", name="examples"), "gives serving_default the inputs ['examples'], not 'text'"),
        (PredictionLog(), "gives serving_default the inputs [], not 'text'"),
    ],
)
def test_requests_that_no_client_sends_are_refused(wrong: PredictionLog, figure: str) -> None:
    (finding,) = warm_up_findings([wrong])
    assert figure in finding.figure


def test_an_export_with_garbage_to_warm_up_on_starts_no_server(
    house: Any, settings: CanarySettings, tmp_path: Path
) -> None:
    export = tmp_path / "export"
    tf.io.gfile.makedirs(str(export))
    for path in house.export.rglob("*"):
        copied = export / path.relative_to(house.export)
        copied.mkdir(parents=True) if path.is_dir() else copied.write_bytes(path.read_bytes())
    file = write(export, log(EXAMPLE))
    record = fly(export, house.questions, settings, log=tmp_path / "log")
    assert [finding.rule for finding in record.findings] == ["warmup"]
    assert record.server is None
    file.write_bytes(file.read_bytes()[:-4])
    (finding,) = check_warm_up(export)
    assert "cannot be read" in finding.figure


def test_an_export_without_a_warm_up_file_has_nothing_to_check(house: Any) -> None:
    assert check_warm_up(house.export) == ()
