"""What can be told from an export's files, before any server loads it.

TensorFlow Serving refuses some graphs that load well in Python: those of ops that it does not link,
and those that XLA must compile, which it turns off.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from components.canary.record import refusal
from components.canary.text_ops import TEXT_OPS
from components.data_gate.verdict import Finding

if TYPE_CHECKING:
    from tensorflow.core.framework.function_pb2 import FunctionDef
    from tensorflow.core.framework.node_def_pb2 import NodeDef
    from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, TensorInfo
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

SAVED_MODEL_FILE: Final = "saved_model.pb"
ASSETS_FOLDER: Final = "assets"
SERVE_TAG: Final = "serve"
XLA_MARK: Final = "_XlaMustCompile"
PREDICT_METHOD: Final = "tensorflow/serving/predict"

_MOST_NAMED: Final = 10
"""Functions or ops that a finding names."""


class Tensor(NamedTuple):
    """A tensor of a signature: its type by TensorFlow's name, and its number of axes."""

    dtype: str
    rank: int


TEXT: Final = "text"
EXAMPLES: Final = "examples"
LABELS: Final = "labels"
PROBABILITIES: Final = "probabilities"
BY_TEXT: Final = "serving_default"
BY_EXAMPLE: Final = "serving_examples"

_STRINGS: Final = Tensor("DT_STRING", 1)
_SCORES: Final = Tensor("DT_FLOAT", 2)
SIGNATURES: Final = {
    BY_TEXT: (
        {TEXT: _STRINGS},
        {LABELS: Tensor("DT_STRING", 2), PROBABILITIES: _SCORES},
    ),
    BY_EXAMPLE: ({EXAMPLES: _STRINGS}, {PROBABILITIES: _SCORES}),
}
"""Inputs and outputs of what clients call. Both inputs are strings: only their names keep a
serialized tf.Example from being read as a text."""


def check_export(folder: Path) -> tuple[Finding, ...]:
    """Read the files of an export and tell what is wrong with them."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    try:
        model = SavedModel.FromString((folder / SAVED_MODEL_FILE).read_bytes())
    except (OSError, DecodeError) as error:
        return (_unreadable(str(error)),)
    files = {path.name for path in (folder / ASSETS_FOLDER).glob("*") if path.is_file()}
    return tuple(graph_findings(model, assets=files, core_ops=frozenset(dir(tf.raw_ops))))


def graph_findings(
    model: "SavedModel", *, assets: Collection[str], core_ops: Collection[str]
) -> Iterator[Finding]:
    """Judge a graph.

    Args:
        model: the whole of `saved_model.pb`.
        assets: names of the files in the export's `assets`.
        core_ops: names of TensorFlow's own ops.
    """
    graphs = [graph for graph in model.meta_graphs if SERVE_TAG in graph.meta_info_def.tags]
    if not graphs:
        yield _unreadable(f'no graph has the tag "{SERVE_TAG}"')
        return
    graph = graphs[0]
    yield from _assets(graph, assets)
    yield from _signatures(graph)
    yield from _ops(graph, core_ops)
    yield from _xla(graph)


def _unreadable(reason: str) -> Finding:
    return refusal(
        "graph",
        subject=SAVED_MODEL_FILE,
        figure=reason,
        limit="a whole SavedModel",
        advice="run the pipeline again from Trainer; if the disk is full, make room first",
    )


def _assets(graph: "MetaGraphDef", files: Collection[str]) -> Iterator[Finding]:
    missing = sorted({asset.filename for asset in graph.asset_file_def} - set(files))
    if missing:
        yield refusal(
            "assets",
            subject=", ".join(f"{ASSETS_FOLDER}/{name}" for name in missing),
            figure="missing",
            limit="every file that the graph names",
            advice="run the pipeline again from Trainer: something removed the file after it",
        )


def _signatures(graph: "MetaGraphDef") -> Iterator[Finding]:
    for name, (inputs, outputs) in SIGNATURES.items():
        found = graph.signature_def.get(name)
        if found is None:
            yield _signature(name, f"missing, there are {sorted(graph.signature_def)}")
            continue
        if found.method_name != PREDICT_METHOD:
            yield _signature(name, f"its method is {found.method_name!r}, not {PREDICT_METHOD!r}")
        given = {key: _tensor(info) for key, info in found.inputs.items()}
        if given != inputs:
            yield _signature(name, f"it takes {_told(given)}, not {_told(inputs)}")
        answered = {key: _tensor(info) for key, info in found.outputs.items()}
        if not outputs.items() <= answered.items():  # it may answer more
            yield _signature(name, f"it answers {_told(answered)}, not {_told(outputs)}")


def _signature(name: str, figure: str) -> Finding:
    return refusal(
        "signatures",
        subject=name,
        figure=figure,
        limit="what clients call",
        advice="mend trainer/export.py; a client would get an error, or answers to garbage",
    )


def _tensor(info: "TensorInfo") -> Tensor:
    from tensorflow.core.framework.types_pb2 import DataType

    unknown = info.tensor_shape.unknown_rank
    return Tensor(DataType.Name(info.dtype), -1 if unknown else len(info.tensor_shape.dim))


def _told(tensors: dict[str, Tensor]) -> str:
    return ", ".join(
        f"{name}: {tensor.dtype} of {tensor.rank} axes" for name, tensor in sorted(tensors.items())
    )


def _ops(graph: "MetaGraphDef", core_ops: Collection[str]) -> Iterator[Finding]:
    functions = {function.signature.name for function in graph.graph_def.library.function}
    known = functions | set(core_ops) | TEXT_OPS
    foreign = sorted({node.op for _, node in _nodes(graph)} - known)
    if foreign:
        yield refusal(
            "ops",
            subject=_some(foreign),
            figure="neither TensorFlow's nor TensorFlow Text's",
            limit="ops that TensorFlow Serving's stock binary links",
            advice="write the model without the library that brings them, or serve with a binary "
            "of your own",
        )


def _xla(graph: "MetaGraphDef") -> Iterator[Finding]:
    library = graph.graph_def.library.function
    marked = {function.signature.name for function in library if _is_marked(function)}
    marked |= {where or node.name for where, node in _nodes(graph) if _is_marked(node)}
    if marked:
        yield refusal(
            "xla",
            subject=_some(sorted(marked)),
            figure=f"marked {XLA_MARK}",
            limit="no function that XLA must compile",
            advice="take jit_compile out: TensorFlow Serving turns XLA off and would answer every "
            "request with an error, though the model loads",
        )


def _is_marked(part: "FunctionDef | NodeDef") -> bool:
    return XLA_MARK in part.attr and bool(part.attr[XLA_MARK].b)


def _nodes(graph: "MetaGraphDef") -> Iterator[tuple[str, "NodeDef"]]:
    """Every node with the name of its function, which is empty in the main graph."""
    yield from (("", node) for node in graph.graph_def.node)
    for function in graph.graph_def.library.function:
        yield from ((function.signature.name, node) for node in function.node_def)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
