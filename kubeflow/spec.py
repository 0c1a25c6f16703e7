"""The compiled pipeline as plain dictionaries, in the words of Kubeflow's own format."""

from collections.abc import Iterator
from typing import Any, Final

Spec = dict[str, Any]

SCHEMA_VERSION: Final = "2.1.0"
"""The only version that the open-source backend takes."""

EXECUTOR_INPUT: Final = "{{$}}"
"""The launcher puts the whole executor input here, as JSON."""


GUARDED: Final = "steps"
"""The pipeline within the pipeline that an exit handler waits for; holds every other task."""


class UnsupportedSpecError(Exception):
    """A compiled pipeline with something that the adapter does not know; the message names it."""


def tasks(spec: Spec) -> dict[str, Spec]:
    """Return the tasks by name, without the exit handler's."""
    within = spec["components"].get(GUARDED, {}).get("dag", spec["root"]["dag"])
    return within["tasks"]


def exit_tasks(spec: Spec) -> dict[str, Spec]:
    """Return the tasks that run when all others have ended, however they ended, by name."""
    top = spec["root"]["dag"]["tasks"]
    return {name: task for name, task in top.items() if "triggerPolicy" in task}


def all_tasks(spec: Spec) -> dict[str, Spec]:
    """Return the tasks and the exit handler's, by name."""
    return {**tasks(spec), **exit_tasks(spec)}


def component(spec: Spec, task: str) -> Spec:
    """Return the component of a task: its inputs and outputs."""
    return spec["components"][all_tasks(spec)[task]["componentRef"]["name"]]


def executor(spec: Spec, task: str) -> Spec:
    """Return how a task runs: a `container`, an `importer` or, before adapting, a `resolver`."""
    return spec["deploymentSpec"]["executors"][component(spec, task)["executorLabel"]]


def containers(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield the name and container of every task that runs in one."""
    for name in all_tasks(spec):
        if "container" in executor(spec, name):
            yield name, executor(spec, name)["container"]


def constants(task: Spec) -> dict[str, Any]:
    """Return the parameters of a task that are constants, by name."""
    parameters = task.get("inputs", {}).get("parameters", {})
    return {
        name: given["runtimeValue"]["constant"]
        for name, given in parameters.items()
        if "constant" in given.get("runtimeValue", {})
    }


def producers(task: Spec) -> dict[str, tuple[str, str]]:
    """Return the task and the output that feed each input artifact."""
    artifacts = task.get("inputs", {}).get("artifacts", {})
    return {
        name: (
            given["taskOutputArtifact"]["producerTask"],
            given["taskOutputArtifact"]["outputArtifactKey"],
        )
        for name, given in artifacts.items()
    }


def upstream(task: Spec) -> set[str]:
    """Return the tasks that must end before this one may start."""
    return {*task.get("dependentTasks", []), *(name for name, _ in producers(task).values())}
