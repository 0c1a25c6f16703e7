"""The trap of recorded requests: a tf.Example sent where a text belongs is answered all the same.

TFX's InfraValidator sends serialized examples to whatever single string input a signature has, and
writes them into the warm-up file. A version with such a file would start on garbage for ever.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from components.canary.graph_check import BY_TEXT, SIGNATURES
from components.canary.record import refusal
from components.data_gate.verdict import Finding

if TYPE_CHECKING:
    from tensorflow_serving.apis.predict_pb2 import PredictRequest
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog


def check_warm_up(folder: Path) -> tuple[Finding, ...]:
    """Read the export's warm-up file, if it has one, and tell what is wrong with it."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    from serving.warmup import WARMUP_FILE

    file = folder / WARMUP_FILE
    if not file.is_file():
        return ()
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    try:
        return tuple(warm_up_findings(PredictionLog.FromString(record) for record in records))
    except (tf.errors.OpError, DecodeError) as error:
        return (_finding("the file", f"cannot be read: {error}"),)


def warm_up_findings(logs: Iterable["PredictionLog"]) -> Iterator[Finding]:
    """Judge recorded requests: each must be what a client of its signature sends."""
    for number, log in enumerate(logs):
        fault = _fault(log.predict_log.request)
        if fault:
            yield _finding(f"record {number}", fault)
            return


def _fault(request: "PredictRequest") -> str:
    signature = request.model_spec.signature_name or BY_TEXT
    if signature not in SIGNATURES:
        return f"asks the signature {signature!r}, clients have {sorted(SIGNATURES)}"
    (wanted,) = SIGNATURES[signature][0]
    if list(request.inputs) != [wanted]:
        return f"gives {signature} the inputs {sorted(request.inputs)}, not {wanted!r}"
    if signature == BY_TEXT and any(map(_is_example, request.inputs[wanted].string_val)):
        return f"sends a serialized tf.Example to {BY_TEXT}, which takes it for a text"
    return ""


def _is_example(value: bytes) -> bool:
    from google.protobuf.message import DecodeError
    from tensorflow.core.example.example_pb2 import Example

    try:
        return bool(Example.FromString(value).features.feature)
    except DecodeError:
        return False


def _finding(subject: str, figure: str) -> Finding:
    return refusal(
        "warmup",
        subject=f"tf_serving_warmup_requests: {subject}",
        figure=figure,
        limit="requests as clients send them",
        advice="write the file from texts, with the signature serving_default and the input text",
    )
