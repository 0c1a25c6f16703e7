"""The gRPC API, on the public stubs against a running server."""

from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest

from serving.settings import Endpoints


@pytest.fixture
def channel(both: Endpoints) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(both.grpc) as channel:
        yield channel


@pytest.fixture
def predictions(channel: grpc.Channel) -> Any:
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture
def models(channel: grpc.Channel) -> Any:
    from tensorflow_serving.apis import model_service_pb2_grpc

    return model_service_pb2_grpc.ModelServiceStub(channel)


def request_for(model: str, inputs: dict[str, Any], **spec: Any) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = spec.get("signature", "")
    if "version" in spec:
        request.model_spec.version.value = spec["version"]
    if "label" in spec:
        request.model_spec.version_label = spec["label"]
    request.output_filter.extend(spec.get("only", []))
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def refusal(call: Any, request: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(request, **options)
    return caught.value.code().name, caught.value.details()


def test_predict_answers_in_typed_fields_and_names_the_version(predictions: Any) -> None:
    response = predictions.Predict(request_for("reviews", {"text": ["정말 좋다"]}))
    assert [value.decode() for value in response.outputs["labels"].string_val] == ["긍정", "부정"]
    assert list(response.outputs["probabilities"].float_val) == [0.75, 0.25]
    assert [axis.size for axis in response.outputs["labels"].tensor_shape.dim] == [1, 2]
    assert response.model_spec.version.value == 7
    assert response.model_spec.signature_name == "serving_default"


@pytest.mark.parametrize("spec", [{"version": 7}, {"label": "stable"}])
def test_a_version_is_chosen_by_number_or_label(predictions: Any, spec: dict[str, Any]) -> None:
    response = predictions.Predict(request_for("reviews", {"text": ["별로"]}, **spec))
    assert response.outputs["labels"].string_val[0].decode() == "부정"


def test_only_the_outputs_asked_for_are_answered(predictions: Any) -> None:
    response = predictions.Predict(request_for("reviews", {"text": ["a"]}, only=["labels"]))
    assert list(response.outputs) == ["labels"]


def test_bytes_with_trailing_zeros_come_back_whole(predictions: Any) -> None:
    request = request_for("numbers", {"raw": [b"\x00ab\x00", b""]}, signature="echoed")
    assert list(predictions.Predict(request).outputs["raw_bytes"].string_val) == [
        b"\x00ab\x00",
        b"",
    ]


@pytest.mark.parametrize(
    ("model", "inputs", "spec", "code", "words"),
    [
        ("", {"text": ["a"]}, {}, "INVALID_ARGUMENT", "names no model"),
        ("nope", {"text": ["a"]}, {}, "NOT_FOUND", 'no model "nope"'),
        ("reviews", {"text": ["a"]}, {"version": 8}, "NOT_FOUND", "loaded are [7]"),
        ("reviews", {"text": ["a"]}, {"label": "canary"}, "INVALID_ARGUMENT", "it has ['stable']"),
        ("reviews", {}, {}, "INVALID_ARGUMENT", 'missing input "text"'),
        ("reviews", {"text": [1.5]}, {}, "INVALID_ARGUMENT", "received float32 [1]"),
        ("reviews", {"text": [["a"]]}, {}, "INVALID_ARGUMENT", "expected string [?]"),
        ("reviews", {"text": ["a"], "x": [1]}, {}, "INVALID_ARGUMENT", 'unknown input "x"'),
        ("reviews", {"text": ["a"]}, {"only": ["y"]}, "INVALID_ARGUMENT", "no output ['y']"),
        ("reviews", {"text": ["a"]}, {"signature": "no"}, "INVALID_ARGUMENT", 'no signature "no"'),
    ],
)
def test_a_faulty_predict_is_refused_with_code_and_reason(
    predictions: Any, model: str, inputs: Any, spec: Any, code: str, words: str
) -> None:
    found, details = refusal(predictions.Predict, request_for(model, inputs, **spec))
    assert (found, words in details) == (code, True), details


def test_a_reason_longer_than_grpc_carries_is_cut_and_keeps_its_code(predictions: Any) -> None:
    no_example = "환불해 주세요 " * 2_000  # TensorFlow's message quotes it whole
    request = request_for("reviews", {"examples": [no_example]}, signature="serving_examples")
    code, details = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert "Could not parse example input, value: '환불해" in details
    assert details.endswith("...TRUNCATED")


@pytest.mark.parametrize("dtype", ["resource", "variant"])
def test_a_tensor_without_values_is_refused(predictions: Any, dtype: str) -> None:
    import tensorflow as tf

    request = request_for("reviews", {"text": ["좋다"]})
    request.inputs["text"].dtype = tf.dtypes.as_dtype(dtype).as_datatype_enum
    code, details = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert f'input "text": a tensor of dtype {dtype} cannot be sent' in details


def test_a_small_message_cannot_ask_for_a_huge_tensor(predictions: Any) -> None:
    request = request_for("numbers", {"x": np.float32([1])}, signature="divided")
    request.inputs["x"].tensor_shape.dim[0].size = 2**40
    code, details = refusal(predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert "does not fit" in details


def test_a_message_over_the_size_limit_is_refused(predictions: Any) -> None:
    code, details = refusal(predictions.Predict, request_for("reviews", {"text": ["a" * 65536]}))
    assert code == "RESOURCE_EXHAUSTED"
    assert "65536" in details


def test_the_clients_deadline_ends_a_slow_request(predictions: Any) -> None:
    request = request_for("numbers", {"turns": np.int32([2_000_000])}, signature="slow")
    code, _ = refusal(predictions.Predict, request, timeout=0.3)
    assert code == "DEADLINE_EXCEEDED"


def test_metadata_holds_the_signatures(predictions: Any) -> None:
    from tensorflow_serving.apis import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "reviews"
    response = predictions.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "serving_examples"} <= set(signatures.signature_def)
    assert response.model_spec.version.value == 7


@pytest.mark.parametrize("fields", [[], ["other"]])
def test_any_other_metadata_field_is_refused(predictions: Any, fields: list[str]) -> None:
    from tensorflow_serving.apis import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = "reviews"
    code, details = refusal(predictions.GetModelMetadata, request)
    assert code == "INVALID_ARGUMENT"
    assert 'expected "signature_def"' in details


@pytest.mark.parametrize("method", ["Classify", "Regress", "MultiInference"])
def test_the_other_inference_calls_are_refused(predictions: Any, method: str) -> None:
    from tensorflow_serving.apis import classification_pb2, inference_pb2, regression_pb2

    request = {
        "Classify": classification_pb2.ClassificationRequest(),
        "Regress": regression_pb2.RegressionRequest(),
        "MultiInference": inference_pb2.MultiInferenceRequest(),
    }[method]
    code, details = refusal(getattr(predictions, method), request)
    assert code == "UNIMPLEMENTED"
    assert details.startswith(f"{method} is not served by this embedded server")


def test_the_model_status_is_told(models: Any) -> None:
    from tensorflow_serving.apis import get_model_status_pb2

    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "reviews"
    (status,) = models.GetModelStatus(request).model_version_status
    assert (status.version, status.State.Name(status.state)) == (7, "AVAILABLE")
    request.model_spec.name = "nope"
    assert refusal(models.GetModelStatus, request)[0] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("base_path", "words"),
    [(None, "expected a config"), ("relative", 'base_path must be absolute, not "relative"')],
)
def test_a_faulty_reload_is_refused_and_changes_nothing(
    models: Any, predictions: Any, base_path: str | None, words: str
) -> None:
    from tensorflow_serving.apis import model_management_pb2

    request = model_management_pb2.ReloadConfigRequest()
    if base_path is not None:
        request.config.model_config_list.config.add(name="reviews", base_path=base_path)
    code, details = refusal(models.HandleReloadConfigRequest, request)
    assert code == "INVALID_ARGUMENT"
    assert words in details
    assert predictions.Predict(request_for("reviews", {"text": ["좋다"]})).outputs
