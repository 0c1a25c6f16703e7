"""What a change of schema means: two versions in, classed changes out."""

from collections.abc import Iterator

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.bounds import DATASET_BOUNDS, PRESENCE, clear, compare_bounds, read
from pipeline.schema_contract.changes import KINDS, Change, in_one_line
from pipeline.schema_contract.domains import domain_of
from pipeline.schema_contract.features import compare_features
from pipeline.schema_contract.parts import Parts
from pipeline.schema_contract.side import Side, added, removed

DATA_SET = "the data set"
"""What a change is about that concerns no single feature."""

_NOT_LEFT_OVER = ("feature", "string_domain", "int_domain", "float_domain", "default_environment")


def parse(text: str, *, path: str) -> schema_pb2.Schema:
    """Read a schema in text form.

    Raises:
        ValueError: it is none; the message has the path, the line and the column.
    """
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        raise ValueError(f"{path}:{error}; mend it there, then repeat the command") from error


def compare_texts(old: str, new: str, *, path: str, parts: tuple[Parts, Parts]) -> list[Change]:
    """List what the change of a schema's file means; a change of the text alone is cosmetic.

    Args:
        old: the file's content before.
        new: its content after.
        path: the file, for messages.
        parts: the text and label columns before and after.
    """
    changes = compare(parse(old, path=f"{path} (before)"), parse(new, path=path), parts=parts)
    if changes or old == new:
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
    changes += _features(old, new, before=before, after=parts[1])
    changes += compare_bounds(
        old.dataset_constraints, new.dataset_constraints, bounds=DATASET_BOUNDS, feature=DATA_SET
    )
    changes += _left_over(old, new)
    order = list(KINDS)
    return sorted(changes, key=lambda change: order.index(change.kind))


def _features(
    old: schema_pb2.Schema, new: schema_pb2.Schema, *, before: Parts, after: Parts
) -> Iterator[Change]:
    was = {feature.name: Side(feature, old) for feature in old.feature}
    now = {feature.name: Side(feature, new) for feature in new.feature}
    for name, side in was.items():
        if name in now:
            yield from compare_features(side, now[name], before.role(name))
        else:
            yield removed(side, before.role(name))
    for name, side in now.items():
        if name not in was:
            yield added(side, after.role(name))


def _renames(
    old: schema_pb2.Schema, new: schema_pb2.Schema, parts: tuple[Parts, Parts]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Find the text or label column under its new name."""
    was = {feature.name: feature for feature in old.feature}
    now = {feature.name: feature for feature in new.feature}
    come = [name for name in now if name not in was]
    for role in ("text", "label"):
        name, wanted = getattr(parts[0], role), getattr(parts[1], role)
        if name not in was or name in now:
            continue
        alike = [c for c in come if _likeness(now[c], new) == _likeness(was[name], old)]
        found = wanted if wanted in alike else alike[0] if len(alike) == 1 else None
        if found:
            yield role, (name, found)


def _likeness(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> tuple[object, ...]:
    domain = domain_of(feature, schema)
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
