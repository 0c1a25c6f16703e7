"""What the open-source backend says of a pipeline before it runs anything, in its own words.

Read off the backend's source, version 2.17; each rule names its place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubeflow.spec import (
    SCHEMA_VERSION,
    Spec,
    all_tasks,
    component,
    constants,
    containers,
    executor,
    producers,
    tasks,
    upstream,
)
from kubeflow.step.places import is_plain

_ARGO_NAME: Final = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}")
_ARGUMENT_BYTES: Final = 131_072
"""Linux: MAX_ARG_STRLEN, 32 pages of 4,096 bytes."""

_KUBERNETES_VARIABLE: Final = re.compile(r"\$\$|\$\([A-Za-z_.-][A-Za-z0-9_.-]*\)")
_IMPLEMENTED: Final = ("container", "importer")


def objections(spec: Spec, given: Mapping[str, Any] | None = None) -> list[str]:
    """List everything that the backend has against a pipeline; empty if it takes it.

    Args:
        spec: the pipeline.
        given: values for its parameters; the defaults stand for the rest.
    """
    return list(_objections(spec, given or {}))


def _objections(spec: Spec, given: Mapping[str, Any]) -> Iterator[str]:
    version = spec.get("schemaVersion")
    if version != SCHEMA_VERSION:  # apiserver/template/v2_template.go
        yield (
            f"KFP only supports schema version {SCHEMA_VERSION}, "
            f"but the pipeline spec has version {version}"
        )
    for name, task in tasks(spec).items():
        kinds = sorted(set(executor(spec, name)) - set(_IMPLEMENTED))
        if kinds:  # v2/compiler/visitor.go
            yield (
                f"{name}: non-container and non-importer executor not implemented: "
                f"{', '.join(kinds)}"
            )
        if not _ARGO_NAME.fullmatch(name):  # Argo's workflowFieldNameFmt
            yield (
                f"{name}: name of a task must consist of alpha-numeric characters or '-', start "
                "with one of the former and have 128 of them at most"
            )
        yield from _wiring(spec, name, task)
    yield from _pipeline_parameters(spec, given)
    yield from _silent_losses(spec)


def _wiring(spec: Spec, name: str, task: Spec) -> Iterator[str]:
    for other in sorted(upstream(task)):  # v2/compiler/argocompiler/dag.go
        if other not in tasks(spec):
            yield f"{name}: unknown producer task {other}"
    for key, (other, output) in producers(task).items():  # v2/driver/resolve.go
        if other in tasks(spec):
            outputs = component(spec, other).get("outputDefinitions", {}).get("artifacts", {})
            if output not in outputs:
                yield f"{name}: cannot find output artifact key {output} in producer task {other}"
        defined = component(spec, name).get("inputDefinitions", {}).get("artifacts", {})
        if key not in defined:
            yield f"{name}: input artifact {key} is not defined in the component"
    for key, given in task.get("inputs", {}).get("parameters", {}).items():
        value = given.get("runtimeValue")
        if value is not None and "constant" not in value:  # v2/driver/resolve.go
            kinds = ", ".join(value)
            yield f"{name}: param runtime value spec of type {kinds} not implemented: {key}"


def _pipeline_parameters(spec: Spec, given: Mapping[str, Any]) -> Iterator[str]:
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name in sorted(set(given) - set(declared)):
        known = ", ".join(sorted(declared)) or "none at all"
        yield f"the pipeline has no parameter {name}; expected one of {known}"
    for name, value in given.items():
        yield from _replaced(value, f"--parameter {name}")
    for name, definition in declared.items():
        yield from _replaced(definition.get("defaultValue"), f"the parameter {name}")
        has_value = name in given or "defaultValue" in definition
        if not has_value and not definition.get("isOptional"):
            yield (
                f"parameter {name} is not optional, yet has neither default value nor user "
                "provided value"
            )


def _replaced(value: object, where: str) -> Iterator[str]:
    """Yield what Kubernetes would make of a value that a step's container is given.

    The launcher's arguments hold every parameter and URI of the step (v2/driver/driver.go).
    """
    if found := _KUBERNETES_VARIABLE.search(str(value)):
        yield f"Kubernetes would replace {found.group()} in {where}"


def _silent_losses(spec: Spec) -> Iterator[str]:
    """Find what the backend takes without a word and then does not do, or does wrongly."""
    yield from _root_faults(spec.get("defaultPipelineRoot", ""))
    first_with: dict[str, str] = {}
    for name, task in all_tasks(spec).items():
        yield from _task_faults(name, task)
    for name, container in containers(spec):
        if "lifecycle" in container:
            yield f"{name}: lifecycle is ignored by the backend; its driver would never run"
        if "tfx.orchestration.kubeflow" in " ".join(container.get("command", [])):
            yield (
                f"{name}: TFX's own entrypoint dies of the backend's executor input (no input "
                "types, an output executor-logs, bucket URIs)"
            )
        written = json.dumps(container, sort_keys=True)
        other = first_with.setdefault(written, name)
        if other != name:  # v2/compiler/argocompiler/argo.go: stored under the container's hash
            yield f"{name}: the container is that of {other}; both would share one component"
        yield from _argument_faults(name, container)


def _root_faults(root: str) -> Iterator[str]:
    yield from _replaced(root, "the pipeline's root")
    if signs := {"*", "[", "\\"} & set(root):
        yield f"libraries would take {' '.join(sorted(signs))} in the pipeline's root for a pattern"
    place = root.partition("?")[0].partition("://")[2].rstrip("/")
    if root and not is_plain(place):  # v2/objectstore/config.go cleans the prefix, not the URIs
        yield (
            f"the pipeline's root is {root}: no output would have the expected bucket prefix; "
            "write it without //, . and .."
        )


def _task_faults(name: str, task: Spec) -> Iterator[str]:
    retries = task.get("retryPolicy")
    # v2/compiler/argocompiler/container.go makes it 0 where it is left out, and Argo tries nothing
    # again that many seconds after the first start (workflow/controller/operator.go).
    if retries and "backoffMaxDuration" not in retries:
        yield f"{name}: without backoffMaxDuration in its retryPolicy nothing is tried again"
    for parameter, value in constants(task).items():
        yield from (f"{name}: {fault}" for fault in _replaced(value, parameter))


def _argument_faults(name: str, container: Spec) -> Iterator[str]:
    for argument in container.get("args", []):
        if len(argument.encode()) >= _ARGUMENT_BYTES:
            yield f"{name}: an argument has {len(argument.encode()):,} bytes, too long for Linux"
        if found := _KUBERNETES_VARIABLE.search(argument):
            yield f"{name}: Kubernetes would replace {found.group()}"
