"""What may stand in a spec of TFX's compiler. The rest is refused: nothing is guessed at."""

from collections.abc import Mapping
from typing import Final

from kubeflow.spec import SCHEMA_VERSION, Spec, UnsupportedSpecError, constants, executor, tasks
from kubeflow.step.places import FOLDERS

_TOP: Final = {
    "components",
    "deploymentSpec",
    "pipelineInfo",
    "root",
    "schemaVersion",
    "sdkVersion",
}
_ROOT: Final = {"dag", "inputDefinitions"}
_COMPONENT: Final = {"executorLabel", "inputDefinitions", "outputDefinitions"}
_TASK: Final = {"cachingOptions", "componentRef", "dependentTasks", "inputs", "taskInfo"}
_SIDES: Final = {"artifacts", "parameters"}
_SOURCE: Final = {"producerTask", "outputArtifactKey"}
_PARAMETER: Final = {"componentInputParameter", "runtimeValue"}
_EXECUTOR: Final = {"container", "importer", "resolver"}
_CONTAINER: Final = {"args", "command", "image", "lifecycle", "resources"}
_IMPORTER: Final = {"artifactUri", "metadata", "reimport", "typeSchema"}
_URI: Final = {"constant", "runtimeParameter"}

_WHY: Final = {
    "triggerPolicy": "conditions and exit handlers have not been tried on this backend",
    "iteratorPolicy": "loops have not been tried on this backend",
    "dag": "pipelines within pipelines have not been tried on this backend",
    "taskOutputParameter": "outputs that are parameters have not been tried on this backend",
}

_TFX: Final = "tfx.orchestration.kubeflow.v2"
TFX_COMMAND: Final = ["python", "-m", f"{_TFX}.container.kubeflow_v2_run_executor"]
TFX_DRIVER: Final = ["python", "-m", f"{_TFX}.file_based_example_gen.driver"]


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
    _only(spec["deploymentSpec"], {"executors"}, "the deploymentSpec")
    _only(spec["root"], _ROOT, "the root")
    _only(spec["root"]["dag"], {"tasks"}, "the root's dag")
    for name, component in spec["components"].items():
        _only(component, _COMPONENT, f"the component {name}")
        _only(component.get("inputDefinitions", {}), _SIDES, f"the inputs of {name}")
        _only(component.get("outputDefinitions", {}), {"artifacts"}, f"the outputs of {name}")
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name, task in tasks(spec).items():
        _refuse_unknown_task(name, task, declared)
        _refuse_unknown_executor(name, executor(spec, name), task)


def _refuse_unknown_task(name: str, task: Spec, declared: Mapping[str, object]) -> None:
    _only(task, _TASK, f"the task {name}")
    inputs = task.get("inputs", {})
    _only(inputs, _SIDES, f"the task {name}, in its inputs,")
    for key, given in inputs.get("parameters", {}).items():
        where = f"parameter {key} of the task {name}"
        if _one_of(given, _PARAMETER, where) == "runtimeValue":
            _one_of(given["runtimeValue"], {"constant"}, where)
        elif given["componentInputParameter"] not in declared:
            raise UnsupportedSpecError(
                f"{where} reads the pipeline's {given['componentInputParameter']}; "
                f"expected one of {sorted(declared) or 'none at all'}"
            )
    for key, given in inputs.get("artifacts", {}).items():
        where = f"input {key} of the task {name}"
        _one_of(given, {"taskOutputArtifact"}, where)
        _only(given["taskOutputArtifact"], _SOURCE, where)


def _refuse_unknown_executor(name: str, how: Spec, task: Spec) -> None:
    kind = _one_of(how, _EXECUTOR, f"the executor of {name}")
    where = f"the {kind} of {name}"
    if kind == "container":
        _refuse_unknown_container(how[kind], where)
    elif kind == "importer":
        _refuse_unknown_importer(how[kind], where, constants(task))
    else:
        _only(how[kind], {"outputArtifactQueries"}, where)
        for key, query in how[kind].get("outputArtifactQueries", {}).items():
            _only(query, {"filter"}, f"the query for {key}, in {where},")


def _refuse_unknown_container(container: Spec, where: str) -> None:
    _only(container, _CONTAINER, where)
    if container.get("command") != TFX_COMMAND:
        raise UnsupportedSpecError(
            f"{where}: expected the command of a TFX executor, got {container.get('command')}"
        )
    if "lifecycle" in container:
        _one_of(container["lifecycle"], {"preCacheCheck"}, f"the lifecycle of {where}")
        hook = container["lifecycle"]["preCacheCheck"]
        _only(hook, {"args", "command"}, f"the hook of {where}")
        if hook.get("command") != TFX_DRIVER:
            raise UnsupportedSpecError(
                f"the hook of {where}: expected the command of TFX's driver of files, "
                f"got {hook.get('command')}"
            )


def _refuse_unknown_importer(importer: Spec, where: str, given: Mapping[str, object]) -> None:
    _only(importer, _IMPORTER, where)
    source = importer.get("artifactUri", {})
    kind = _one_of(source, _URI, f"the URI of {where}")
    uri = source[kind] if kind == "constant" else given.get(source[kind])
    if uri is not None and not str(uri).startswith(tuple(FOLDERS)):
        raise UnsupportedSpecError(f"{where} has {uri}: expected one of {', '.join(FOLDERS)}")


def _one_of(part: Mapping[str, object], allowed: set[str], where: str) -> str:
    """Return the one key of a part that has to have exactly one."""
    _only(part, allowed, where)
    if len(part) != 1:
        raise UnsupportedSpecError(
            f"{where} has {' and '.join(sorted(part)) or 'nothing'}: expected one of "
            f"{', '.join(sorted(allowed))}"
        )
    return next(iter(part))


def _only(part: Mapping[str, object], allowed: set[str], where: str) -> None:
    for key in sorted(set(part) - allowed):
        why = _WHY.get(key, f"expected only {', '.join(sorted(allowed))}")
        raise UnsupportedSpecError(f"{where} has {key}: {why}")
