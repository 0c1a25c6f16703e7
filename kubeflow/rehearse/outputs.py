"""What a step has written, looked at as strictly as the launcher does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from kubeflow.spec import Spec


class RefusedOutputError(Exception):
    """An output that the backend would not take; the message is the backend's."""


def read(file: Path) -> Spec:
    """Read the executor output, as JSON; a step that writes none has nothing to say.

    Raises:
        RefusedOutputError: the file is not the JSON of an ExecutorOutput.
    """
    if not file.exists():
        return {}
    try:
        message = json_format.Parse(
            file.read_text("utf-8"), pipeline_spec_pb2.ExecutorOutput(), ignore_unknown_fields=False
        )
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise RefusedOutputError(
            f"failed to unmarshall ExecutorOutput in {file}: {error}"
        ) from None
    return json_format.MessageToDict(message)


def artifacts(output: Spec, provisioned: Mapping[str, Spec], *, root: str) -> dict[str, Spec]:
    """Merge what the step says of its outputs into what was provisioned for it.

    Args:
        output: of `read`.
        provisioned: the output artifacts of the executor input.
        root: URI that every output must lie below.

    Returns:
        `uri` and `metadata` of each output, the latter as the metadata store gives it back.

    Raises:
        RefusedOutputError: a URI or a property that the backend does not take.
    """
    merged = {}
    for key, given in provisioned.items():
        said = output.get("artifacts", {}).get(key, {}).get("artifacts", [{}])[0]
        uri = said.get("uri") or given["artifacts"][0]["uri"]
        if not uri.startswith(f"{root.partition('?')[0]}/"):  # v2/objectstore/config.go
            raise RefusedOutputError(
                f"failed to upload output artifact {key}: URI {uri} does not have expected bucket "
                f"prefix {root}"
            )
        metadata = {name: _stored(name, value) for name, value in said.get("metadata", {}).items()}
        merged[key] = {"uri": uri, "metadata": metadata}
    return merged


def _stored(name: str, value: Any) -> Any:
    """Return a property as the metadata store gives it back (v2/metadata/converter.go)."""
    match value:
        case None:
            raise RefusedOutputError(f"unknown/unsupported value type for {name}: null")
        case list():
            return {"list": value}
        case dict():
            return {"struct": value}
        case _:
            return value
