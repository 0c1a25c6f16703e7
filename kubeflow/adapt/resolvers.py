"""Resolvers, which the backend has not, become containers that look into the pushed releases.

No strategy reaches a metadata store on a cluster (the backend's own is on its way out). What has
been pushed is the memory: it has passed every gate, and it is what serves.
"""

from collections.abc import Mapping
from typing import Final

from kubeflow import flags
from kubeflow.adapt.plan import Plan
from kubeflow.memory import MODEL, STATISTICS
from kubeflow.spec import (
    EXECUTOR_INPUT,
    Spec,
    UnsupportedSpecError,
    component,
    executor,
    producers,
    tasks,
)

KINDS: Final[Mapping[str, str]] = {
    "components.baseline.served.ServedModel": MODEL,
    "components.baseline.accepted.LastAcceptedStatistics": STATISTICS,
}
"""What each strategy finds among the releases; named as the output that it fills."""


def to_containers(spec: Spec, plan: Plan) -> None:
    """Replace every resolver, and make the inputs that it feeds optional.

    Raises:
        UnsupportedSpecError: a resolver's strategy, or the output that is asked of it, is unknown.
    """
    for name in tasks(spec):
        how = executor(spec, name)
        if "resolver" not in how:
            continue
        kind = _kind(name, plan.origins.strategies)
        _keep_one_output(spec, name, kind)
        del how["resolver"]
        how["container"] = {
            "image": plan.settings.image,
            "command": list(flags.RESOLVE_COMMAND),
            "args": [
                *(flags.STEP, name, flags.KIND, kind, flags.MODELS, plan.models_dir),
                *(flags.INVOCATION, EXECUTOR_INPUT),
            ],
        }


def _kind(name: str, strategies: Mapping[str, str]) -> str:
    strategy = strategies.get(name, "none at all")
    if strategy not in KINDS:
        raise UnsupportedSpecError(
            f"the resolver {name} has the strategy {strategy}; "
            f"expected one of {', '.join(sorted(KINDS))}"
        )
    return KINDS[strategy]


def _keep_one_output(spec: Spec, name: str, kind: str) -> None:
    """Drop the parameters and the outputs that nobody reads, and check the one that is left."""
    for consumer, task in tasks(spec).items():
        for key, (producer, output) in producers(task).items():
            if producer != name:
                continue
            if output != kind:
                raise UnsupportedSpecError(
                    f"{consumer} reads {output} of the resolver {name}, which finds {kind} only"
                )
            component(spec, consumer)["inputDefinitions"]["artifacts"][key]["isOptional"] = True
    tasks(spec)[name].pop("inputs", None)
    definition = component(spec, name)
    definition.pop("inputDefinitions", None)
    outputs = definition["outputDefinitions"]["artifacts"]
    definition["outputDefinitions"]["artifacts"] = {kind: outputs[kind]}
