"""Statistics of accepted data beside its schema in git, without the data.

A pinned file has counts, presence, histograms of numbers, and of strings only what the schema
itself names: every other string stands there as a keyed BLAKE2b hash (RFC 7693). The key lies in
the file, so that later schemas can be held against it; it keeps tables made beforehand and other
columns apart, but who guesses a value can confirm the guess.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from pipeline.schema_contract.domains import Domain, domain_of, named_domains

PINNED_FOLDER: Final = "pinned"

HASH_BYTES: Final = 8
"""Of 1,000 values, the most that TFDV keeps of a column, two collide once in 10^13 files."""

KEY_BYTES: Final = 16

UNJUDGED_VALUES: Final = 20
"""Values kept of a column that has neither domain nor comparator: enough for one to be added."""

_SPAN_DIGITS: Final = 6
"""So that names sort as spans do; 10^6 days are 2,700 years."""

_COMMON: Final = (
    *("num_non_missing", "num_missing", "tot_num_values"),
    *("min_num_values", "max_num_values", "avg_num_values"),
)
_NUMBERS: Final = ("mean", "std_dev", "num_zeros", "min", "median", "max")
_STRINGS: Final = ("unique", "avg_length", "invalid_utf8_count")

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def file_name(span: int | None, day: date) -> str:
    """Name a pinned file by its span or, without one, by its day; names sort by age."""
    return f"{day.isoformat()}.json" if span is None else f"span-{span:0{_SPAN_DIGITS}}.json"


def pinned_files(schema_folder: Path) -> list[Path]:
    """List the pinned files of a schema, the oldest first."""
    return sorted((schema_folder / PINNED_FOLDER).glob("*.json"))


def pin(statistics: Statistics, schema: schema_pb2.Schema, *, key: bytes | None = None) -> bytes:
    """Write statistics down without any string that the schema does not name itself.

    Columns that the schema does not declare, such as a row's origin, are left out.

    Args:
        statistics: a data set for each split, named after it.
        schema: the contract that they have passed.
        key: the key of the hashes, such as that of an earlier file; none: a new one.

    Returns:
        JSON with one line for each feature, so that git shows what changed.
    """
    key = key or secrets.token_bytes(KEY_BYTES)
    features = {feature.name: feature for feature in schema.feature}
    named = named_domains(schema)
    sets = []
    for dataset in statistics.datasets:
        kept = [
            _kept(found, features[_name(found)], named, key=key)
            for found in sorted(dataset.features, key=_name)
            if _name(found) in features
        ]
        head = {"name": dataset.name, "num_examples": dataset.num_examples}
        sets.append(_object(head, "features", [_json(_fields(feature)) for feature in kept]))
    return (_object({"key": key.hex()}, "datasets", sets) + "\n").encode()


def key_of(pinned: bytes) -> bytes:
    """Read the key of a pinned file, for the next one's strings to compare with its own.

    Raises:
        ValueError: the bytes are no pinned file.
    """
    return _read(pinned)[0]


def unpin(pinned: bytes, schema: schema_pb2.Schema) -> Statistics:
    """Read the statistics back; strings that `schema` names appear, all others stay hashed.

    Raises:
        ValueError: the bytes are no pinned file.
    """
    key, statistics = _read(pinned)
    named = named_domains(schema)
    names = {
        feature.name: {_hash(value, feature.name, key): value for value in _values(feature, named)}
        for feature in schema.feature
    }
    for dataset in statistics.datasets:
        for feature in dataset.features:
            _reveal(feature, names.get(_name(feature), {}))
    return statistics


def _read(pinned: bytes) -> tuple[bytes, Statistics]:
    """Read the key of the hashes and the statistics with them."""
    try:
        tree = json.loads(pinned)
        key = bytes.fromhex(tree.pop("key"))
        return key, json_format.ParseDict(tree, Statistics())
    except (ValueError, KeyError, TypeError, AttributeError, json_format.ParseError) as error:
        raise ValueError(
            f"no pinned statistics: {' '.join(str(error).split())}; take the file back from git, "
            "or pin the data anew with `malmoi schema check CONFIG --pin`"
        ) from error


def _kept(
    found: Any, declared: schema_pb2.Feature, domains: Mapping[str, Domain], *, key: bytes
) -> Any:
    """Copy only what is known to hold no text."""
    kept = statistics_pb2.FeatureNameStatistics(type=found.type, path=found.path)
    kind = found.WhichOneof("stats")
    if kind is None:
        return kept
    stats = getattr(found, kind)
    into = getattr(kept, kind)
    _copy(stats.common_stats, into.common_stats, _COMMON)
    if kind == "num_stats":
        _copy(stats, into, _NUMBERS)
        into.histograms.extend(stats.histograms)
    if kind == "string_stats":
        _copy(stats, into, _STRINGS)
        named = set(_values(declared, domains))
        judged = named or _is_compared(declared)
        buckets = stats.rank_histogram.buckets[: None if judged else UNJUDGED_VALUES]
        for bucket in buckets:
            value = bucket.label
            shown = value if value in named else _hash(value, _name(found), key)
            into.rank_histogram.buckets.add(label=shown, sample_count=bucket.sample_count)
    return kept


def _copy(source: Any, target: Any, fields: Iterable[str]) -> None:
    for field in fields:
        setattr(target, field, getattr(source, field))


def _values(feature: schema_pb2.Feature, named: Mapping[str, Domain]) -> Iterator[str]:
    domain = domain_of(feature, named)
    yield from domain.values if domain else ()


def _is_compared(feature: schema_pb2.Feature) -> bool:
    return feature.HasField("drift_comparator") or feature.HasField("skew_comparator")


def _reveal(feature: Any, values: Mapping[str, str]) -> None:
    for bucket in feature.string_stats.rank_histogram.buckets if values else ():
        bucket.label = values.get(bucket.label, bucket.label)


def _hash(value: str, column: str, key: bytes) -> str:
    """Hash a value so that the same one in another column looks different."""
    data = f"{column}\0{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=HASH_BYTES, key=key).hexdigest()


def _name(feature: Any) -> str:
    return ".".join(feature.path.step) or str(feature.name)


def _fields(message: Any) -> Any:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _json(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def _object(head: Mapping[str, Any], key: str, items: Iterable[str]) -> str:
    """Write an object whose last key is a list with a line for each item."""
    return f'{_json(head)[:-1]},"{key}":[\n' + ",\n".join(items) + "\n]}"
