"""From one configuration to pipeline.yaml. Needs no cluster, no bucket and no SDK of Kubeflow's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tfx.dsl.components.base.base_node import BaseNode

from components.canary.component import Canary
from kubeflow import raw
from kubeflow.adapt import adapt
from kubeflow.adapt.plan import Plan
from kubeflow.data_folder import split_off
from kubeflow.mounts import APP
from kubeflow.origins import Origins
from kubeflow.spec import Spec, UnsupportedSpecError
from pipeline import graph
from pipeline.config import Config
from pipeline.contract import TRAINING, UNLABELLED, contract_problems
from pipeline.kubeflow_settings import KubeflowSettings
from pipeline.local_runner import BEAM_DEFAULTS, SETUP_FILE

NOTES: Final = "verdicts"
"""Folder on the models' volume, beside `models`, that holds what judges say until a run ends."""


class NoKubeflowSettingsError(Exception):
    """A configuration without a `kubeflow` section."""


def compile_config(config: Config) -> tuple[Spec, Spec]:
    """Compile and adapt a configuration.

    Returns:
        The pipeline and the platform; the same configuration and code give the same ones.

    Raises:
        NoKubeflowSettingsError: the configuration has no `kubeflow` section.
        DataFolderError: the launcher could not bring the rows to a step.
        UnsupportedSpecError: the graph has something that the adapter does not know, or the schema
            is not UTF-8 or does not fit the configuration.
    """
    settings = settings_of(config)
    source, data_uri = split_off(config.data, settings.data)
    there = config.model_copy(update={"data": source, "output": settings.models.mount_path})
    spec, origins = _compile(there, settings)
    plan = Plan(
        settings=settings,
        origins=origins,
        data_uri=data_uri,
        models_dir=str(there.models_dir),
        notes_dir=f"{settings.models.mount_path}/{NOTES}/{config.name}",
        files={config.schema_file: _schema(config)},
    )
    return adapt(spec, plan)


def settings_of(config: Config) -> KubeflowSettings:
    """Return the `kubeflow` section.

    Raises:
        NoKubeflowSettingsError: there is none.
    """
    if config.kubeflow is None:
        raise NoKubeflowSettingsError(
            "kubeflow: is missing; expected a section with image, models and data, as in "
            "docs/kubeflow.md"
        )
    return config.kubeflow


def _compile(config: Config, settings: KubeflowSettings) -> tuple[Spec, Origins]:
    return raw.compile_nodes(
        _nodes(config),
        name=config.name.replace("_", "-"),
        image=settings.image,
        beam_args=[*BEAM_DEFAULTS, _packed_by(config.beam_args), *config.beam_args],
    )


def _nodes(config: Config) -> Sequence[BaseNode]:
    """Build the graph, without this machine's model server: the image may have one of its own."""
    nodes = graph.build(config)
    for node in nodes:
        if isinstance(node, Canary):
            node.exec_properties.update(binary="", binary_written="")
    return nodes


def _schema(config: Config) -> str:
    """Read the schema, and hold it to the configuration as a run here does before it starts."""
    file = Path(config.schema_file)
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UnsupportedSpecError(f"schema: {file} is not UTF-8: {error}") from error
    environments = [TRAINING]
    if config.data.unlabelled or config.data.served:
        environments.append(UNLABELLED)
    if faults := contract_problems(file, config.data.columns, environments=environments):
        raise UnsupportedSpecError("\n".join(faults))
    return text


def _packed_by(beam_args: Sequence[str]) -> str:
    """Name the file that packs us for Beam's workers; a step starts in another folder than ours.

    Without `beam_args` nobody opens it.
    """
    file = f"{APP}/{SETUP_FILE}" if beam_args else SETUP_FILE
    return f"--setup_file={file}"
