"""Task names: they become names of Argo's, which know neither `_` nor `.`."""

import re
from typing import Final

from kubeflow.spec import Spec, UnsupportedSpecError, tasks

_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9-]+")


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
        for given in task.get("inputs", {}).get("artifacts", {}).values():
            source = given["taskOutputArtifact"]
            source["producerTask"] = _renamed(source["producerTask"], new)


def _renamed(name: str, new: dict[str, str]) -> str:
    if name not in new:
        raise UnsupportedSpecError(f"a task waits for {name}, which is not in the pipeline")
    return new[name]
