"""Which feature is the text and which the label: the configurations tell, else the schema does."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline import plain_yaml

Role = Literal["text", "label", "profile", "column"]
"""A part that a feature plays; `profile` is a figure that the gate derives from the text."""

SERVING: Final = "SERVING"


@dataclass(frozen=True)
class Parts:
    """The names of the text and the label column; none: not known."""

    text: str | None
    label: str | None

    def role(self, feature: str) -> Role:
        """Tell the part of a feature; those derived from a text are named `<text>/...`."""
        if feature == self.text:
            return "text"
        if feature == self.label:
            return "label"
        return "profile" if self.text and feature.startswith(f"{self.text}/") else "column"


def parts_of(schema: schema_pb2.Schema, *, path: str, configs: Mapping[str, str]) -> Parts:
    """Tell the parts of a schema's features.

    Args:
        schema: the schema.
        path: its path from the folder in which the configurations' paths start, with slashes.
        configs: contents of the configurations by path; the first that names the schema counts.
    """
    for config, content in configs.items():
        named = _named(config, content, path)
        if named:
            return named
    return guessed(schema)


def guessed(schema: schema_pb2.Schema) -> Parts:
    """Guess the parts: no configuration names the schema.

    The label is the first feature with a closed set of strings that some environment lacks (rows
    to classify have none), else the first with such a set. The text is the first feature of bytes
    that has no domain and must be there in every row.
    """
    closed = [
        f for f in schema.feature if f.WhichOneof("domain_info") in ("domain", "string_domain")
    ]
    labels = [f.name for f in closed if f.not_in_environment] + [f.name for f in closed]
    texts = [
        feature.name
        for feature in schema.feature
        if feature.type == schema_pb2.BYTES
        and not feature.WhichOneof("domain_info")
        and feature.presence.min_fraction == 1
    ]
    return Parts(text=next(iter(texts), None), label=next(iter(labels), None))


def _named(config: str, content: str, path: str) -> Parts | None:
    """Read the columns of a configuration if it names the schema at `path`."""
    try:
        tree = plain_yaml.load(content)
    except yaml.YAMLError:
        return None  # `malmoi run` tells; a workflow's file may lie beside configurations
    schema, columns = _at(tree, "schema"), _at(tree, "data", "columns")
    if not isinstance(schema, str) or not isinstance(columns, dict):
        return None
    if posixpath.normpath(posixpath.join(posixpath.dirname(config), schema)) != path:
        return None
    text, label = columns.get("text"), columns.get("label")
    if not isinstance(text, str) or not isinstance(label, str):
        return None
    return Parts(text=text, label=label)


def _at(tree: Any, *keys: str) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
