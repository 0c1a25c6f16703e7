"""The executor input, built as the backend's driver builds it, and the key of its cache."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from kubeflow.rehearse.ledger import Outputs, Recorded
from kubeflow.rehearse.store import below, launcher_path
from kubeflow.spec import EXECUTOR_INPUT, GUARDED, Spec, all_tasks, component, executor, producers

OUTPUT_FILE: Final = "output_metadata.json"
LOGS: Final = "executor-logs"
"""An output that the backend adds to every container, for what it prints."""

_LOGS_TYPE: Final = {"schemaTitle": "system.Artifact"}


class UnresolvedError(Exception):
    """An input that the backend's driver could not resolve."""


def executor_input(
    spec: Spec,
    task: str,
    *,
    produced: Mapping[str, Outputs],
    parameters: Mapping[str, Any],
    root: str,
) -> Spec:
    """Build a task's executor input.

    Args:
        spec: the pipeline.
        task: its name.
        produced: outputs of the tasks that have ended.
        parameters: values of the pipeline's parameters.
        root: URI below which the outputs of this execution go.

    Raises:
        UnresolvedError: an input is nowhere to be found.
    """
    artifacts = {
        key: {"artifacts": [_given(_recorded(produced, task, other, output))]}
        for key, (other, output) in producers(all_tasks(spec)[task]).items()
    }
    inputs = {"parameterValues": parameter_values(spec, task, parameters), "artifacts": artifacts}
    declared = component(spec, task).get("outputDefinitions", {}).get("artifacts", {})
    outputs = {
        key: _provisioned(below(root, key), definition["artifactType"])
        for key, definition in declared.items()
    }
    outputs[LOGS] = _provisioned(below(root, LOGS), _LOGS_TYPE)
    return {
        "inputs": {key: value for key, value in inputs.items() if value},
        "outputs": {
            "artifacts": outputs,
            "outputFile": str(launcher_path(below(root, OUTPUT_FILE))),
        },
    }


def parameter_values(spec: Spec, task: str, parameters: Mapping[str, Any]) -> Spec:
    """Resolve a task's parameters.

    Args:
        spec: the pipeline.
        task: its name.
        parameters: values of the pipeline's parameters and, under `GUARDED`, for an exit handler
            the final status of what it waits for.

    Raises:
        UnresolvedError: the pipeline has no such parameter.
    """
    values = {}
    for key, given in all_tasks(spec)[task].get("inputs", {}).get("parameters", {}).items():
        if "runtimeValue" in given:
            values[key] = given["runtimeValue"]["constant"]
        elif "taskFinalStatus" in given:
            values[key] = parameters[GUARDED]
        elif given.get("componentInputParameter") in parameters:
            values[key] = parameters[given["componentInputParameter"]]
        else:
            raise UnresolvedError(f"{task}: failed to resolve input parameter {key}: {given}")
    return values


def command(spec: Spec, task: str, handed: Spec) -> list[str]:
    """Return a container's command and arguments, the launcher's placeholder filled in."""
    container = executor(spec, task)["container"]
    written = json.dumps(handed, ensure_ascii=False)
    args = [argument.replace(EXECUTOR_INPUT, written) for argument in container["args"]]
    return [*container["command"], *args]


def cache_key(spec: Spec, task: str, handed: Spec, *, produced: Mapping[str, Outputs]) -> str:
    """Return the key of the backend's cache (v2/cacheutils/cache.go).

    It sees the ids of the input artifacts, not their contents, and the container as it is written.
    """
    container = executor(spec, task)["container"]
    sources = producers(all_tasks(spec)[task])
    seen = {
        "inputs": {k: _recorded(produced, task, *source).id for k, source in sources.items()},
        "parameters": handed["inputs"].get("parameterValues", {}),
        "outputs": component(spec, task).get("outputDefinitions", {}),
        "image": container["image"],
        "command": [*container["command"], *container["args"]],
        "pipeline": spec["pipelineInfo"]["name"],
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _recorded(produced: Mapping[str, Outputs], task: str, other: str, output: str) -> Recorded:
    try:
        return produced[other][output]
    except KeyError:
        raise UnresolvedError(
            f"{task}: cannot find output artifact key {output} in producer task {other}"
        ) from None


def _given(recorded: Recorded) -> Spec:
    """Write an input as the backend does, which does not know the types of inputs any more."""
    return {
        "name": "",
        "uri": recorded.uri,
        "type": {"instanceSchema": ""},
        "metadata": recorded.metadata,
    }


def _provisioned(uri: str, kind: Spec) -> Spec:
    return {"artifacts": [{"uri": uri, "type": kind}]}
