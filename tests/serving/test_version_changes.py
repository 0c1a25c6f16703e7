"""Versions that come, go and fail while the server runs."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.settings import Endpoints, RetryPolicy

PATIENCE_S = 10.0


def eventually(check: Callable[[], Any]) -> Any:
    """Waits until `check` gives something true, and returns it."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {PATIENCE_S:g} s")


def states(endpoints: Endpoints, model: str = "reviews") -> dict[int, str]:
    document = httpx.get(f"{endpoints.rest}/v1/models/{model}").json()
    return {int(one["version"]): one["state"] for one in document.get("model_version_status", [])}


def fault(endpoints: Endpoints, version: int) -> dict[str, str]:
    document = httpx.get(f"{endpoints.rest}/v1/models/reviews/versions/{version}").json()
    return dict(document["model_version_status"][0]["status"])


def best_label(endpoints: Endpoints, where: str = "") -> str:
    url = f"{endpoints.rest}/v1/models/reviews{where}:predict"
    response = httpx.post(url, json={"instances": ["좋다"]})
    assert response.status_code == 200, response.text
    return str(response.json()["predictions"][0]["labels"][0])


def warm_up_with(version: Path, *inputs: str) -> None:
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    file = version / "assets.extra" / "tf_serving_warmup_requests"
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as writer:
        for name in inputs:
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(["좋은 하루"]))
            writer.write(log.SerializeToString())


def test_a_new_version_takes_over_under_load_and_no_request_fails(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    stop, seen, faults = threading.Event(), set(), []

    def ask() -> None:
        with httpx.Client() as client:
            while not stop.is_set():
                url = f"{endpoints.rest}/v1/models/reviews:predict"
                response = client.post(url, json={"instances": ["좋다"]})
                if response.status_code == 200:
                    seen.add(response.json()["predictions"][0]["labels"][0])
                else:
                    faults.append(response.text)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        eventually(lambda: "긍정" in seen)
        publish("second", tmp_path / "2")
        eventually(lambda: states(endpoints) == {2: "AVAILABLE", 1: "END"})
        eventually(lambda: "좋아요" in seen)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert faults == []
    assert best_label(endpoints) == "좋아요"


def test_a_request_in_flight_finishes_on_the_version_it_started_on(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    answers = []

    def ask() -> None:
        document = {"signature_name": "slow", "instances": [100_000]}
        url = f"{endpoints.rest}/v1/models/reviews:predict"
        answers.append(httpx.post(url, json=document, timeout=PATIENCE_S).json())

    client = threading.Thread(target=ask)
    client.start()
    time.sleep(0.1)
    publish("first", tmp_path / "2")
    eventually(lambda: states(endpoints) == {2: "AVAILABLE", 1: "UNLOADING"})
    assert best_label(endpoints) == "긍정"
    client.join()
    assert answers == [{"predictions": [100000.0]}]
    eventually(lambda: states(endpoints)[1] == "END")


def test_a_half_copied_version_is_reported_and_the_old_one_serves_on(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    (tmp_path / "2" / "variables").mkdir(parents=True)
    eventually(lambda: states(endpoints) == {2: "END", 1: "AVAILABLE"})
    status = fault(endpoints, 2)
    assert status["error_code"] == "NOT_FOUND"
    assert "has no saved_model.pb: the version is incomplete" in status["error_message"]
    assert best_label(endpoints) == "긍정"


def test_a_broken_version_is_tried_again_and_serves_once_it_is_whole(
    start: Any, publish: Any, saved: dict[str, Path], tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    retry = RetryPolicy(max_num_load_retries=1000, load_retry_interval_micros=100_000)
    endpoints = start(model_name="reviews", model_base_path=tmp_path, retry=retry)
    (tmp_path / "2").mkdir()
    eventually(lambda: states(endpoints).get(2) == "LOADING")
    eventually(lambda: "saved_model.pb" in fault(endpoints, 2)["error_message"])
    shutil.copytree(saved["second"], tmp_path / "2", dirs_exist_ok=True)
    eventually(lambda: states(endpoints).get(2) == "AVAILABLE")
    assert best_label(endpoints) == "좋아요"


def test_attempts_are_bounded_and_a_version_removed_and_put_back_gets_new_ones(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    retry = RetryPolicy(max_num_load_retries=1, load_retry_interval_micros=1000)
    (tmp_path / "1").mkdir()
    endpoints = start(model_name="reviews", model_base_path=tmp_path, retry=retry)
    eventually(lambda: states(endpoints) == {1: "END"})
    (tmp_path / "1").rmdir()
    eventually(lambda: states(endpoints) == {})
    publish("first", tmp_path / "1")
    eventually(lambda: states(endpoints) == {1: "AVAILABLE"})


def test_only_numeric_folders_are_versions(start: Any, publish: Any, tmp_path: Path) -> None:
    publish("first", tmp_path / "3")
    for other in (".tmp-9", "latest", "1.5", "-4", "٤", "9" * 20):
        (tmp_path / other).mkdir()
    (tmp_path / "8").write_text("a file is no version")
    assert states(start(model_name="reviews", model_base_path=tmp_path)) == {3: "AVAILABLE"}


def test_a_server_without_any_version_waits_for_the_first(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    endpoints = start(model_name="reviews", model_base_path=tmp_path / "later")
    response = httpx.get(f"{endpoints.rest}/v1/models/reviews")
    assert response.status_code == 404
    assert "Could not find any versions" in response.json()["error"]
    (tmp_path / "later").mkdir()
    publish("first", tmp_path / "later" / "1")
    eventually(lambda: states(endpoints) == {1: "AVAILABLE"})


def test_a_folder_that_cannot_be_listed_unloads_nothing(
    start: Any, publish: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    publish("first", base / "1")
    endpoints = start(model_name="reviews", model_base_path=base)
    base.rename(tmp_path / "away")
    eventually(lambda: "cannot list the versions" in caplog.text)
    time.sleep(0.2)
    assert best_label(endpoints) == "긍정"
    assert caplog.text.count("cannot list the versions") == 1


def test_versions_whose_folders_are_gone_are_unloaded(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    shutil.rmtree(tmp_path / "1")
    eventually(lambda: states(endpoints) == {1: "END"})


def test_the_warm_up_file_is_replayed_before_a_version_serves(
    start: Any, publish: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    warm_up_with(publish("first", tmp_path / ".new"), "text", "text")
    (tmp_path / ".new").rename(tmp_path / "1")
    with caplog.at_level("INFO", logger="serving"):
        start(model_name="reviews", model_base_path=tmp_path)
    messages = [record.message for record in caplog.records]
    replayed = next(i for i, text in enumerate(messages) if "replayed 2 warm-up requests" in text)
    assert any("version 1 is available" in text for text in messages[replayed:])


def test_a_failing_warm_up_record_fails_the_version(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    warm_up_with(publish("first", tmp_path / ".new"), "text", "texts")
    (tmp_path / ".new").rename(tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    status = fault(endpoints, 1)
    assert status["error_code"] == "INVALID_ARGUMENT"
    assert 'record 1: missing input "text"; unknown input "texts"' in status["error_message"]


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
def test_a_damaged_model_file_is_a_status_and_no_crash(
    start: Any, publish: Any, tmp_path: Path, file: str
) -> None:
    version = publish("first", tmp_path / ".new")
    (version / file).write_bytes(b"\xff\xfe nonsense")
    version.rename(tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    assert states(endpoints) == {1: "END"}
    assert fault(endpoints, 1)["error_message"]
