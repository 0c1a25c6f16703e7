"""Answers the API's calls from the catalog; REST and gRPC only translate to and from these."""

from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
    status_pb2,
)

from serving.catalog import Catalog
from serving.conversion import encode, read_predict, write_predict
from serving.errors import Code, ServingError, invalid
from serving.paths import Target
from serving.servable import Servable
from serving.states import VersionStatus
from serving.tensors import arrays_of, proto_of

SIGNATURE_DEF = "signature_def"  # the only metadata field that the API knows
REFUSED = (
    "{method} is not served by this embedded server: a TensorFlow 2 export has predict signatures "
    "only; call predict, or run TensorFlow Serving"
)


def refuse(method: str) -> ServingError:
    """The refusal of classify, regress and multi-inference."""
    return ServingError(Code.UNIMPLEMENTED, REFUSED.format(method=method))


def target_of(spec: model_pb2.ModelSpec, verb: str) -> Target:
    """What a gRPC request's ModelSpec names."""
    choice = spec.WhichOneof("version_choice")
    return Target(
        model=spec.name,
        verb=verb,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def predict_json(catalog: Catalog[Servable], target: Target, body: bytes) -> bytes:
    """A REST predict request, from body to body."""
    with catalog.lease(target.model, version=target.version, label=target.label) as (_, servable):
        call = read_predict(body, servable.signature)
        outputs = servable.run(call.signature, call.inputs)
    return encode(write_predict(outputs, row_form=call.row_form))


def predict_proto(
    catalog: Catalog[Servable], request: predict_pb2.PredictRequest
) -> predict_pb2.PredictResponse:
    """A gRPC predict request."""
    target = target_of(request.model_spec, "predict")
    inputs = arrays_of(request.inputs)
    with catalog.lease(target.model, version=target.version, label=target.label) as leased:
        version, servable = leased
        signature = servable.signature(request.model_spec.signature_name)
        outputs = servable.run(signature, inputs, only=request.output_filter)
    response = predict_pb2.PredictResponse(
        outputs={name: proto_of(array) for name, array in outputs.items()}
    )
    response.model_spec.name = target.model
    response.model_spec.signature_name = signature.name
    response.model_spec.version.value = version
    return response


def status(
    catalog: Catalog[Servable], target: Target
) -> get_model_status_pb2.GetModelStatusResponse:
    """The states of a model's versions."""
    found = catalog.statuses(target.model, version=target.version, label=target.label)
    return get_model_status_pb2.GetModelStatusResponse(
        model_version_status=[_status_message(one) for one in found]
    )


def metadata(
    catalog: Catalog[Servable], target: Target
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """The signatures of a loaded version."""
    with catalog.lease(target.model, version=target.version, label=target.label) as leased:
        version, servable = leased
        signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=servable.signature_defs)
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = target.model
    response.model_spec.version.value = version
    response.metadata[SIGNATURE_DEF].Pack(signatures)
    return response


def check_metadata_fields(fields: list[str]) -> None:
    """Checks which metadata a gRPC request asks for.

    Raises:
        ServingError: INVALID_ARGUMENT unless it asks for `signature_def` alone.
    """
    if set(fields) != {SIGNATURE_DEF}:
        raise invalid(f'metadata_field: expected "{SIGNATURE_DEF}", received {fields}')


def status_json(response: get_model_status_pb2.GetModelStatusResponse) -> dict[str, Any]:
    """The status as the REST API writes it."""
    return _to_dict(response)


def metadata_json(response: get_model_metadata_pb2.GetModelMetadataResponse) -> dict[str, Any]:
    """The metadata as the REST API writes it: the signatures without protobuf's "@type"."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata[SIGNATURE_DEF].Unpack(signatures)
    return {
        "model_spec": _to_dict(response.model_spec),
        "metadata": {SIGNATURE_DEF: _to_dict(signatures)},
    }


def _to_dict(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message, including_default_value_fields=True, preserving_proto_field_name=True
    )


def _status_message(one: VersionStatus) -> get_model_status_pb2.ModelVersionStatus:
    return get_model_status_pb2.ModelVersionStatus(
        version=one.version,
        state=one.state.value,
        status=status_pb2.StatusProto(error_code=one.code.number, error_message=one.message),
    )
