"""What may stand in a spec of TFX's compiler. The rest is refused: nothing is guessed at."""

from collections.abc import Mapping
from typing import Final

from kubeflow.spec import SCHEMA_VERSION, Spec, UnsupportedSpecError, executor, tasks

_TOP: Final = {
    "components",
    "deploymentSpec",
    "pipelineInfo",
    "root",
    "schemaVersion",
    "sdkVersion",
}
_ROOT: Final = {"dag", "inputDefinitions"}
_TASK: Final = {"cachingOptions", "componentRef", "dependentTasks", "inputs", "taskInfo"}
_COMPONENT: Final = {"executorLabel", "inputDefinitions", "outputDefinitions"}
_EXECUTOR: Final = {"container", "importer", "resolver"}
_CONTAINER: Final = {"args", "command", "image", "lifecycle", "resources"}
_PARAMETER: Final = {"componentInputParameter", "runtimeValue", "taskOutputParameter"}

_WHY: Final = {
    "triggerPolicy": "conditions and exit handlers have not been tried on this backend",
    "iteratorPolicy": "loops have not been tried on this backend",
    "dag": "pipelines within pipelines have not been tried on this backend",
}

TFX_COMMAND: Final = [
    "python", "-m", "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
]  # fmt: skip


def refuse_unknown(spec: Spec) -> None:
    """Check every place of a spec.

    Raises:
        UnsupportedSpecError: something unknown stands in it.
    """
    _only(spec, _TOP, "the spec")
    if spec.get("schemaVersion") != SCHEMA_VERSION:
        raise UnsupportedSpecError(
            f"schemaVersion: expected {SCHEMA_VERSION}, got {spec.get('schemaVersion')}"
        )
    _only(spec["root"], _ROOT, "the root")
    for name, component in spec["components"].items():
        _only(component, _COMPONENT, f"the component {name}")
    for name, task in tasks(spec).items():
        _only(task, _TASK, f"the task {name}")
        for key, given in task.get("inputs", {}).get("parameters", {}).items():
            _only(given, _PARAMETER, f"parameter {key} of the task {name}")
        for key, given in task.get("inputs", {}).get("artifacts", {}).items():
            _only(given, {"taskOutputArtifact"}, f"input {key} of the task {name}")
        _refuse_unknown_executor(name, executor(spec, name))


def _refuse_unknown_executor(name: str, how: Spec) -> None:
    _only(how, _EXECUTOR, f"the executor of {name}")
    container = how.get("container")
    if not container:
        return
    _only(container, _CONTAINER, f"the container of {name}")
    if container.get("command") != TFX_COMMAND:
        raise UnsupportedSpecError(
            f"the container of {name}: expected the command of a TFX executor, "
            f"got {container.get('command')}"
        )


def _only(part: Mapping[str, object], allowed: set[str], where: str) -> None:
    for key in sorted(set(part) - allowed):
        why = _WHY.get(key, f"expected only {', '.join(sorted(allowed))}")
        raise UnsupportedSpecError(f"{where} has {key}: {why}")
