"""Driver hooks, which the backend ignores without a word, become a flag and an input.

The hook finds a span's files before the run. Here the step does so itself, among the files that
an importer names and the launcher downloads: no container holds a key to a bucket.
"""

from typing import Final

from kubeflow import flags
from kubeflow.adapt.parameters import declare
from kubeflow.adapt.plan import Plan
from kubeflow.spec import Spec, UnsupportedSpecError, component, containers, tasks

DATA_PARAMETER: Final = "data_uri"
"""The pipeline's parameter that names the bucket folder of the rows."""

IMPORTER: Final = "import-data"

_OUTPUT: Final = "artifact"
_URI: Final = "uri"
_TYPE: Final = {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}


def to_flags(spec: Spec, plan: Plan) -> dict[str, str]:
    """Remove the hooks, and feed their tasks from an importer.

    Returns:
        The import path of the driver, by task.

    Raises:
        UnsupportedSpecError: a hook without a known driver, or a driver without a hook.
    """
    hooked = {name: how for name, how in containers(spec) if "lifecycle" in how}
    unknown = sorted(set(hooked) ^ set(plan.origins.drivers))
    if unknown:
        raise UnsupportedSpecError(
            f"{', '.join(unknown)}: expected a driver hook where there is a driver of files, and "
            "nowhere else"
        )
    for name, container in hooked.items():
        del container["lifecycle"]
        _feed(spec, name)
    if hooked:
        _import(spec, plan.data_uri)
    return dict(plan.origins.drivers)


def _feed(spec: Spec, name: str) -> None:
    definitions = component(spec, name).setdefault("inputDefinitions", {})
    definitions.setdefault("artifacts", {})[flags.DATA_INPUT] = {"artifactType": dict(_TYPE)}
    task = tasks(spec)[name]
    task.setdefault("dependentTasks", []).append(IMPORTER)
    task.setdefault("inputs", {}).setdefault("artifacts", {})[flags.DATA_INPUT] = {
        "taskOutputArtifact": {"producerTask": IMPORTER, "outputArtifactKey": _OUTPUT}
    }


def _import(spec: Spec, uri: str) -> None:
    declare(spec, DATA_PARAMETER, uri)
    label = f"{IMPORTER}-executor"
    spec["components"][IMPORTER] = {
        "executorLabel": label,
        "inputDefinitions": {"parameters": {_URI: {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {_OUTPUT: {"artifactType": dict(_TYPE)}}},
    }
    spec["deploymentSpec"]["executors"][label] = {
        "importer": {"artifactUri": {"runtimeParameter": _URI}, "typeSchema": dict(_TYPE)}
    }
    tasks(spec)[IMPORTER] = {
        "taskInfo": {"name": IMPORTER},
        "componentRef": {"name": IMPORTER},
        "inputs": {"parameters": {_URI: {"componentInputParameter": DATA_PARAMETER}}},
    }
