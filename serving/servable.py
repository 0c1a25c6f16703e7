"""One loaded version: a SavedModel in a session of its own, as TensorFlow Serving runs it."""

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.python.framework.ops import dismantle_graph

from serving.batching import Batcher
from serving.batching_parameters import BatchingParameters
from serving.errors import Code, ServingError, invalid
from serving.json_values import SHOWN_CHARS
from serving.signatures import DEFAULT_SIGNATURE, Array, Arrays, Signature, TensorSpec

SERVE_TAG = "serve"
SAVED_MODEL_FILE = "saved_model.pb"
_INTERNAL_PREFIX = "__"  # __saved_model_init_op and its like are no entries for callers


class Servable:
    """A loaded version that answers requests from many threads. `close` frees its memory."""

    def __init__(
        self,
        path: Path,
        *,
        time_limit_s: float,
        batching: BatchingParameters | None = None,
    ) -> None:
        self.signature_defs = _signature_defs(path)
        self.signatures: Mapping[str, Signature] = {
            name: _signature(name, definition)
            for name, definition in self.signature_defs.items()
            if not name.startswith(_INTERNAL_PREFIX)
        }
        self._session = _load(path)
        self._batchers = self._make_batchers(batching) if batching else {}
        self.limit_requests(time_limit_s)

    def signature(self, name: str) -> Signature:
        """The signature of this name; the empty name means `serving_default`.

        Raises:
            ServingError: INVALID_ARGUMENT, with the names that there are.
        """
        wanted = name or DEFAULT_SIGNATURE
        found = self.signatures.get(wanted)
        if found is None:
            raise invalid(
                f'no signature "{wanted:.{SHOWN_CHARS}}", '
                f"this version has {sorted(self.signatures)}"
            )
        return found

    def run(
        self, signature: Signature, inputs: Arrays, *, only: Sequence[str] = ()
    ) -> dict[str, Array]:
        """Runs a signature.

        Args:
            signature: one of this version's.
            inputs: arrays by input name, as the signature wants them (`Signature.check`).
            only: the outputs to answer; none means all.

        Raises:
            ServingError: INVALID_ARGUMENT for inputs or outputs that the signature lacks, and the
                code that TensorFlow gave for a fault inside the model.
        """
        signature.check(inputs)
        wanted = _chosen_outputs(signature, only)
        batcher = self._batchers.get(signature.name)
        if batcher is None:
            return self._run_once(signature.name, inputs, wanted)
        outputs = batcher(inputs)
        return {name: outputs[name] for name in wanted}

    def limit_requests(self, time_limit_s: float) -> None:
        """Gives each request from now on this time, in seconds."""
        self._options = tf.compat.v1.RunOptions(timeout_in_ms=round(time_limit_s * 1000))
        for batcher in self._batchers.values():
            batcher.time_limit_s = time_limit_s

    def close(self) -> None:
        """Ends the batching threads and frees the session; no request may follow."""
        for batcher in self._batchers.values():
            batcher.close()
        _free(self._session)

    def _make_batchers(self, parameters: BatchingParameters) -> dict[str, Batcher]:
        return {
            name: Batcher(
                partial(self._run_once, name, wanted=tuple(signature.outputs)), parameters
            )
            for name, signature in self.signatures.items()
            if signature.is_batched
        }

    def _run_once(self, name: str, inputs: Arrays, wanted: Sequence[str]) -> dict[str, Array]:
        definition = self.signature_defs[name]
        feeds = {definition.inputs[key].name: array for key, array in inputs.items()}
        fetches = {key: definition.outputs[key].name for key in wanted}
        try:
            answers = self._session.run(fetches, feeds, options=self._options)
        except tf.errors.OpError as error:
            raise ServingError(Code.of_number(error.error_code), error.message) from error
        return {key: _array(answer) for key, answer in answers.items()}


def _load(path: Path) -> tf.compat.v1.Session:
    _register_text_ops()
    session = tf.compat.v1.Session(graph=tf.Graph())
    try:
        with session.graph.as_default():
            tf.compat.v1.saved_model.load(session, [SERVE_TAG], str(path))
    except BaseException:
        _free(session)
        raise
    return session


def _free(session: tf.compat.v1.Session) -> None:
    """Ends a session and takes its graph apart.

    A graph is one large cycle of references. The garbage collector counts objects, not the
    megabytes behind them, so that a hundred dead graphs would wait for it.
    """
    session.close()
    dismantle_graph(session.graph)


@cache
def _register_text_ops() -> None:
    """Registers tensorflow-text's ops, which TensorFlow Serving links.

    The libraries are loaded by hand: importing the package would import Keras with it.
    """
    found = importlib.util.find_spec("tensorflow_text")
    if found is None or not found.submodule_search_locations:
        return
    for library in sorted(Path(found.submodule_search_locations[0]).glob("python/ops/_*.so")):
        tf.load_op_library(str(library))


def _signature_defs(path: Path) -> dict[str, meta_graph_pb2.SignatureDef]:
    file = path / SAVED_MODEL_FILE
    if not file.is_file():
        raise ServingError(
            Code.NOT_FOUND,
            f"{path} has no {SAVED_MODEL_FILE}: the version is incomplete; "
            "copy it under a name that is not a number, then rename the folder",
        )
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for graph in model.meta_graphs:
        if SERVE_TAG in graph.meta_info_def.tags:
            return dict(graph.signature_def)
    raise ServingError(Code.NOT_FOUND, f'{file} has no graph with the tag "{SERVE_TAG}"')


def _signature(name: str, definition: meta_graph_pb2.SignatureDef) -> Signature:
    return Signature(name, _specs(definition.inputs), _specs(definition.outputs))


def _specs(infos: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, TensorSpec]:
    return {
        key: TensorSpec(key, tf.dtypes.as_dtype(infos[key].dtype).name, _shape(infos[key]))
        for key in sorted(infos)
    }


def _shape(info: meta_graph_pb2.TensorInfo) -> tuple[int | None, ...] | None:
    if info.tensor_shape.unknown_rank:
        return None
    return tuple(None if axis.size < 0 else axis.size for axis in info.tensor_shape.dim)


def _chosen_outputs(signature: Signature, only: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in only if name not in signature.outputs]
    if unknown:
        raise invalid(
            f'signature "{signature.name}" has no output {unknown}, '
            f"it has {sorted(signature.outputs)}"
        )
    return tuple(dict.fromkeys(only)) or tuple(signature.outputs)


def _array(answer: object) -> Array:
    """The session gives scalars bare; bytes must stay bytes, so that no trailing zero is lost."""
    return np.asarray(answer, dtype=object) if isinstance(answer, bytes) else np.asarray(answer)
