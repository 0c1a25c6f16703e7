"""A version's recorded requests, replayed before it takes its first real one."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.batching_parameters import BatchingParameters
from serving.errors import Code, ServingError, invalid
from serving.servable import Servable
from serving.settings import REQUEST_TIMEOUT_S
from serving.signatures import DEFAULT_SIGNATURE
from serving.tensors import arrays_of

_LOG = logging.getLogger(__name__)

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
REPLAY_LIMIT_S = REQUEST_TIMEOUT_S  # a graph's first run takes ten times as long as the next
MAX_RECORDS = 1000  # TensorFlow Serving refuses a version with more
TEXT_INPUT = "text"


def write_requests(version_path: Path, texts: Sequence[str], *, model: str) -> int:
    """Writes the warm-up file: a request for each text, as clients send them, then one for all.

    Args:
        version_path: a version that is not yet in its place.
        texts: raw texts; none writes no file.
        model: the name that the requests give the model.

    Returns:
        The number of requests.
    """
    if not texts:
        return 0
    batches = [[text] for text in texts] + [list(texts)] * (len(texts) > 1)
    file = version_path / WARMUP_FILE
    file.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(file)) as writer:
        for batch in batches:
            writer.write(_recorded(batch, model).SerializeToString())
    return len(batches)


def _recorded(texts: Sequence[str], model: str) -> prediction_log_pb2.PredictionLog:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = DEFAULT_SIGNATURE
    values = [text.encode("utf-8", "replace") for text in texts]
    request.inputs[TEXT_INPUT].CopyFrom(tf.make_tensor_proto(values, tf.string))
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(request)
    return log


def load_and_warm_up(
    path: Path, *, time_limit_s: float, batching: BatchingParameters | None = None
) -> Servable:
    """Loads a version and replays its warm-up file; a version that fails is freed again.

    Args:
        path: the version's folder.
        time_limit_s: for each later request; a recorded one has `REPLAY_LIMIT_S` at least.
        batching: how requests are joined; None: not at all.

    Raises:
        ServingError: the version is incomplete, or a warm-up request fails.
        Exception: whatever TensorFlow raises for a broken SavedModel.
    """
    replay_limit_s = max(time_limit_s, REPLAY_LIMIT_S)
    servable = Servable(path, time_limit_s=replay_limit_s, batching=batching)
    try:
        count = replay(servable, path)
    except BaseException:
        servable.close()
        raise
    servable.limit_requests(time_limit_s)
    if count:
        _LOG.info("%s: replayed %d warm-up requests", path, count)
    return servable


def replay(servable: Servable, version_path: Path) -> int:
    """Runs every recorded predict request; a version without a warm-up file has none.

    Returns:
        The number of requests.

    Raises:
        ServingError: a record that fails fails the version, as in TensorFlow Serving.
    """
    file = version_path / WARMUP_FILE
    if not file.is_file():
        return 0
    count = 0
    for record in _records(file):
        if count == MAX_RECORDS:
            raise invalid(f"{file} has more than {MAX_RECORDS} records")
        try:
            _replay_one(servable, prediction_log_pb2.PredictionLog.FromString(record))
        except DecodeError as error:
            raise invalid(
                f"{file}, record {count}: expected a PredictionLog, received {len(record)} bytes "
                f"that are none: {error}"
            ) from error
        except ServingError as error:
            raise ServingError(error.code, f"{file}, record {count}: {error.message}") from error
        count += 1
    return count


def _records(file: Path) -> Iterator[bytes]:
    count = 0
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            yield record
            count += 1
    except tf.errors.OpError as error:
        raise ServingError(
            Code.of_number(error.error_code),
            f"{file}, record {count}: cannot be read: {error.message}",
        ) from error


def _replay_one(servable: Servable, log: prediction_log_pb2.PredictionLog) -> None:
    kind = log.WhichOneof("log_type")
    if kind != "predict_log":
        raise invalid(f"expected a predict_log, received {kind or 'an empty record'}")
    request = log.predict_log.request
    signature = servable.signature(request.model_spec.signature_name)
    servable.run(signature, arrays_of(request.inputs), only=request.output_filter)
