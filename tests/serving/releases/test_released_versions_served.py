"""A server that follows the releases: labels for an A/B trial, push and rollback while it runs."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from serving.client import predict
from serving.releases import changes
from serving.releases.compose import health_command
from serving.releases.manifest import Provenance
from serving.releases.publish import push
from serving.releases.serving_files import MODELS_CONFIG
from serving.settings import Endpoints

MODEL = "reviews"
PATIENCE_S = 20.0
POLL_S = 0.05
Start = Callable[..., Endpoints]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / MODEL


@pytest.fixture
def release(saved: dict[str, Path], base: Path) -> Callable[[str], int]:
    def once(name: str) -> int:
        return push(saved[name], base, provenance=Provenance(), keep=5, handover_s=0.2).version

    return once


def follow(start: Start, base: Path) -> Endpoints:
    return start(model_config_file=base / MODELS_CONFIG, model_config_file_poll_wait_seconds=POLL_S)


def best(endpoints: Endpoints, label: str | None = None) -> str:
    return predict(endpoints.rest, MODEL, ["정말 좋았어요"], label=label)[0].label


def best_by_grpc(endpoints: Endpoints, label: str) -> str:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL
    request.model_spec.version_label = label
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(["정말 좋았어요"], tf.string))
    with grpc.insecure_channel(endpoints.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, timeout=PATIENCE_S)
    return tf.make_ndarray(answer.outputs["labels"])[0][0].decode()


def eventually(check: Callable[[], Any]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < give_up_at, f"did not happen within {PATIENCE_S:g} s"
        time.sleep(0.02)


def test_stable_and_canary_answer_side_by_side(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    changes.pin(base, release("first"))
    release("second")
    endpoints = follow(start, base)
    assert (best(endpoints, "stable"), best(endpoints, "canary")) == ("긍정", "좋아요")
    assert best_by_grpc(endpoints, "stable") == "긍정"
    assert best_by_grpc(endpoints, "canary") == "좋아요"


def test_a_push_and_a_rollback_reach_a_running_server_without_a_gap(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    release("first")
    endpoints = follow(start, base)
    assert best(endpoints, "stable") == "긍정"
    release("second")
    eventually(lambda: best(endpoints, "stable") == "좋아요")  # any refusal in between raises
    changes.rollback(base)
    eventually(lambda: best(endpoints, "stable") == "긍정")
    eventually(lambda: best(endpoints) == "긍정")  # nor does the bad version answer unnamed


def test_a_version_that_does_not_load_leaves_the_old_one_serving(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    release("first")
    endpoints = follow(start, base)
    broken = release("second")
    eventually(lambda: best(endpoints, "stable") == "좋아요")
    changes.rollback(base)
    eventually(lambda: best(endpoints, "stable") == "긍정")
    shutil.rmtree(base / str(broken) / "variables")
    changes.make(base, state := changes.read_state(base), state.after_rollback(broken))
    time.sleep(10 * POLL_S)
    assert best(endpoints, "stable") == "긍정"


def test_the_readiness_path_answers_once_the_stable_version_can(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    release("first")
    endpoints = follow(start, base)
    answer = httpx.get(f"{endpoints.rest}/v1/models/{MODEL}/labels/stable/metadata")
    assert answer.status_code == 200
    assert httpx.get(f"{endpoints.rest}/v1/models/{MODEL}/labels/canary/metadata").is_client_error


def test_the_health_command_tells_ready_from_not_ready(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    release("first")
    port = follow(start, base).rest_api_port
    for name, ready in ((MODEL, True), ("unknown", False)):
        done = subprocess.run(
            ["bash", "-c", health_command(name, port)], capture_output=True, check=False
        )
        assert (done.returncode == 0) == ready, done.stderr


def test_the_papers_inside_a_version_do_not_keep_it_from_loading(
    start: Start, release: Callable[[str], int], base: Path
) -> None:
    version = release("first")
    assert (base / str(version) / "malmoi" / "manifest.json").is_file()
    endpoints = start(model_name=MODEL, model_base_path=base)
    assert best(endpoints) == "긍정"
