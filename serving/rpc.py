"""The gRPC API: PredictionService and ModelService on the public stubs."""

import logging
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving import answers
from serving.catalog import Catalog
from serving.errors import Code, ServingError, invalid
from serving.limits import WorkRoom
from serving.plans import plans_of
from serving.servable import Servable
from serving.settings import RequestLimits

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

# TensorFlow Serving's own. gRPC carries a few kB of reason, Korean at three times its size, and
# tells the client RESOURCE_EXHAUSTED in the place of the code if there is more.
_REASON_BYTES = 1024
_CUT = "...TRUNCATED"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; the other calls are refused."""

    def __init__(self, catalog: Catalog[Servable], room: WorkRoom, limits: RequestLimits) -> None:
        self._catalog = catalog
        self._room = room
        self._limits = limits

    def Predict(  # noqa: N802 - the service's own name
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Runs a signature, within the server's time limit and the client's deadline."""
        asked_s = context.time_remaining()
        limit_s = self._limits.request_timeout_s
        return _answer(
            context,
            lambda: self._room.run(
                lambda: answers.predict_proto(self._catalog, request),
                time_limit_s=limit_s if asked_s is None else min(limit_s, asked_s),
            ),
        )

    def GetModelMetadata(  # noqa: N802
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Tells the signatures of a loaded version."""

        def work() -> get_model_metadata_pb2.GetModelMetadataResponse:
            answers.check_metadata_fields(list(request.metadata_field))
            return answers.metadata(
                self._catalog, answers.target_of(request.model_spec, "metadata")
            )

        return _answer(context, work)

    def Classify(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Refused."""
        _abort(context, answers.refuse("Classify"))

    def Regress(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Refused."""
        _abort(context, answers.refuse("Regress"))

    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Refused."""
        _abort(context, answers.refuse("MultiInference"))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """States of versions, and the change of the configuration while the server runs."""

    def __init__(self, catalog: Catalog[Servable]) -> None:
        self._catalog = catalog

    def GetModelStatus(  # noqa: N802
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        context: grpc.ServicerContext,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Tells the states of a model's versions."""
        return _answer(
            context,
            lambda: answers.status(self._catalog, answers.target_of(request.model_spec, "status")),
        )

    def HandleReloadConfigRequest(  # noqa: N802
        self,
        request: model_management_pb2.ReloadConfigRequest,
        context: grpc.ServicerContext,
    ) -> model_management_pb2.ReloadConfigResponse:
        """Replaces the configuration; answers once its versions are loaded and labelled."""

        def work() -> model_management_pb2.ReloadConfigResponse:
            if not request.HasField("config"):
                raise invalid("ReloadConfigRequest: expected a config, received none")
            self._catalog.apply(plans_of(request.config, source="ReloadConfigRequest"))
            return model_management_pb2.ReloadConfigResponse()

        return _answer(context, work)


def add_services(
    server: grpc.Server, catalog: Catalog[Servable], room: WorkRoom, limits: RequestLimits
) -> None:
    """Adds both services to a server that is not started yet."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(catalog, room, limits), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(catalog), server)


def _answer(context: grpc.ServicerContext, work: Callable[[], T]) -> T:
    try:
        return work()
    except ServingError as error:
        _abort(context, error)
    except Exception as error:  # noqa: BLE001 - the client gets the fault, the log its traceback
        _LOG.exception("a gRPC call failed")
        _abort(context, ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}"))


def _abort(context: grpc.ServicerContext, error: ServingError) -> NoReturn:
    context.abort(grpc.StatusCode[error.code.name], _reason(error.message))
    raise AssertionError("abort returns only by raising")


def _reason(message: str) -> str:
    raw = message.encode("utf-8", "backslashreplace")
    cut = _CUT if len(raw) > _REASON_BYTES else ""
    return raw[:_REASON_BYTES].decode("utf-8", "ignore") + cut
