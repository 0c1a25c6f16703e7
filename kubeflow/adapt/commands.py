"""Every TFX container is entered through this project's own door."""

import json
from collections.abc import Mapping, Sequence

from kubeflow import flags
from kubeflow.spec import EXECUTOR_INPUT, Spec, UnsupportedSpecError, component, containers


def enter(spec: Spec, *, files: Mapping[str, Sequence[str]], drivers: Mapping[str, str]) -> None:
    """Set command and arguments of the containers that run a TFX executor.

    Args:
        spec: changed in place; inputs and outputs are final.
        files: parameters that hold a file's text, by task.
        drivers: import path of the driver to run before the executor, by task.

    Raises:
        UnsupportedSpecError: the arguments are not those that TFX writes.
    """
    for name, container in containers(spec):
        if container["command"] == list(flags.RESOLVE_COMMAND):
            continue
        executor_class, beam_args = _taken_apart(name, container["args"])
        definition = component(spec, name)
        container["command"] = list(flags.COMMAND)
        container["args"] = [
            *(flags.STEP, name),
            *(flags.EXECUTOR, executor_class),
            *(flags.INVOCATION, EXECUTOR_INPUT),
            *(flags.INPUTS_SPEC, _compact(definition.get("inputDefinitions", {}))),
            *(flags.OUTPUTS_SPEC, _compact(definition.get("outputDefinitions", {}))),
            *(part for file in files.get(name, ()) for part in (flags.INLINE, file)),
            *((flags.DRIVER, drivers[name]) if name in drivers else ()),
            *beam_args,
        ]


def _taken_apart(name: str, args: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the executor's import path and Beam's arguments."""
    if list(args[0:5:2]) != [flags.EXECUTOR, flags.INVOCATION, flags.INPUTS_SPEC]:
        raise UnsupportedSpecError(
            f"the container of {name}: expected the arguments {flags.EXECUTOR}, "
            f"{flags.INVOCATION} and {flags.INPUTS_SPEC}, got {' '.join(args[0:5:2])}"
        )
    return args[1], args[6:]


def _compact(definitions: Spec) -> str:
    return json.dumps(definitions, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
