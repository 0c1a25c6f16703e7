"""Changes of a domain: the values that a feature may have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.bounds import Bound, is_tighter, read, shown
from pipeline.schema_contract.changes import NOTHING, Change, Kind, in_one_line
from pipeline.schema_contract.parts import Role

_NUMERIC: Final = ("int_domain", "float_domain")
_ENDS: Final = (Bound("min", "least", "smallest value"), Bound("max", "most", "largest value"))

_MOST_SHOWN: Final = 5
"""Values that a sentence names; the diff of the file has all."""


@dataclass(frozen=True)
class Domain:
    """A feature's domain, wherever the schema writes it.

    Attributes:
        kind: its field's name, such as `string_domain`.
        values: of a set of strings.
        message: the domain itself, without its name and values.
    """

    kind: str
    values: tuple[str, ...]
    message: Any

    def in_words(self) -> str:
        """Say what it allows."""
        if self.kind == "string_domain":
            return _count(self.values, "value")
        if self.kind in _NUMERIC:
            low, high = (shown(read(self.message, end)) for end in _ENDS)
            return f"{self.kind.removesuffix('_domain')} from {low} to {high}"
        return self.kind


def named_domains(schema: schema_pb2.Schema) -> dict[str, Domain]:
    """Take the domains that features of a schema may name; of two with one name the first."""
    found: dict[str, Domain] = {}
    for kind in ("string_domain", *_NUMERIC):
        for message in getattr(schema, kind):
            found.setdefault(message.name, _domain(kind, message))
    return found


def domain_of(feature: schema_pb2.Feature, named: Mapping[str, Domain]) -> Domain | None:
    """Find a feature's domain, in the feature or by its name in the schema.

    Args:
        feature: the feature.
        named: the schema's `named_domains`.

    Raises:
        ValueError: the schema has no domain of that name.
    """
    kind = feature.WhichOneof("domain_info")
    if kind is None:
        return None
    if kind != "domain":
        return _domain(kind, getattr(feature, kind))
    if feature.domain not in named:
        raise ValueError(
            f"feature {feature.name!r}: the schema has no domain {feature.domain!r}; "
            "add a string_domain of that name, or drop the feature's domain"
        )
    return named[feature.domain]


def compare_domains(
    old: Domain | None, new: Domain | None, *, feature: str, role: Role
) -> Iterator[Change]:
    """Yield every change of a feature's domain."""
    if old is None and new is None:
        return
    if old is None or new is None or old.kind != new.kind:
        yield _replaced(old, new, feature)
        return
    yield from _values(old, new, feature=feature, role=role)
    if old.kind in _NUMERIC:
        for end in _ENDS:
            yield from _end(end, old.message, new.message, feature=feature, role=role)
    if _rest(old) != _rest(new):
        yield Change(
            kind="retraining",
            what="domain-meaning-changed",
            feature=feature,
            event="the meaning of its domain changed",
            before=in_one_line(_rest(old)),
            after=in_one_line(_rest(new)),
            consequence="models read its values in another way",
        )


def _domain(kind: str, message: Any) -> Domain:
    bare = type(message)()
    bare.CopyFrom(message)
    values: tuple[str, ...] = ()
    if kind == "string_domain":
        values = tuple(bare.value)
        bare.ClearField("value")
    if "name" in bare.DESCRIPTOR.fields_by_name:
        bare.ClearField("name")
    return Domain(kind, values, bare)


def _replaced(old: Domain | None, new: Domain | None, feature: str) -> Change:
    kind: Kind = "tightens" if old is None else "loosens" if new is None else "retraining"
    consequences = {
        "tightens": "the data gate refuses every other value from now on",
        "loosens": "the data gate lets any value pass, misspelt labels too",
        "retraining": "its values mean something else than those that models have learnt from",
    }
    verbs = {"tightens": "set", "loosens": "removed", "retraining": "replaced"}
    return Change(
        kind=kind,
        what=f"domain-{verbs[kind]}",
        feature=feature,
        event=f"its domain is {verbs[kind]}",
        before=old.in_words() if old else NOTHING,
        after=new.in_words() if new else NOTHING,
        consequence=consequences[kind],
    )


def _values(old: Domain, new: Domain, *, feature: str, role: Role) -> Iterator[Change]:
    was, now = set(old.values), set(new.values)
    gone = [value for value in old.values if value not in now]
    come = [value for value in new.values if value not in was]
    if role == "label":
        yield from (_label(value, old, new, feature=feature, added=False) for value in gone)
        yield from (_label(value, old, new, feature=feature, added=True) for value in come)
        return
    if gone:
        yield _set_of_values(gone, old, new, feature=feature, kind="tightens")
    if come:
        kind: Kind = "loosens" if role == "profile" else "retraining"
        yield _set_of_values(come, old, new, feature=feature, kind=kind)


def _label(value: str, old: Domain, new: Domain, *, feature: str, added: bool) -> Change:
    kind, why = _WHAT_A_LABEL_MEANS[added]
    verb = "added" if added else "removed"
    return Change(
        kind=kind,
        what=f"label-{verb}",
        feature=feature,
        event=f"label {value!r} is {verb}",
        before=_count(old.values, "label"),
        after=_count(new.values, "label"),
        consequence=why,
    )


_WHAT_A_LABEL_MEANS: Final[dict[bool, tuple[Kind, str]]] = {
    True: ("retraining", "the served model never answers with it until one learns it from rows"),
    False: (
        "breaking",
        "the served model still answers with it, the next one never will, and the data gate "
        "refuses rows that have it",
    ),
}
"""By whether the label is added."""


def _set_of_values(
    values: Sequence[str], old: Domain, new: Domain, *, feature: str, kind: Kind
) -> Change:
    consequences = {
        "tightens": "the data gate refuses rows that have them",
        "loosens": "the data gate lets rows pass that have them",
        "retraining": "rows that have them pass, and the served model has seen none",
    }
    named = ", ".join(map(repr, values[:_MOST_SHOWN]))
    more = f" and {len(values) - _MOST_SHOWN} more" if len(values) > _MOST_SHOWN else ""
    verb = "removed" if kind == "tightens" else "added"
    return Change(
        kind=kind,
        what=f"values-{verb}",
        feature=feature,
        event=f"values {named}{more} are {verb}",
        before=old.in_words(),
        after=new.in_words(),
        consequence=consequences[kind],
    )


def _end(end: Bound, old: Any, new: Any, *, feature: str, role: Role) -> Iterator[Change]:
    before, after = read(old, end), read(new, end)
    if before == after:
        return
    tighter = is_tighter(end, before, after)
    kind: Kind = "tightens" if tighter else "loosens" if role == "profile" else "retraining"
    consequences = {
        "tightens": "the data gate refuses values beyond it",
        "loosens": "the data gate lets values pass that it refused before",
        "retraining": "values pass that the served model has never seen",
    }
    yield Change(
        kind=kind,
        what=f"domain-{end.path}-{'narrowed' if tighter else 'widened'}",
        feature=feature,
        event=f"its {end.words} is moved",
        before=shown(before),
        after=shown(after),
        consequence=consequences[kind],
    )


def _count(values: Sequence[str], name: str) -> str:
    return f"{len(values)} {name}{'s' * (len(values) != 1)}"


def _rest(domain: Domain) -> Any:
    rest = type(domain.message)()
    rest.CopyFrom(domain.message)
    if domain.kind in _NUMERIC:
        for end in _ENDS:
            rest.ClearField(end.path)
    return rest
