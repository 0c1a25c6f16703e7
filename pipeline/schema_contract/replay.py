"""Holds a schema against pinned statistics: which accepted data would it refuse today?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.environments import environment_of
from pipeline.schema_contract.pinned import Statistics, unpin
from serving.quiet import quiet

_DATA_SET: Final = "the data set"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a schema says against data that was accepted once.

    Attributes:
        pinned: the file's name without its ending: the span or the day.
        split: the split.
        column: the feature, or `the data set`.
        reason: TFDV's description.
    """

    pinned: str
    split: str
    column: str
    reason: str

    def in_words(self) -> str:
        """Say it in one sentence."""
        return f"{self.pinned}, {self.split}: {self.column!r} would be refused: {self.reason}."


def replay_files(schema: schema_pb2.Schema, files: list[Path]) -> list[Refusal]:
    """Replay a schema over pinned files, the oldest first, each held against the one before.

    Raises:
        ValueError: a file holds no pinned statistics; the message names it.
        OSError: a file cannot be read.
    """
    refusals: list[Refusal] = []
    previous: bytes | None = None
    for path in files:
        content = path.read_bytes()
        try:
            refusals += replay(schema, content, pinned_as=path.stem, previous=previous)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        previous = content
    return refusals


def replay(
    schema: schema_pb2.Schema, pinned: bytes, *, pinned_as: str, previous: bytes | None = None
) -> list[Refusal]:
    """Validate pinned statistics by a schema.

    Args:
        schema: the schema to be.
        pinned: what `pin` wrote.
        pinned_as: what to call it.
        previous: the pinned statistics before it, for the drift comparators.

    Raises:
        ValueError: the bytes are no pinned statistics.
    """
    quiet()
    import tensorflow_data_validation as tfdv

    earlier = {d.name: d for d in unpin(previous, schema).datasets} if previous else {}
    refusals = []
    for dataset in unpin(pinned, schema).datasets:
        environment = environment_of(dataset.name)
        if environment not in schema.default_environment:
            missing = f"the schema has no environment {environment}"
            refusals.append(
                Refusal(pinned=pinned_as, split=dataset.name, column=_DATA_SET, reason=missing)
            )
            continue
        before = earlier.get(dataset.name)
        found = tfdv.validate_statistics(
            _alone(dataset),
            schema,
            environment=environment,
            previous_statistics=_alone(before) if before else None,
        )
        named = [(".".join(i.path.step) or key, i) for key, i in found.anomaly_info.items()]
        if found.HasField("dataset_anomaly_info"):
            named.append((_DATA_SET, found.dataset_anomaly_info))
        refusals += [
            Refusal(
                pinned=pinned_as,
                split=dataset.name,
                column=column,
                reason=" ".join(info.description.split()).rstrip("."),
            )
            for column, info in sorted(named, key=lambda pair: pair[0])
        ]
    return refusals


def _alone(dataset: Any) -> Statistics:
    return Statistics(datasets=[dataset])
