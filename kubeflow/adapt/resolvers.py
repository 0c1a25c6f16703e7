"""Resolvers, which the backend has not, become containers that look into the pushed releases.

No strategy reaches a metadata store on a cluster (the backend's own is on its way out). What has
been pushed is the memory: it has passed every gate, and it is what serves.
"""

from collections.abc import Mapping
from typing import Final

from kubeflow import flags
from kubeflow.adapt.plan import Plan
from kubeflow.memory import MODEL
from kubeflow.spec import (
    EXECUTOR_INPUT,
    Spec,
    UnsupportedSpecError,
    component,
    executor,
    producers,
    tasks,
)

SERVED_MODEL: Final = "components.baseline.served.ServedModel"

ACCEPTED_STATISTICS: Final = "components.baseline.accepted.LastAcceptedStatistics"
"""Left out: where nothing resolves them, the data gate looks into the releases itself, and passes
over those of its own data. Only a step that has the rows can tell which these are."""


def to_containers(spec: Spec, plan: Plan) -> None:
    """Replace or remove every resolver, and make the inputs that one feeds optional.

    Raises:
        UnsupportedSpecError: a resolver's strategy, or the output that is asked of it, is unknown.
    """
    for name in [name for name in tasks(spec) if "resolver" in executor(spec, name)]:
        if _strategy(name, plan.origins.strategies) == ACCEPTED_STATISTICS:
            _remove(spec, name)
            continue
        _keep_the_model(spec, name)
        # What serves is looked up when the candidate is there, not when the run begins.
        tasks(spec)[name]["dependentTasks"] = list(plan.origins.waits[name])
        how = executor(spec, name)
        del how["resolver"]
        how["container"] = {
            "image": plan.settings.image,
            "command": list(flags.RESOLVE_COMMAND),
            "args": [
                *(flags.STEP, name, flags.MODELS, plan.models_dir),
                *(flags.INVOCATION, EXECUTOR_INPUT),
            ],
        }


def _strategy(name: str, strategies: Mapping[str, str]) -> str:
    strategy = strategies.get(name, "none at all")
    known = (ACCEPTED_STATISTICS, SERVED_MODEL)
    if strategy not in known:
        raise UnsupportedSpecError(
            f"the resolver {name} has the strategy {strategy}; expected one of {', '.join(known)}"
        )
    return strategy


def _remove(spec: Spec, name: str) -> None:
    """Take a task away, and the inputs that it feeds."""
    for consumer, task in tasks(spec).items():
        for key, (producer, _) in producers(task).items():
            if producer == name:
                del task["inputs"]["artifacts"][key]
                del component(spec, consumer)["inputDefinitions"]["artifacts"][key]
        waited_for = task.get("dependentTasks", [])
        if name in waited_for:
            waited_for.remove(name)
    gone = spec["components"].pop(tasks(spec).pop(name)["componentRef"]["name"])
    del spec["deploymentSpec"]["executors"][gone["executorLabel"]]


def _keep_the_model(spec: Spec, name: str) -> None:
    """Drop the parameters and the outputs that nobody reads, and check the one that is left."""
    for consumer, task in tasks(spec).items():
        for key, (producer, output) in producers(task).items():
            if producer != name:
                continue
            if output != MODEL:
                raise UnsupportedSpecError(
                    f"{consumer} reads {output} of the resolver {name}, which finds {MODEL} only"
                )
            component(spec, consumer)["inputDefinitions"]["artifacts"][key]["isOptional"] = True
    tasks(spec)[name].pop("inputs", None)
    definition = component(spec, name)
    definition.pop("inputDefinitions", None)
    outputs = definition["outputDefinitions"]["artifacts"]
    definition["outputDefinitions"]["artifacts"] = {MODEL: outputs[MODEL]}
