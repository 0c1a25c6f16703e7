"""What a change of schema means: two versions in, classed changes out."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_statistics import comparators
from components.text_statistics.columns import profile_column
from pipeline.schema_contract.bounds import DATASET_BOUNDS, PRESENCE, clear, compare_bounds, read
from pipeline.schema_contract.changes import KINDS, Change, in_one_line
from pipeline.schema_contract.domains import domain_of, named_domains
from pipeline.schema_contract.features import compare_features
from pipeline.schema_contract.parts import Parts
from pipeline.schema_contract.side import Side, added, removed

DATA_SET = "the data set"
"""What a change is about that concerns no single feature."""

_NOT_LEFT_OVER = ("feature", "string_domain", "int_domain", "float_domain", "default_environment")


class Written(NamedTuple):
    """A version of a schema: the text of its file, and what that says."""

    text: str
    schema: schema_pb2.Schema


def parse(text: str, *, path: str, before: bool = False) -> schema_pb2.Schema:
    """Read a schema in text form.

    Args:
        text: the file's content.
        path: the file, for messages.
        before: whether it is the version compared with, which cannot be mended where it lies.

    Raises:
        ValueError: it is none, or a feature's domain is missing; the message has the path.
    """
    advice = "mend it there, then repeat the command"
    if before:
        path, advice = f"{path} (before)", "name a revision with --base that has a sound one"
    try:
        schema = text_format.Parse(text, schema_pb2.Schema())
        named = named_domains(schema)
        for feature in schema.feature:
            domain_of(feature, named)
    except text_format.ParseError as error:
        raise ValueError(f"{path}:{error}; {advice}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return schema


def refuse_twins(schema: schema_pb2.Schema, *, path: str) -> None:
    """Refuse a feature that is declared twice, as a merge leaves it: TFDV reads the first only.

    Raises:
        ValueError: there is one.
    """
    names = Counter(feature.name for feature in schema.feature)
    twins = [repr(name) for name, count in names.items() if count > 1]
    if twins:
        raise ValueError(
            f"{path}: declared more than once: {', '.join(twins)}; keep one `feature` of each"
        )


def compare_files(old: Written, new: Written, *, parts: tuple[Parts, Parts]) -> list[Change]:
    """List what the change of a schema's file means; a change of the text alone is cosmetic.

    Args:
        old: the file before.
        new: the file after.
        parts: the text and label columns before and after.
    """
    changes = compare(old.schema, new.schema, parts=parts)
    if changes or old.text == new.text:
        return changes
    return [
        Change(
            kind="cosmetic",
            what="layout-changed",
            feature=DATA_SET,
            event="comments, order or layout changed",
            before="one way to write it",
            after="another",
            consequence="the contract says what it said",
        )
    ]


def compare(
    old: schema_pb2.Schema, new: schema_pb2.Schema, *, parts: tuple[Parts, Parts]
) -> list[Change]:
    """List what changed between two versions of a schema, the gravest first.

    A text or label column that went while one of equal type, domain and presence came is one
    rename, and the figures derived from the text go with it.

    Args:
        old: the version before.
        new: the version after.
        parts: the text and label columns before and after.

    Raises:
        ValueError: a feature names a domain that its schema has not.
    """
    renames = dict(_renames(old, new, parts))
    changes = [_rename(role, was, now) for role, (was, now) in renames.items()]
    old = _renamed(old, renames)
    before = Parts(
        text=renames["text"][1] if "text" in renames else parts[0].text,
        label=renames["label"][1] if "label" in renames else parts[0].label,
    )
    judged = [_judged(old, new, before.text), _judged(new, old, parts[1].text)]
    changes += _features(*judged, before=before, after=parts[1])
    changes += compare_bounds(
        old.dataset_constraints, new.dataset_constraints, bounds=DATASET_BOUNDS, feature=DATA_SET
    )
    changes += _left_over(old, new)
    order = list(KINDS)
    return sorted(changes, key=lambda change: order.index(change.kind))


def _features(
    old: schema_pb2.Schema, new: schema_pb2.Schema, *, before: Parts, after: Parts
) -> Iterator[Change]:
    was, now = _sides(old), _sides(new)
    for name, side in was.items():
        if name in now:
            yield from compare_features(side, now[name], before.role(name))
        else:
            yield removed(side, before.role(name))
    for name, side in now.items():
        if name not in was:
            yield added(side, after.role(name))


def _judged(
    schema: schema_pb2.Schema, other: schema_pb2.Schema, text: str | None
) -> schema_pb2.Schema:
    """Give the figures of the text that either version declares the limits that the gate adds."""
    result = schema_pb2.Schema()
    result.CopyFrom(schema)
    declared = {feature.name for version in (schema, other) for feature in version.feature}
    for measure in comparators.MEASURES:
        if text and profile_column(text, measure) in declared:
            comparators.add_figure(result, text, measure)
    return result


def _sides(schema: schema_pb2.Schema) -> dict[str, Side]:
    """Take the features by name, of two with one name the first, as TFDV does."""
    sides: dict[str, Side] = {}
    named = named_domains(schema)
    for feature in schema.feature:
        sides.setdefault(feature.name, Side(feature, schema, named))
    return sides


def _renames(
    old: schema_pb2.Schema, new: schema_pb2.Schema, parts: tuple[Parts, Parts]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Find the text or label column under its new name."""
    was, now = _sides(old), _sides(new)
    come = [name for name in now if name not in was]
    for role in ("text", "label"):
        name, wanted = getattr(parts[0], role), getattr(parts[1], role)
        if name not in was or name in now:
            continue
        alike = [c for c in come if _likeness(now[c]) == _likeness(was[name])]
        found = wanted if wanted in alike else alike[0] if len(alike) == 1 else None
        if found:
            come.remove(found)
            yield role, (name, found)


