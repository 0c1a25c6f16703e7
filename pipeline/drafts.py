"""First drafts for new data: a configuration and a schema, from a guess about one file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import yaml
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_example_gen.sniff import Guess
from components.text_example_gen.source import Columns, SideType
from pipeline.config import MAX_NAME_CHARS
from trainer.settings import TextSettings

ROWS_PER_SUBWORD: Final = 3
FEWEST_SUBWORDS: Final = 1_000
"""A subword needs rows to learn its vector from: more of them than that are learnt by heart."""

UNNAMED: Final = "model"
"""The name where a file has no ASCII letter or digit."""

LABEL_DOMAIN: Final = "labels"

ENVIRONMENTS: Final = ("TRAINING", "SERVING", "UNLABELLED")

DEFAULT_SUBWORDS: Final = TextSettings().vocabulary_size

_TYPES: Final[dict[SideType, "schema_pb2.FeatureType"]] = {
    "str": schema_pb2.BYTES,
    "int": schema_pb2.INT,
    "float": schema_pb2.FLOAT,
}


def name_of(path: str) -> str:
    """Derive a name from a file: its ASCII letters and digits, as many as fit, or `model`."""
    return _ascii_name(path) or UNNAMED


def reasons(guess: Guess, *, path: str) -> dict[str, str]:
    """Say why a draft has its name, and its vocabulary's size where it has one: a sentence each.

    Args:
        guess: what the file seems to be.
        path: the file that `name_of` made the name of.
    """
    name = _ascii_name(path)
    made = f"{name!r}: the ASCII letters and digits of the file's name"
    told = {"name": made if name else f"{UNNAMED!r}: the file's name has no ASCII letter or digit"}
    subwords = _subwords(guess.rows)
    if subwords < DEFAULT_SUBWORDS:
        told["text.vocabulary_size"] = (
            f"{subwords}, not {DEFAULT_SUBWORDS}: one subword for every {ROWS_PER_SUBWORD} rows, "
            f"{FEWEST_SUBWORDS} at least"
        )
    return told


def draft_config(guess: Guess, *, name: str, train: str) -> str:
    """Write a configuration that names only what differs from the defaults.

    Args:
        guess: what the file seems to be.
        name: the pipeline's name.
        train: the file's path as it shall stand in the configuration.
    """
    data = guess.source().model_dump(mode="json", exclude_defaults=True)
    data["train"] = train
    tree: dict[str, Any] = {"name": name, "data": data, "schema": f"schema/{name}/schema.pbtxt"}
    subwords = _subwords(guess.rows)
    if subwords < DEFAULT_SUBWORDS:
        tree["text"] = {"vocabulary_size": subwords}
    heading = f"# malmoi run malmoi.yaml\n# {guess.rows:,} rows, {len(guess.labels)} labels.\n\n"
    body = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    return f"{heading}{body}output: output\n"


def draft_schema(guess: Guess) -> str:
    """Write a schema: every column is there in every row, and the labels are the ones seen.

    Raises:
        ValueError: no column looks like a label.
    """
    schema = schema_proto(guess.source().columns, guess.labels)
    return write_schema(schema, rows=guess.rows)


def schema_proto(columns: Columns, labels: Sequence[str]) -> schema_pb2.Schema:
    """Make the schema of these columns, with a closed set of labels."""
    schema = schema_pb2.Schema(default_environment=ENVIRONMENTS)
    _feature(schema, columns.text, schema_pb2.BYTES)
    label = _feature(schema, columns.label, schema_pb2.BYTES)
    label.domain = LABEL_DOMAIN
    label.not_in_environment.extend(["SERVING", "UNLABELLED"])
    schema.string_domain.add(name=LABEL_DOMAIN, value=labels)
    for name in (columns.id, columns.date):
        if name:
            _only_training(_feature(schema, name, schema_pb2.BYTES))
    for name, kind in columns.side.items():
        _only_training(_feature(schema, name, _TYPES[kind]))
    return schema


def write_schema(
    schema: schema_pb2.Schema,
    *,
    rows: int,
    heading: Sequence[str] = (),
    features: Mapping[str, Sequence[str]] | None = None,
    values: Mapping[str, str] | None = None,
) -> str:
    """Write a schema in text form, with comments on what to review.

    Args:
        schema: the schema.
        rows: how many rows it was drafted from.
        heading: further lines at the top.
        features: lines above a feature, by its name.
        values: a remark behind a label, by the label.
    """
    top = [f"The contract of the data, drafted from {rows:,} rows: review it.", *heading]
    blocks = [_comment(top) + "\n"]
    for feature in schema.feature:
        one = schema_pb2.Schema(feature=[feature])
        blocks.append(_comment((features or {}).get(feature.name, ())) + _text(one))
    for domain in schema.string_domain:
        blocks.append(_domain(domain, values or {}))
    rest = schema_pb2.Schema(default_environment=schema.default_environment)
    return "".join([*blocks, _text(rest)])


def _ascii_name(path: str) -> str:
    stem = PurePosixPath(path).name.split(".")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:MAX_NAME_CHARS].rstrip("-")


def _subwords(rows: int) -> int:
    return max(FEWEST_SUBWORDS, rows // ROWS_PER_SUBWORD)


def _domain(domain: schema_pb2.StringDomain, remarks: Mapping[str, str]) -> str:
    """Write a domain with a remark behind each value: the values stand last, in their order."""
    # `splitlines` would also split at signs such as U+2028, which stand unescaped in a value.
    lines = _text(schema_pb2.Schema(string_domain=[domain])).removesuffix("\n").split("\n")
    first = len(lines) - 1 - len(domain.value)
    for number, value in enumerate(domain.value, start=first):
        if value in remarks:
            lines[number] += f"  # {remarks[value]}"
    return "\n".join(lines) + "\n"


def _comment(lines: Sequence[str]) -> str:
    return "".join(f"# {line}\n" for line in lines)


def _text(schema: schema_pb2.Schema) -> str:
    return text_format.MessageToString(schema, as_utf8=True)


def _feature(
    schema: schema_pb2.Schema, name: str, kind: "schema_pb2.FeatureType"
) -> schema_pb2.Feature:
    feature = schema.feature.add(name=name, type=kind)
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = 1
    feature.value_count.min = feature.value_count.max = 1
    return feature


def _only_training(feature: schema_pb2.Feature) -> None:
    """Ask for a column in labelled rows only; there some may lack it."""
    feature.presence.ClearField("min_fraction")
    feature.not_in_environment.extend(["SERVING", "UNLABELLED"])
