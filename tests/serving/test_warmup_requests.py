"""Warm-up requests: what is written is what clients send, and what cannot be answered fails."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.batching_parameters import BatchingParameters, read_batching_parameters
from serving.errors import Code, ServingError
from serving.releases.serving_files import batching_parameters
from serving.servable import Servable
from serving.warmup import WARMUP_FILE, load_and_warm_up, replay, write_requests

MOST_WARMUP_REQUESTS = 100  # that `release.warmup_requests` allows
IN_PARTS = BatchingParameters(
    max_batch_size=2,
    enable_large_batch_splitting=True,
    max_execution_batch_size=1,
    num_batch_threads=1,
)
TEXTS = ["좋아요", "ㅋㅋㅋ", "한글", "", "🙂 mixed 漢字", "길다 " * 2_000, "\ud800 끝"]


@pytest.fixture
def copied(saved: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(shutil.copytree(saved[name], tmp_path / name))


def records(version: Path) -> list[prediction_log_pb2.PredictionLog]:
    found = tf.data.TFRecordDataset(str(version / WARMUP_FILE)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record) for record in found]


def test_each_text_is_a_request_and_all_together_are_one_more(
    copied: Callable[[str], Path],
) -> None:
    version = copied("first")
    assert write_requests(version, TEXTS, model="reviews") == len(TEXTS) + 1
    found = [log.predict_log.request for log in records(version)]
    sent = [list(request.inputs["text"].string_val) for request in found]
    raw = [text.encode("utf-8", "replace") for text in TEXTS]
    assert sent == [[text] for text in raw] + [raw]
    assert {request.model_spec.name for request in found} == {"reviews"}
    assert {request.model_spec.signature_name for request in found} == {"serving_default"}


def test_written_requests_are_replayed(copied: Callable[[str], Path]) -> None:
    version = copied("first")
    write_requests(version, TEXTS, model="reviews")
    servable = Servable(version, time_limit_s=10.0)
    assert replay(servable, version) == len(TEXTS) + 1
    servable.close()


@pytest.mark.parametrize(("texts", "count"), [([], 0), (["좋아요"], 1)])
def test_one_text_is_no_batch_and_no_text_no_file(
    copied: Callable[[str], Path], texts: list[str], count: int
) -> None:
    version = copied("first")
    assert write_requests(version, texts, model="reviews") == count
    assert (version / WARMUP_FILE).is_file() == bool(texts)


def test_a_request_that_the_model_cannot_answer_is_named(copied: Callable[[str], Path]) -> None:
    version = copied("numbers")
    write_requests(version, ["좋아요", "별로예요"], model="numbers")
    with pytest.raises(ServingError, match="tf_serving_warmup_requests, record 0: "):
        load_and_warm_up(version, time_limit_s=10.0)


def test_a_record_that_is_no_request_is_named(copied: Callable[[str], Path]) -> None:
    version = copied("first")
    write_requests(version, ["좋아요"], model="reviews")
    (whole,) = records(version)
    with tf.io.TFRecordWriter(str(version / WARMUP_FILE)) as writer:
        writer.write(whole.SerializeToString())
        writer.write("별로예요".encode())
    with pytest.raises(
        ServingError, match=r"requests, record 1: expected a PredictionLog, .* 12 bytes"
    ):
        load_and_warm_up(version, time_limit_s=10.0)


@pytest.mark.parametrize(("kept", "record"), [(-5, 2), (20, 0)])
def test_a_file_that_was_cut_off_is_named_with_the_first_record_that_is_not_whole(
    copied: Callable[[str], Path], kept: int, record: int
) -> None:
    version = copied("first")
    write_requests(version, ["좋아요"] * 2, model="reviews")
    file = version / WARMUP_FILE
    file.write_bytes(file.read_bytes()[:kept])
    where = rf"tf_serving_warmup_requests, record {record}: cannot be read: .*truncated record"
    with pytest.raises(ServingError, match=where) as caught:
        load_and_warm_up(version, time_limit_s=10.0)
    assert caught.value.code is Code.DATA_LOSS


@pytest.mark.parametrize("batching", [None, IN_PARTS])
def test_recorded_requests_have_more_time_than_those_of_clients(
    copied: Callable[[str], Path], batching: BatchingParameters | None
) -> None:
    version, turns = copied("numbers"), np.array([50_000] * 2, np.int32)
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = "slow"
    log.predict_log.request.inputs["turns"].CopyFrom(tf.make_tensor_proto(turns))
    (version / WARMUP_FILE).parent.mkdir()
    with tf.io.TFRecordWriter(str(version / WARMUP_FILE)) as writer:
        writer.write(log.SerializeToString())
    servable = load_and_warm_up(version, time_limit_s=0.05, batching=batching)
    with pytest.raises(ServingError) as caught:
        servable.run(servable.signature("slow"), {"turns": turns})
    servable.close()
    assert caught.value.code is Code.DEADLINE_EXCEEDED


def test_more_texts_than_a_batch_holds_are_replayed_with_the_containers_batching(
    copied: Callable[[str], Path], tmp_path: Path
) -> None:
    version = copied("first")
    texts = [f"{number}번째 문의입니다" for number in range(MOST_WARMUP_REQUESTS)]
    write_requests(version, texts, model="reviews")
    file = tmp_path / "batching_parameters.txt"
    file.write_text(batching_parameters(threads=1), "utf-8")
    batching = read_batching_parameters(file)
    load_and_warm_up(version, time_limit_s=10.0, batching=batching).close()
