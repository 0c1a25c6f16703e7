"""Task names: they become names of Argo's, which know neither `_` nor `.`."""

import re
from collections.abc import Iterator
from typing import Final

from kubeflow.spec import Spec, UnsupportedSpecError, tasks

_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9-]+")
_FROM_TASKS: Final = ("taskOutputArtifact", "taskOutputParameter")

_TFX_SUFFIX: Final = "_task"
"""TFX calls the producer of a parameter by its name and this, though its task is without it."""


def make_legal(spec: Spec) -> None:
    """Rename the tasks, wherever they are mentioned.

    Raises:
        UnsupportedSpecError: two tasks would have one name, or a task that is mentioned is none.
    """
    old = list(tasks(spec))
    new = {name: _ILLEGAL.sub("-", name).strip("-") for name in old}
    if len(set(new.values())) < len(old):
        raise UnsupportedSpecError(f"two tasks would have one name: {', '.join(sorted(old))}")
    spec["root"]["dag"]["tasks"] = {new[name]: task for name, task in tasks(spec).items()}
    for name, task in tasks(spec).items():
        task["taskInfo"]["name"] = name
        if "dependentTasks" in task:
            task["dependentTasks"] = sorted(_renamed(n, new) for n in task["dependentTasks"])
        for source in _sources(task):
            source["producerTask"] = _renamed(source["producerTask"], new)


def _sources(task: Spec) -> Iterator[Spec]:
    """Yield what names the task that produces an input."""
    for side in task.get("inputs", {}).values():
        for given in side.values():
            yield from (given[key] for key in _FROM_TASKS if key in given)


def _renamed(name: str, new: dict[str, str]) -> str:
    for candidate in (name, name.removesuffix(_TFX_SUFFIX)):
        if candidate in new:
            return new[candidate]
    raise UnsupportedSpecError(f"a task waits for {name}, which is not in the pipeline")
