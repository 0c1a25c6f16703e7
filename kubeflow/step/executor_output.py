"""What a TFX executor gives back, made into what the launcher takes."""

from typing import Any

from kubeflow.spec import Spec
from kubeflow.step.places import bucket_uri, delocalized


def for_launcher(output: Spec) -> Spec:
    """Map places back to URIs and drop what the backend's metadata store refuses.

    Args:
        output: an ExecutorOutput, as JSON.

    Returns:
        The same for the launcher; names are left out, for the backend gives its own.
    """
    lists = output.get("artifacts", {})
    artifacts = {
        key: {"artifacts": [_artifact(artifact) for artifact in given["artifacts"]]}
        for key, given in lists.items()
    }
    return {**output, "artifacts": artifacts}


def _artifact(artifact: Spec) -> Spec:
    return {
        "uri": bucket_uri(artifact["uri"]),
        "metadata": delocalized(_without_nulls(artifact.get("metadata", {}))),
    }


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(v) for key, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(below) for below in value if below is not None]
    return value
