"""The launcher's executor input, made into the one that TFX's executors expect."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from components.atomic_pusher import origin
from kubeflow.spec import Spec
from kubeflow.step.places import local_path, localized, made_by

_WRAPPERS: Final = ("list", "struct")
"""The backend's metadata store gives a list back as {"list": [...]}, and so with structs."""

_VALUES: Final = ("tfx.Boolean", "tfx.Float", "tfx.Integer", "tfx.JsonValue", "tfx.String")
"""Artifacts that are one file, not a folder."""


class MissingInputError(Exception):
    """An input that the launcher did not hand over."""


def inputs(invocation: Spec, declared: Spec) -> dict[str, Spec]:
    """Return the input artifacts: typed as declared, at their places in the container.

    Each names its URI in the bucket. An optional input is dropped where nothing was downloaded: a
    resolver has found nothing.

    Raises:
        MissingInputError: an input that is not optional is not there.
    """
    given = _artifacts(invocation.get("inputs", {}))
    found = {}
    for key, definition in declared.get("artifacts", {}).items():
        artifact = given.get(key)
        optional = definition.get("isOptional", False)
        if artifact is None and not optional:
            raise MissingInputError(f"input {key}: expected an artifact, the launcher gave none")
        if artifact is None or (optional and not _has_files(local_path(artifact["uri"]))):
            continue
        told = {origin.STORED_AT: artifact["uri"]}
        found[key] = _artifact(artifact, definition["artifactType"], told)
    return found


def outputs(invocation: Spec, declared: Spec) -> dict[str, Spec]:
    """Return the declared output artifacts, their folders made; the launcher makes parents only.

    Each names its run. What is not declared, such as the backend's `executor-logs`, is dropped.
    """
    given = _artifacts(invocation.get("outputs", {}))
    found = {}
    for key, definition in declared.get("artifacts", {}).items():
        pipeline, run = made_by(given[key]["uri"])
        told = {origin.PIPELINE: pipeline, origin.RUN: run}
        found[key] = _artifact(given[key], definition["artifactType"], told)
        folder = Path(found[key]["uri"])
        is_value = any(title in str(definition) for title in _VALUES)
        (folder.parent if is_value else folder).mkdir(parents=True, exist_ok=True)
    return found


def as_lists(artifacts: Mapping[str, Spec]) -> Spec:
    """Wrap artifacts as the format does: every input and output is a list."""
    return {key: {"artifacts": [artifact]} for key, artifact in artifacts.items()}


def _artifacts(side: Spec) -> dict[str, Spec]:
    lists = side.get("artifacts", {})
    return {key: given["artifacts"][0] for key, given in lists.items() if given.get("artifacts")}


def _artifact(given: Spec, kind: Spec, told: Mapping[str, str]) -> Spec:
    metadata = {key: localized(_unwrapped(v)) for key, v in given.get("metadata", {}).items()}
    return {
        # TFX takes the name for the artifact's identity; the backend leaves it empty.
        "name": given["uri"],
        "uri": local_path(given["uri"]),
        "type": kind,
        "metadata": metadata,
        "customProperties": {key: {"stringValue": value} for key, value in told.items()},
    }


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        return inner if key in _WRAPPERS else value
    return value


def _has_files(folder: str) -> bool:
    path = Path(folder)
    return path.is_file() or any(below.is_file() for below in path.rglob("*"))
