"""What a step may use, how often it is tried, and whether an earlier result will do."""

from typing import Final

from kubeflow import flags
from kubeflow.adapt.volumes import names_models
from kubeflow.spec import (
    Spec,
    UnsupportedSpecError,
    all_tasks,
    component,
    containers,
    executor,
)
from pipeline.kubeflow_settings import KubeflowSettings, StepSettings

RETRIES: Final = 1
"""Where the settings leave it open: a node that is taken away costs one more attempt."""

FIRST_WAIT: Final = "30s"
"""Before the second attempt; the backend doubles it each time."""

RETRY_WINDOW: Final = "604800s"
"""A week from the first attempt's start, the attempts included: longer than any step takes. Left
out, the backend makes it 0, and nothing is tried again."""


def set_policies(spec: Spec, settings: KubeflowSettings) -> None:
    """Set caching, resources and retries of every container, the exit handler's too.

    Raises:
        UnsupportedSpecError: the settings name a step that is not in the pipeline.
    """
    names = {name for name, _ in containers(spec)}
    if unknown := sorted(set(settings.steps) - names):
        raise UnsupportedSpecError(
            f"kubeflow.steps: no step {', '.join(unknown)}; expected {', '.join(sorted(names))}"
        )
    for name, task in all_tasks(spec).items():
        task["cachingOptions"] = {"enableCache": _may_be_cached(spec, name, settings)}
    for name, container in containers(spec):
        step = settings.of_step(name)
        if resources := _resources(step):
            container["resources"] = resources
        retries = RETRIES if step.retries is None else step.retries
        if retries and not _only_judges(spec, name):
            all_tasks(spec)[name]["retryPolicy"] = {
                "maxRetryCount": retries,
                "backoffDuration": FIRST_WAIT,
                "backoffFactor": 2.0,
                "backoffMaxDuration": RETRY_WINDOW,
            }


def _may_be_cached(spec: Spec, name: str, settings: KubeflowSettings) -> bool:
    """Refuse the cache where its key does not see what a step reads, or a step changes the world.

    The key knows the identity of the inputs: neither the files that a driver finds, nor what lies
    on the volume of the models, from which resolvers read and to which the pusher pushes.
    """
    how = executor(spec, name)
    if "container" not in how or flags.DRIVER in how["container"]["args"]:
        return False
    return not names_models(spec, name, settings)


def _only_judges(spec: Spec, name: str) -> bool:
    """Tell whether a step has no output: it stops the run, and would do so again."""
    return not component(spec, name).get("outputDefinitions", {})


def _resources(step: StepSettings) -> dict[str, float]:
    """Ask for what is allowed, so that no step is moved for another's sake."""
    found: dict[str, float] = {}
    if step.cpu:
        found |= {"cpuRequest": step.cpu, "cpuLimit": step.cpu}
    if step.memory_gb:
        found |= {"memoryRequest": step.memory_gb, "memoryLimit": step.memory_gb}
    return found
