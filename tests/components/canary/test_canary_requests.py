"""The canary's requests against servers that answer much, or not to the end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from components.canary.requests import RequestFailedError, Requests
from components.canary.settings import CanarySettings
from serving.listening import bind_grpc, make_grpc_server
from serving.settings import LOOPBACK, MAX_REQUEST_BYTES, Endpoints

MANY_LABELS = [f"배송 문의 {n:03}번 지점" for n in range(200)]


class Scorer(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Gives every label of every text the same probability."""

    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        rows = request.inputs["text"].tensor_shape.dim[0].size
        scores = np.full((rows, len(MANY_LABELS)), 1 / len(MANY_LABELS), np.float32)
        answer = predict_pb2.PredictResponse()
        answer.outputs["labels"].CopyFrom(
            tf.make_tensor_proto([[label.encode() for label in MANY_LABELS]] * rows)
        )
        answer.outputs["probabilities"].CopyFrom(tf.make_tensor_proto(scores))
        return answer


@contextmanager
def rest_server(answer: bytes) -> Iterator[int]:
    """Answers one request with these bytes and hangs up; yields the port."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):  # else the rest of the request resets the answer
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def requests(*, grpc_port: int = 1, rest_port: int = 1) -> Requests:
    endpoints = Endpoints(LOOPBACK, grpc_port, rest_port)
    return Requests(endpoints, text_column="글", labels=MANY_LABELS, timeout_s=30)


def test_an_answer_to_many_texts_with_many_labels_has_no_size_that_is_too_large() -> None:
    server = make_grpc_server(capacity=1, max_request_bytes=MAX_REQUEST_BYTES)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Scorer(), server)
    port = bind_grpc(server, LOOPBACK, 0)
    server.start()
    with requests(grpc_port=port) as ask:
        answers = ask.by_text(["언제 오나요?".encode()] * 1_000)
    server.stop(0)
    assert len(answers) == 1_000
    assert [label for label, _ in answers[-1]] == MANY_LABELS


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "no answer: IncompleteRead"),
        (b"HTTP/1.1 500 -\r\nContent-Length: 100\r\n\r\n{", "status 500: .* IncompleteRead"),
        (b"Segmentation fault\r\n", "no answer: Segmentation fault"),
        (b"", "no answer: Remote end closed"),
        (b"HTTP/1.1 503 -\r\n\r\nthe server is full", "status 503: the server is full"),
        (b"HTTP/1.1 200 OK\r\n\r\n[]", "not of the expected form"),
    ],
)
def test_a_rest_answer_that_breaks_off_or_is_an_error_is_a_failed_request(
    answer: bytes, fault: str
) -> None:
    with (
        rest_server(answer) as port,
        requests(rest_port=port) as ask,
        pytest.raises(RequestFailedError, match=fault),
    ):
        ask.by_rest([b"text"])


def test_a_server_that_is_not_there_is_a_failed_request() -> None:
    with requests() as ask, pytest.raises(RequestFailedError, match=r"no answer: .*refused"):
        ask.by_rest([b"text"])


@pytest.mark.parametrize("timeout_s", [0.0005, 86_401.0])
def test_a_time_for_a_request_that_the_server_does_not_take_is_refused(timeout_s: float) -> None:
    with pytest.raises(ValidationError, match="request_timeout_s"):
        CanarySettings(request_timeout_s=timeout_s)


def test_an_endless_wait_which_the_nodes_settings_cannot_hold_is_refused() -> None:
    with pytest.raises(ValidationError, match="ready_timeout_s"):
        CanarySettings(ready_timeout_s=float("inf"))
