"""Changes of a feature that stands in both versions of a schema."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.bounds import FEATURE_BOUNDS, PRESENCE, clear, compare_bounds
from pipeline.schema_contract.changes import Change, Kind, in_one_line
from pipeline.schema_contract.domains import compare_domains
from pipeline.schema_contract.parts import SERVING, Role
from pipeline.schema_contract.side import Side, added, removed

_COMPARED: Final = (
    *("name", "type", "annotation", "deprecated", "lifecycle_stage"),
    *("in_environment", "not_in_environment", "shape"),
    *("domain", "string_domain", "int_domain", "float_domain", "bool_domain", "struct_domain"),
    *("natural_language_domain", "image_domain", "mid_domain", "url_domain", "time_domain"),
    "time_of_day_domain",
)
"""Fields that a rule below looks at; whatever else differs is told as it stands."""


def compare_features(old: Side, new: Side, role: Role) -> Iterator[Change]:
    """Yield every change of a feature that both versions have."""
    for change in _all_changes(old, new, role):
        if role == "profile" and change.kind in ("breaking", "retraining"):
            kind: Kind = "tightens" if change.kind == "breaking" else "loosens"
            why = "the data gate judges this figure of the text in another way; no model reads it"
            yield replace(change, kind=kind, consequence=why)
        else:
            yield change


def _all_changes(old: Side, new: Side, role: Role) -> Iterator[Change]:
    name = new.feature.name
    yield from _form(old.feature, new.feature)
    yield from compare_domains(old.domain, new.domain, feature=name, role=role)
    yield from _bounds(old, new, role)
    yield from _environments(old, new, role)
    yield from _life(old, new, role)
    yield from _description(old.feature, new.feature)
    yield from _remainder(old.feature, new.feature)


def _form(old: schema_pb2.Feature, new: schema_pb2.Feature) -> Iterator[Change]:
    """Compare type and shape."""
    if old.type != new.type:
        yield Change(
            kind="breaking",
            what="type-changed",
            feature=new.name,
            event="its type changed",
            before=schema_pb2.FeatureType.Name(old.type),
            after=schema_pb2.FeatureType.Name(new.type),
            consequence="what clients and files hold today has the wrong type",
        )
    if old.shape != new.shape or old.HasField("shape") != new.HasField("shape"):
        yield Change(
            kind="breaking",
            what="shape-changed",
            feature=new.name,
            event="its shape changed",
            before=_shape(old),
            after=_shape(new),
            consequence="the model's inputs take another form",
        )


def _shape(feature: schema_pb2.Feature) -> str:
    shape = feature.shape if feature.HasField("shape") else None
    return in_one_line(schema_pb2.Feature(shape=shape))


def _bounds(old: Side, new: Side, role: Role) -> Iterator[Change]:
    """Compare the bounds; presence that begins to bind clients is graver than the others."""
    name = new.feature.name
    was_free = old.watched and old.in_environment(SERVING) and not old.must_be_sent
    binds = was_free and new.must_be_sent
    for change in compare_bounds(old.feature, new.feature, bounds=FEATURE_BOUNDS, feature=name):
        if binds and role != "label" and change.what.startswith(PRESENCE.slug):
            yield replace(
                change,
                kind="breaking",
                what="presence-required",
                event="what was optional becomes required",
                consequence="every client must send it, and those of today may leave it out",
            )
        else:
            yield change


def _environments(old: Side, new: Side, role: Role) -> Iterator[Change]:
    for environment in sorted(old.environments() | new.environments()):
        before, after = old.in_environment(environment), new.in_environment(environment)
        asked_for = role != "profile" or old.must_be_sent or new.must_be_sent
        if before == after or (environment == SERVING and not asked_for):
            continue
        kind, why = _what_an_environment_means(new, role, environment, entered=after)
        verb = "added" if after else "removed"
        yield Change(
            kind=kind,
            what=f"environment-{verb}",
            feature=new.feature.name,
            event=f"environment {environment} is {verb}",
            before="held to it" if before else "free of it",
            after="held to it" if after else "free of it",
            consequence=why,
        )


def _what_an_environment_means(
    new: Side, role: Role, environment: str, *, entered: bool
) -> tuple[Kind, str]:
    if environment == SERVING and entered and new.must_be_sent and role not in ("text", "label"):
        return "breaking", "every client must send it, and those of today do not"
    if environment == SERVING and not entered and role == "text":
        return "breaking", "the served model would take no text"
    if entered:
        return "tightens", f"{environment} data is now held to it"
    return "loosens", f"{environment} data is no longer held to it"


def _life(old: Side, new: Side, role: Role) -> Iterator[Change]:
    """Compare the place in the life cycle, which decides whether gate and model see it at all."""
    fields = [(s.feature.deprecated, s.feature.lifecycle_stage) for s in (old, new)]
    if fields[0] == fields[1]:
        return
    kind: Kind = "cosmetic"
    why = "the data gate treats it as before"
    if old.watched != new.watched:
        kind = "tightens" if new.watched else "loosens"
        why = f"the data gate {'looks at it again' if new.watched else 'no longer looks at it'}"
        as_if = added(new, role) if new.watched else removed(old, role)
        if as_if.kind == "breaking" and not (new.watched and role == "text"):
            kind, why = as_if.kind, as_if.consequence
    before, after = (
        "deprecated" if deprecated else schema_pb2.LifecycleStage.Name(stage)
        for deprecated, stage in fields
    )
    yield Change(
        kind=kind,
        what="lifecycle-changed",
        feature=new.feature.name,
        event="its place in the life cycle changed",
        before=before,
        after=after,
        consequence=why,
    )


def _description(old: schema_pb2.Feature, new: schema_pb2.Feature) -> Iterator[Change]:
    if old.annotation != new.annotation:
        yield Change(
            kind="cosmetic",
            what="annotation-changed",
            feature=new.name,
            event="its description changed",
            before=in_one_line(old.annotation),
            after=in_one_line(new.annotation),
            consequence="nothing reads it but people",
        )


def _remainder(old: schema_pb2.Feature, new: schema_pb2.Feature) -> Iterator[Change]:
    """Tell what no rule above knows, so that nothing passes unseen."""
    before, after = _bare(old), _bare(new)
    if before != after:
        yield Change(
            kind="retraining",
            what="other-changed",
            feature=new.name,
            event="settings changed that this comparison has no rule for",
            before=in_one_line(before),
            after=in_one_line(after),
            consequence="read them by hand, and retrain to be sure",
        )


def _bare(feature: schema_pb2.Feature) -> schema_pb2.Feature:
    bare = schema_pb2.Feature()
    bare.CopyFrom(feature)
    for bound in FEATURE_BOUNDS:
        clear(bare, bound)
    for field in _COMPARED:
        bare.ClearField(field)
    return bare
