"""Time limits, overload and the drain at the end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from serving.errors import ServingError
from serving.in_process import running
from serving.limits import WorkRoom
from serving.settings import Endpoints, RequestLimits, ServerSettings

ENDLESS, A_WHILE = 50_000_000, 50_000
PATIENCE_S = 20.0


def ask(endpoints: Endpoints, turns: int) -> httpx.Response:
    return httpx.post(
        f"{endpoints.rest}/v1/models/numbers:predict",
        json={"signature_name": "slow", "instances": [turns]},
        timeout=PATIENCE_S,
    )


def ask_grpc(endpoints: Endpoints, turns: int) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "numbers", "slow"
    request.inputs["turns"].CopyFrom(tf.make_tensor_proto(np.int32([turns])))
    with grpc.insecure_channel(endpoints.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        return stub.Predict(request, timeout=PATIENCE_S)


def test_a_request_over_its_time_is_refused_and_the_server_answers_on(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    limits = RequestLimits(request_timeout_s=0.3, running=1)
    endpoints = start(model_name="numbers", model_base_path=tmp_path, limits=limits)
    response = ask(endpoints, ENDLESS)
    assert response.status_code == 504
    assert response.json()["error"]
    with pytest.raises(grpc.RpcError) as caught:
        ask_grpc(endpoints, ENDLESS)
    assert caught.value.code().name == "DEADLINE_EXCEEDED"
    time.sleep(0.5)
    assert ask(endpoints, 1).json() == {"predictions": [1.0]}


def test_a_full_server_refuses_at_once_by_rest_and_grpc(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    limits = RequestLimits(request_timeout_s=2.0, running=1, waiting=1)
    endpoints = start(model_name="numbers", model_base_path=tmp_path, limits=limits)
    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(ask, endpoints, ENDLESS) for _ in range(2)]
        time.sleep(0.5)
        began = time.monotonic()
        response = ask(endpoints, 1)
        with pytest.raises(grpc.RpcError) as caught:
            ask_grpc(endpoints, 1)
        assert time.monotonic() - began < 1.0
        status = httpx.get(f"{endpoints.rest}/v1/models/numbers")
        assert {one.result().status_code for one in busy} == {504}
    assert response.status_code == 503
    assert "the server is full: 1 requests run and 1 wait" in response.json()["error"]
    assert caught.value.code().name == "RESOURCE_EXHAUSTED"
    assert status.status_code == 200


def test_requests_in_flight_are_answered_before_the_server_ends(
    publish: Any, tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    settings = ServerSettings(
        model_name="numbers", model_base_path=tmp_path, port=0, rest_api_port=0
    )
    with ThreadPoolExecutor(2) as pool:
        with running(settings) as endpoints:
            by_rest = pool.submit(ask, endpoints, A_WHILE)
            by_grpc = pool.submit(ask_grpc, endpoints, A_WHILE)
            time.sleep(0.2)
            assert not by_rest.done()
        assert by_rest.result().json() == {"predictions": [float(A_WHILE)]}
        assert list(by_grpc.result().outputs["done"].float_val) == [float(A_WHILE)]
    with pytest.raises(httpx.ConnectError):
        ask(endpoints, 1)


def test_requests_that_outlast_the_drain_are_told_to_try_again(
    publish: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in ("in_process", "listening"):
        monkeypatch.setattr(f"serving.{module}.DRAIN_S", 0.5)
    publish("numbers", tmp_path / "1")
    settings = ServerSettings(
        model_name="numbers",
        model_base_path=tmp_path,
        port=0,
        rest_api_port=0,
        limits=RequestLimits(request_timeout_s=5.0, running=1),
    )
    with ThreadPoolExecutor(4) as pool:
        with running(settings) as endpoints:
            by_rest = [pool.submit(ask, endpoints, ENDLESS) for _ in range(2)]
            by_grpc = [pool.submit(ask_grpc, endpoints, ENDLESS) for _ in range(2)]
            time.sleep(0.5)
        for response in (one.result() for one in by_rest):
            assert response.status_code == 503
            assert "the server is shutting down" in response.json()["error"]
        for error in (one.exception() for one in by_grpc):
            assert isinstance(error, grpc.RpcError)
            assert error.code().name == "UNAVAILABLE"
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_work_given_up_while_it_waits_is_never_done() -> None:
    room = WorkRoom(RequestLimits(running=1, waiting=1))
    until, done = threading.Event(), []
    busy = room.submit(until.wait)
    with pytest.raises(ServingError, match=r"not ready within 0\.05 s"):
        room.run(lambda: done.append("late"), time_limit_s=0.05)
    until.set()
    assert busy.result()
    assert room.run(lambda: "next", time_limit_s=1.0) == "next"
    assert done == []
    room.close()


def test_a_closed_room_refuses_work() -> None:
    room = WorkRoom(RequestLimits(running=1, waiting=1))
    room.close()
    for _ in range(3):
        with pytest.raises(ServingError, match="shutting down"):
            room.submit(lambda: None)