def _likeness(side: Side) -> tuple[object, ...]:
    feature, domain = side.feature, side.domain
    values = (domain.kind, domain.values, domain.message.SerializeToString()) if domain else None
    return feature.type, values, read(feature, PRESENCE), feature.presence.min_count


def _renamed(schema: schema_pb2.Schema, renames: dict[str, tuple[str, str]]) -> schema_pb2.Schema:
    """Give the old version the new names, so that only what else changed is left to tell."""
    result = schema_pb2.Schema()
    result.CopyFrom(schema)
    for was, now in renames.values():
        for feature in result.feature:
            if feature.name == was or feature.name.startswith(f"{was}/"):
                feature.name = now + feature.name.removeprefix(was)
    return result


def _rename(role: str, was: str, now: str) -> Change:
    if role == "text":
        why = "clients and files must name it so, and no run passes until the configuration does"
    else:
        why = "labelled files must name it so, and no run passes until the configuration does"
    return Change(
        kind="breaking" if role == "text" else "retraining",
        what=f"{role}-renamed",
        feature=was,
        event=f"the {role} column is renamed",
        before=was,
        after=now,
        consequence=why,
    )


def _left_over(old: schema_pb2.Schema, new: schema_pb2.Schema) -> Iterator[Change]:
    """Tell what changed beside the features."""
    before, after = _without_features(old), _without_features(new)
    if before.annotation != after.annotation:
        yield Change(
            kind="cosmetic",
            what="annotation-changed",
            feature=DATA_SET,
            event="the schema's description changed",
            before=in_one_line(before.annotation),
            after=in_one_line(after.annotation),
            consequence="nothing reads it but people",
        )
    before.ClearField("annotation")
    after.ClearField("annotation")
    if before != after:
        yield Change(
            kind="retraining",
            what="tensors-changed",
            feature=DATA_SET,
            event="settings changed that this comparison has no rule for",
            before=in_one_line(before),
            after=in_one_line(after),
            consequence="read them by hand, and retrain to be sure",
        )


def _without_features(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    bare = schema_pb2.Schema()
    bare.CopyFrom(schema)
    for field in _NOT_LEFT_OVER:
        bare.ClearField(field)
    for bound in DATASET_BOUNDS:
        clear(bare.dataset_constraints, bound)
    if not bare.dataset_constraints.ListFields():
        bare.ClearField("dataset_constraints")
    return bare
