"""Joining requests: the batcher itself, then the server with --enable_batching."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from serving.batching import Batcher
from serving.batching_parameters import BatchingParameters, read_batching_parameters
from serving.errors import Code, ServingError
from serving.signatures import Arrays

MANY = 24
PATIENCE_S = 20.0


@contextmanager
def doubling(parameters: BatchingParameters, **options: Any) -> Iterator[tuple[Batcher, list[int]]]:
    """A batcher over a function that doubles, refuses negatives, and notes its batch sizes."""
    sizes: list[int] = []

    def run(inputs: Arrays) -> Arrays:
        sizes.append(len(inputs["x"]))
        if "until" in options:
            options["until"].wait()
        if (inputs["x"] < 0).any():
            raise ValueError("negative")
        return {"y": inputs["x"] * 2}

    batcher = Batcher(run, parameters)
    try:
        yield batcher, sizes
    finally:
        batcher.close()


def test_requests_are_joined_and_each_gets_its_own_rows() -> None:
    parameters = BatchingParameters(
        max_batch_size=8, batch_timeout_micros=200_000, num_batch_threads=2
    )
    with doubling(parameters) as (batcher, sizes), ThreadPoolExecutor(MANY) as pool:
        requests = [{"x": np.arange(n, n + 1 + n % 3)} for n in range(MANY)]
        answers = list(pool.map(batcher, requests))
    for request, answer in zip(requests, answers, strict=True):
        np.testing.assert_array_equal(answer["y"], request["x"] * 2)
    assert max(sizes) <= 8
    assert len(sizes) < MANY


def test_a_lone_request_waits_no_longer_than_the_timeout() -> None:
    parameters = BatchingParameters(max_batch_size=8, batch_timeout_micros=50_000)
    with doubling(parameters) as (batcher, _):
        began = time.monotonic()
        batcher({"x": np.array([1])})
        assert 0.05 <= time.monotonic() - began < 1.0


def test_a_batch_is_padded_to_an_allowed_size_and_the_padding_is_cut_off() -> None:
    parameters = BatchingParameters(max_batch_size=8, allowed_batch_sizes=(4, 8))
    with doubling(parameters) as (batcher, sizes):
        assert batcher({"x": np.array([1, 2, 3])})["y"].tolist() == [2, 4, 6]
    assert sizes == [4]


def test_every_thread_runs_batches_still_after_another_has_waited_for_company() -> None:
    at_once = threading.Barrier(2)

    def run(inputs: Arrays) -> Arrays:
        if len(inputs["x"]) == 2:
            at_once.wait(PATIENCE_S)
        return inputs

    parameters = BatchingParameters(
        max_batch_size=2, batch_timeout_micros=20_000, num_batch_threads=2
    )
    batcher = Batcher(run, parameters)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            assert len(batcher({"x": np.arange(1)})["x"]) == 1
            full = pool.map(batcher, [{"x": np.arange(2)}] * 2)
            assert [len(answer["x"]) for answer in full] == [2, 2]
    batcher.close()


def test_a_faulty_request_spoils_no_other_in_its_batch() -> None:
    parameters = BatchingParameters(max_batch_size=3, batch_timeout_micros=500_000)
    with doubling(parameters) as (batcher, sizes), ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(batcher, {"x": np.array([n])}) for n in (1, -1, 2)]
        assert futures[0].result()["y"].tolist() == [2]
        with pytest.raises(ValueError, match="negative"):
            futures[1].result()
        assert futures[2].result()["y"].tolist() == [4]
    assert sizes == [3, 1, 1, 1]


def test_a_batch_that_ran_out_of_time_is_not_run_again() -> None:
    sizes: list[int] = []

    def run(inputs: Arrays) -> Arrays:
        sizes.append(len(inputs["x"]))
        raise ServingError(Code.DEADLINE_EXCEEDED, "too late")

    batcher = Batcher(run, BatchingParameters(max_batch_size=3, batch_timeout_micros=500_000))
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(batcher, {"x": np.array([n])}) for n in range(3)]
        for future in futures:
            with pytest.raises(ServingError, match="too late"):
                future.result()
    batcher.close()
    assert sizes == [3]


def test_a_request_whose_time_is_over_while_it_waits_is_never_run() -> None:
    ran: list[int] = []
    until = threading.Event()

    def run(inputs: Arrays) -> Arrays:
        ran.extend(inputs["x"].tolist())
        until.wait()
        return inputs

    parameters = BatchingParameters(max_batch_size=1, num_batch_threads=1)
    batcher = Batcher(run, parameters)
    batcher.time_limit_s = 0.2
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher, {"x": np.array([1])})
        while not ran:
            time.sleep(0.001)
        late = pool.submit(batcher, {"x": np.array([2])})
        time.sleep(0.3)
        last = pool.submit(batcher, {"x": np.array([3])})
        time.sleep(0.05)
        until.set()
        assert first.result()["x"].tolist() == [1]
        with pytest.raises(ServingError, match=r"not ready within 0\.2 s") as caught:
            late.result()
        assert last.result()["x"].tolist() == [3]
    batcher.close()
    assert caught.value.code is Code.DEADLINE_EXCEEDED
    assert ran == [1, 3]


@pytest.mark.parametrize("answer", [np.arange(3), np.array(1.0), np.zeros((0, 2))])
def test_outputs_that_are_not_one_row_per_input_are_refused(answer: Any) -> None:
    batcher = Batcher(lambda _: {"classes": answer}, BatchingParameters(max_batch_size=8))
    with pytest.raises(ServingError, match=r'"classes": expected 2 rows') as caught:
        batcher({"x": np.arange(2)})
    batcher.close()
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_a_batch_that_the_next_request_does_not_fit_runs_at_once() -> None:
    parameters = BatchingParameters(max_batch_size=32, batch_timeout_micros=30_000_000)
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool, doubling(parameters) as (batcher, sizes):
        futures = [pool.submit(batcher, {"x": np.arange(20)}) for _ in range(3)]
        for future in islice(as_completed(futures), 2):  # closing the batcher ends the third's wait
            future.result()
    assert time.monotonic() - began < 10.0
    assert sizes == [20, 20, 20]


def test_requests_that_differ_in_an_inner_axis_run_in_batches_of_their_own() -> None:
    parameters = BatchingParameters(max_batch_size=4, batch_timeout_micros=50_000)
    with doubling(parameters) as (batcher, sizes), ThreadPoolExecutor(2) as pool:
        wide, narrow = pool.map(batcher, [{"x": np.ones((1, 3))}, {"x": np.ones((1, 2))}])
    assert (wide["y"].shape, narrow["y"].shape) == ((1, 3), (1, 2))
    assert sizes == [1, 1]


@pytest.mark.parametrize("splitting", [False, True])
def test_a_request_of_more_than_max_batch_size_rows_is_refused(splitting: bool) -> None:
    parameters = BatchingParameters(max_batch_size=2, enable_large_batch_splitting=splitting)
    with (
        doubling(parameters) as (batcher, _),
        pytest.raises(ServingError, match="has 5 rows and max_batch_size is 2"),
    ):
        batcher({"x": np.arange(5)})


def test_a_request_that_the_empty_queue_cannot_take_is_refused_for_good() -> None:
    parameters = BatchingParameters(
        enable_large_batch_splitting=True, max_execution_batch_size=32, num_batch_threads=1
    )
    with doubling(parameters) as (batcher, _):
        assert len(batcher({"x": np.arange(320)})["y"]) == 320
        with pytest.raises(
            ServingError,
            match=r"has 321 rows and the empty queue takes 320 \(10 batches of 32 rows\)",
        ) as caught:
            batcher({"x": np.arange(321)})
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_a_request_larger_than_a_batch_is_split_as_the_parameters_say() -> None:
    parameters = BatchingParameters(
        max_batch_size=5, enable_large_batch_splitting=True, max_execution_batch_size=2
    )
    with doubling(parameters) as (batcher, sizes):
        assert batcher({"x": np.arange(5)})["y"].tolist() == [0, 2, 4, 6, 8]
    assert max(sizes) == 2


def test_a_full_queue_refuses_and_serves_on_afterwards() -> None:
    until = threading.Event()
    parameters = BatchingParameters(max_batch_size=1, max_enqueued_batches=1, num_batch_threads=1)
    with doubling(parameters, until=until) as (batcher, sizes), ThreadPoolExecutor(2) as pool:
        running = pool.submit(batcher, {"x": np.array([1])})
        while not sizes:
            time.sleep(0.001)
        waiting = pool.submit(batcher, {"x": np.array([2])})
        time.sleep(0.05)
        with pytest.raises(ServingError, match=r"queue is full \(1 rows\)") as caught:
            batcher({"x": np.array([3])})
        assert caught.value.code.name == "UNAVAILABLE"
        until.set()
        assert [running.result()["y"].tolist(), waiting.result()["y"].tolist()] == [[2], [4]]


def test_a_closed_batcher_refuses_at_once_to_be_tried_again_elsewhere() -> None:
    with doubling(BatchingParameters()) as (batcher, _):
        batcher.close()
        with pytest.raises(ServingError, match="being unloaded: try again") as caught:
            batcher({"x": np.arange(1)})
    assert caught.value.code is Code.UNAVAILABLE


def test_inputs_of_unequal_length_are_refused() -> None:
    with (
        doubling(BatchingParameters()) as (batcher, _),
        pytest.raises(ServingError, match="same number of rows"),
    ):
        batcher({"x": np.arange(2), "z": np.arange(3)})


def test_the_parameters_file_is_read_with_tensorflow_servings_keys(tmp_path: Path) -> None:
    file = tmp_path / "batching.txt"
    file.write_text(
        "max_batch_size { value: 32 } batch_timeout_micros { value: 2000 }\n"
        "max_enqueued_batches { value: 100 } num_batch_threads { value: 2 }\n"
        'thread_pool_name { value: "pool" } allowed_batch_sizes: 8 allowed_batch_sizes: 32\n'
        "pad_variable_length_inputs: false enable_large_batch_splitting { value: true }\n"
    )
    assert read_batching_parameters(file) == BatchingParameters(
        max_batch_size=32,
        batch_timeout_micros=2000,
        max_enqueued_batches=100,
        num_batch_threads=2,
        allowed_batch_sizes=(8, 32),
        enable_large_batch_splitting=True,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_batch_sizes { value: 3 }", 'has no field named "max_batch_sizes"'),
        ("max_batch_size: 3", "1:1"),
        ("max_batch_size { value: 0 }", "max_batch_size must be at least 1, not 0"),
        ("batch_timeout_micros { value: -1 }", "must not be negative"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: 4", "end at 8, not [4]"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: 8 allowed_batch_sizes: 4", "increase"),
        ("max_execution_batch_size { value: 4 }", "needs enable_large_batch_splitting"),
        ("pad_variable_length_inputs: true", "pad inside the model"),
    ],
)
def test_a_faulty_parameters_file_is_refused_with_its_name(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "batching.txt"
    file.write_text(text)
    with pytest.raises(ServingError) as caught:
        read_batching_parameters(file)
    assert str(file) in caught.value.message
    assert words in caught.value.message


def test_batched_answers_equal_single_answers(start: Any, publish: Any, tmp_path: Path) -> None:
    for model in ("single", "batched"):
        (tmp_path / model).mkdir()
        publish("first", tmp_path / model / "1")
    parameters = tmp_path / "batching.txt"
    parameters.write_text("max_batch_size { value: 8 } batch_timeout_micros { value: 20000 }")
    single = start(model_name="reviews", model_base_path=tmp_path / "single")
    batched = start(
        model_name="reviews",
        model_base_path=tmp_path / "batched",
        enable_batching=True,
        batching_parameters_file=parameters,
    )
    texts = [f"{n}번째로 {'좋은' if n % 3 else '나쁜'} 영화" for n in range(MANY)]

    def ask(rest: str, text: str) -> Any:
        url = f"{rest}/v1/models/reviews:predict"
        return httpx.post(url, json={"instances": [text]}).json()

    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda text: ask(batched.rest, text), texts))
    assert joined == [ask(single.rest, text) for text in texts]
    labels = {answer["predictions"][0]["labels"][0] for answer in joined}
    assert labels == {"긍정", "부정"}


def test_a_signature_with_a_scalar_output_is_served_without_batching(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    endpoints = start(model_name="numbers", model_base_path=tmp_path, enable_batching=True)
    response = httpx.post(
        f"{endpoints.rest}/v1/models/numbers:predict",
        json={"signature_name": "summed", "inputs": [1, 2, 3]},
    )
    assert response.json() == {"outputs": 6.0}
