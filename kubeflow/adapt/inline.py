"""Small files of this machine travel in the spec: it is then whole, and the cache sees them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kubeflow.mounts import on_volume
from kubeflow.spec import Spec, UnsupportedSpecError, constants, tasks

MAX_BYTES: Final = 65_536
"""Linux takes 131,072 bytes for one argument, and JSON's escapes may double a text."""


_PATH: Final = re.compile(r"/\S+")


def put_into_parameters(
    spec: Spec, files: Mapping[str, str], *, mounts: Sequence[str]
) -> dict[str, list[str]]:
    """Replace paths by the text that they lead to.

    Args:
        spec: changed in place.
        files: the texts by path.
        mounts: folders that a container has; a path in one of them may stay.

    Returns:
        The names of the parameters that hold a text now, by task.

    Raises:
        UnsupportedSpecError: a file is too large to travel with the spec, or a parameter names
            something else of this machine.
    """
    found: dict[str, list[str]] = {}
    for name, task in tasks(spec).items():
        for parameter, value in constants(task).items():
            if not isinstance(value, str):
                continue
            if value in files:
                given = task["inputs"]["parameters"][parameter]["runtimeValue"]
                given["constant"] = _small(value, files[value])
                found.setdefault(name, []).append(parameter)
                continue
            for path in _paths(value):
                if not any(on_volume(mount).match(path) for mount in mounts):
                    raise UnsupportedSpecError(
                        f"{name}: {parameter} has {path}, a path that no container has; expected "
                        f"one below {', '.join(mounts)}"
                    )
    return found


def _paths(value: str) -> Iterator[str]:
    """Yield the texts that are a path: the parameter itself, or what stands in its JSON."""
    try:
        found = json.loads(value)
    except ValueError:
        found = value
    yield from (text for text in _texts(found) if _PATH.fullmatch(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for below in value for text in _texts(below))
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _small(path: str, text: str) -> str:
    size_bytes = len(text.encode())
    if size_bytes > MAX_BYTES:
        raise UnsupportedSpecError(
            f"{path} has {size_bytes:,} bytes; a file that travels with the pipeline may "
            f"have {MAX_BYTES:,}"
        )
    return text
