"""The graph as TFX's own compiler for Kubeflow writes it: the spec that is adapted afterwards.

That compiler knows two resolver strategies and its own artifact types only. Ours are shown to it
under names that it takes, and `Origins` keeps what the names stand for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tfx.dsl.components.base import base_driver
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import RESOLVER_STRATEGY_CLASS, Resolver
from tfx.dsl.input_resolution.strategies.latest_artifact_strategy import LatestArtifactStrategy
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
from tfx.orchestration.pipeline import Pipeline
from tfx.types import Artifact, Channel
from tfx.utils import name_utils

from kubeflow.origins import Origins
from kubeflow.spec import Spec

TITLE_PREFIX: Final = "malmoi."
"""TFX's compiler wants types of one's own to be called <namespace>.<Title>."""

_TFX_TYPES: Final = "tfx."


def compile_nodes(
    nodes: Sequence[BaseNode], *, name: str, image: str, beam_args: Sequence[str]
) -> tuple[Spec, Origins]:
    """Compile nodes with TFX.

    Args:
        nodes: the graph.
        name: of the pipeline.
        image: of all containers.
        beam_args: for the nodes that run Beam.

    Returns:
        The pipeline spec, and what it leaves out.
    """
    own_types = {channel.type for node in nodes for channel in node.outputs.values()}
    own_types = {kind for kind in own_types if not kind.__module__.startswith(_TFX_TYPES)}
    resolvers = [node for node in nodes if isinstance(node, Resolver)]
    origins = Origins(
        drivers={node.id: _path(node.driver_class) for node in nodes if _looks_for_files(node)},
        strategies={node.id: _path(_strategy(node)) for node in resolvers},
        waits={node.id: _producers(node) for node in resolvers},
        types={f"{TITLE_PREFIX}{kind.__name__}": _path(kind) for kind in own_types},
    )
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=image, use_pipeline_spec_2_1=True
        )
    )
    pipeline = Pipeline(
        pipeline_name=name,
        pipeline_root="",  # given when a run is submitted; a bucket here would be written to
        components=[_portable(node) for node in nodes],
        enable_cache=True,
        beam_pipeline_args=list(beam_args),
    )
    with _titled(own_types):
        job = runner.run(pipeline, write_out=False)
    return job["pipelineSpec"], origins


def _portable(node: BaseNode) -> BaseNode:
    """Give a resolver the one strategy that TFX's compiler writes without asking for more."""
    if not isinstance(node, Resolver):
        return node
    channels = {key: Channel(type=channel.type) for key, channel in node.outputs.items()}
    return Resolver(strategy_class=LatestArtifactStrategy, **channels).with_id(node.id)


def _strategy(node: Resolver) -> type[Any]:
    return node.exec_properties[RESOLVER_STRATEGY_CLASS]


def _producers(node: Resolver) -> list[str]:
    found = [channel.get_data_dependent_node_ids() for channel in node.inputs.values()]
    return sorted(set().union(*found))


def _looks_for_files(node: BaseNode) -> bool:
    return not isinstance(node, Resolver) and node.driver_class is not base_driver.BaseDriver


@contextmanager
def _titled(types: set[type[Artifact]]) -> Iterator[None]:
    """Name our types as TFX's compiler wants them, without the properties it has no schema for."""
    before = {kind: (kind.TYPE_NAME, kind.PROPERTIES) for kind in types}
    try:
        for kind in types:
            kind.TYPE_NAME, kind.PROPERTIES = f"{TITLE_PREFIX}{kind.__name__}", None
        yield
    finally:
        for kind, (name, properties) in before.items():
            kind.TYPE_NAME, kind.PROPERTIES = name, properties


def _path(thing: type[Any]) -> str:
    return name_utils.get_full_name(thing)
