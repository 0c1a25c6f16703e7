"""Runs the graph on this machine, one node after the other, and tells of each.

TFX's LocalDagRunner does the same without a word to its caller: not which node runs, nor whether
the cache answered, nor that an input could not be resolved. This one drives TFX's own launcher.
"""

import datetime
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import compiler, constants
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import Artifact

from pipeline import interruption
from pipeline.digests import ROOT

METADATA_FILE: Final = "metadata.sqlite"
ARTIFACTS_FOLDER: Final = "artifacts"
SETUP_FILE: Final = "setup.py"

BEAM_DEFAULTS: Final = (
    "--runner=DirectRunner",
    "--direct_running_mode=in_memory",
    "--direct_num_workers=1",
)
"""One worker, in this process: the start of more costs a node what they save on a small corpus."""

_TFX: Final = "absl"
_OURS: Final = "components"
"""Names of loggers."""

_State = metadata_store_pb2.Execution


@dataclass(frozen=True, kw_only=True)
class NodeResult:
    """What came of a node.

    Attributes:
        node: its id.
        seconds: wall time.
        cached: whether an earlier run's outputs were taken.
        outputs: its artifacts by key.
        warnings: what our own code has warned of on the way.
    """

    node: str
    seconds: float
    cached: bool
    outputs: Mapping[str, Sequence[Artifact]]
    warnings: Sequence[str] = ()


class NodeFailedError(Exception):
    """A node failed; `__cause__` tells why."""

    def __init__(self, node: str) -> None:
        super().__init__(f"{node} failed")
        self.node = node


class Listener(Protocol):
    """Hears of a run's progress."""

    def node_started(self, node: str) -> None:
        """Hear that a node begins."""

    def node_ended(self, result: NodeResult) -> None:
        """Hear what came of it."""


def make_pipeline(
    nodes: Sequence[BaseNode], *, name: str, root: Path, beam_args: Sequence[str] = ()
) -> Pipeline:
    """Bind the nodes to this machine: SQLite metadata, local files, Beam's DirectRunner."""
    return Pipeline(
        pipeline_name=name,
        pipeline_root=str(root / ARTIFACTS_FOLDER),
        components=list(nodes),
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            str(root / METADATA_FILE)
        ),
        beam_pipeline_args=[*BEAM_DEFAULTS, _packed_by(beam_args), *beam_args],
    )


def _packed_by(beam_args: Sequence[str]) -> str:
    """Name the file that packs us for other machines; without one TFX packs itself for every node.

    On this machine nobody opens it, so its folder is left out: Beam's arguments are part of the
    cache's key, and the same code in another place shall find the same results.
    """
    return f"--setup_file={ROOT / SETUP_FILE if beam_args else SETUP_FILE}"


def run(pipeline: Pipeline, listener: Listener) -> dict[str, NodeResult]:
    """Run every node in order.

    Returns:
        Each node's result, in the order in which they ran.

    Raises:
        NodeFailedError: a node failed; those before it stay in the cache.
        KeyboardInterrupt: the run was interrupted, also where a library has swallowed that and
            `pipeline.interruption` has remembered it.
    """
    spec = compiler.Compiler().compile(pipeline)
    run_id = datetime.datetime.now(datetime.timezone.utc).isoformat()
    runtime_parameter_utils.substitute_runtime_parameter(
        spec, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    deployment = runner_utils.extract_local_deployment_config(spec)
    connection = pipeline.metadata_connection_config
    results = {}
    for node in spec.nodes:
        node_id = node.pipeline_node.node_info.id
        listener.node_started(node_id)
        result = _launch(spec, node.pipeline_node, deployment, connection)
        interruption.check()
        listener.node_ended(result)
        results[node_id] = result
    return results


class _Heard(logging.Handler):
    """Keeps what is only logged: why an input could not be resolved, what a component warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.cause: BaseException = RuntimeError("its inputs could not be resolved")
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(f"{_OURS}."):
            self.warnings.append(record.getMessage())
        elif record.levelno >= logging.ERROR and record.exc_info and record.exc_info[1]:
            self.cause = record.exc_info[1]

    def __enter__(self) -> "_Heard":
        for name in (_TFX, _OURS):
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        for name in (_TFX, _OURS):
            logging.getLogger(name).removeHandler(self)


def _launch(
    spec: pipeline_pb2.Pipeline, node: pipeline_pb2.PipelineNode, deployment: Any, connection: Any
) -> NodeResult:
    """Launch one node and look its execution up in the metadata."""
    node_id = node.node_info.id
    started = time.monotonic()
    launch = launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=metadata.Metadata(connection),
        pipeline_info=spec.pipeline_info,
        pipeline_runtime_spec=spec.runtime_spec,
        executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
    ).launch
    try:
        with _Heard() as heard:
            info = launch()
    except Exception as error:
        raise NodeFailedError(node_id) from error
    with metadata.Metadata(connection) as store:
        (execution,) = store.store.get_executions_by_id([info.execution_id])
        outputs = execution_lib.get_output_artifacts(store, execution.id)
    if not execution_lib.is_execution_successful(execution):
        raise NodeFailedError(node_id) from heard.cause
    return NodeResult(
        node=node_id,
        seconds=time.monotonic() - started,
        cached=execution.last_known_state == _State.CACHED,
        outputs=outputs,
        warnings=heard.warnings,
    )
