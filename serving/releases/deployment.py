"""TensorFlow Serving in containers: a compose file, and manifests for Kubernetes and KServe.

All mount a model's folder read-only at the same place and follow `models.container.config` in it,
so that a push or a rollback reaches them without a restart.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from serving.go_yaml import PlainDumper
from serving.releases import kubernetes
from serving.releases.compose import compose
from serving.releases.container import BATCHING_FILE, MONITORING_FILE, Tree
from serving.releases.serving_files import batching_parameters, monitoring_config
from serving.releases.settings import ContainerSettings

COMPOSE_FILE: Final = "compose.yaml"
KUBERNETES_FILE: Final = "kubernetes.yaml"
KSERVE_FILE: Final = "kserve.yaml"

_HEADING: Final = (
    "# Written by `malmoi releases files`; run it again after a change of `release`.\n"
)


class _Dumper(PlainDumper):
    """Writes a text of several lines as it stands."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def deployment_files(base: Path, settings: ContainerSettings) -> dict[str, str]:
    """Write every file that containers need.

    Args:
        base: folder of the versions on this machine; its name is the model's.
        settings: of the containers.

    Returns:
        The contents by file name.
    """
    name = base.absolute().name
    shared = kubernetes.config_map(name, settings)
    return {
        BATCHING_FILE: batching_parameters(threads=settings.cpus),
        MONITORING_FILE: monitoring_config(),
        COMPOSE_FILE: _yaml([compose(base.absolute(), settings)]),
        KUBERNETES_FILE: _yaml(
            [shared, kubernetes.deployment(name, settings), kubernetes.service(name)]
        ),
        KSERVE_FILE: _yaml(
            [
                shared,
                kubernetes.serving_runtime(name, settings),
                kubernetes.inference_service(name, settings),
            ]
        ),
    }


def _yaml(documents: Sequence[Tree]) -> str:
    text = yaml.dump_all(documents, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
    return _HEADING + str(text)
