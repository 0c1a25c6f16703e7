"""The data's contract: reads a schema and checks that it is one for this configuration."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_example_gen.source import Columns
from pipeline.schema_contract.domains import domain_of, named_domains

TRAINING: Final = "TRAINING"
UNLABELLED: Final = "UNLABELLED"
"""The environments that the data gate validates in: rows with a label, and rows without."""


def contract_problems(
    path: Path, columns: Columns, *, environments: Sequence[str] = (TRAINING,)
) -> list[str]:
    """Tell why a schema does not fit the configuration's columns.

    It must be there, name every column that the configuration names, and leave them without a
    fixed shape: rows of the unlabelled split have no label, and clients send the text alone. It
    must declare every feature once, for TFDV reads the first only, and every domain that one names.
    And it must list the environments that its data are validated in.
    """
    try:
        schema = text_format.Parse(path.read_text("utf-8"), schema_pb2.Schema())
    except OSError as error:
        return [
            f"schema: {path} cannot be read ({error.strerror}); `malmoi init` writes a first one"
        ]
    except (text_format.ParseError, UnicodeDecodeError) as error:
        return [f"schema: {path} is not a schema in text form: {error}"]
    return [f"schema: {path}: {fault}" for fault in _faults(schema, columns, environments)]


def _faults(
    schema: schema_pb2.Schema, columns: Columns, environments: Sequence[str]
) -> Iterator[str]:
    features = {feature.name: feature for feature in schema.feature}
    for column in columns.named():
        if column not in features:
            known = ", ".join(features) or "none"
            yield f"no feature {column!r}, which the configuration names; there are: {known}"
        elif features[column].HasField("shape"):
            yield f"feature {column!r} has a fixed shape: delete `shape`, keep `value_count`"
    counts = Counter(feature.name for feature in schema.feature)
    for name, count in counts.items():
        if count > 1:
            yield f"feature {name!r} is declared {count} times: keep one `feature` of it"
    yield from _missing_domains(schema)
    for environment in environments:
        if environment not in schema.default_environment:
            line = f'default_environment: "{environment}"'
            yield f"no environment {environment}: add the line `{line}`"


def _missing_domains(schema: schema_pb2.Schema) -> Iterator[str]:
    named = named_domains(schema)
    for feature in schema.feature:
        try:
            domain_of(feature, named)
        except ValueError as error:
            yield str(error)
