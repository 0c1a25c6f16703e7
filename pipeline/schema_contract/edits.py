"""The smallest edits that loosen one rule, in a schema or in a configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_statistics import comparators
from pipeline.schema_contract import text_proto, text_yaml
from pipeline.schema_contract.domains import domain_of, named_domains
from pipeline.schema_contract.text_proto import Field


class NothingToEditError(ValueError):
    """The place that an edit is for is not in the file, or holds what it would put there."""


@dataclass(frozen=True, kw_only=True)
class AddValue:
    """Adds a value to the set of strings that a feature may hold."""

    feature: str
    value: str

    def apply(self, text: str) -> str:
        """Add the value behind the domain's last one.

        Raises:
            NothingToEditError: the feature has no set of strings, or it has the value already.
        """
        feature = _feature(text, self.feature)
        domain = _domain(text, feature, ("string_domain",))
        values = [field for field in domain.fields if field.name == "value"]
        if self.value in _domain_values(text, self.feature):
            raise NothingToEditError(
                f"feature {self.feature!r}: the schema allows {self.value!r} already; "
                "`malmoi run` judges the data by it"
            )
        if not values:
            raise NothingToEditError(
                f"feature {self.feature!r}: its domain has no value yet; write the first by hand"
            )
        return text_proto.append_string(text, values[-1], self.value)


@dataclass(frozen=True, kw_only=True)
class SetBound:
    """Sets a number that bounds a feature, such as `drift_comparator.infinity_norm.threshold`."""

    feature: str
    path: str
    value: float

    def apply(self, text: str) -> str:
        """Put the number in the place of the old one, or add it where there is none.

        A figure of the text is judged though no schema declares it: its feature is added too.

        Raises:
            NothingToEditError: the schema has no such feature, or the feature no such domain.
        """
        text = _with_figure(text, self.feature)
        field = _feature(text, self.feature)
        names = self.path.split(".")
        if names[0] in ("int_domain", "float_domain"):
            field = _domain(text, field, (names.pop(0),))
        while names:
            if not field.fields:
                return text_proto.replace_scalar(text, field, f"{{ {_nested(names, self.value)} }}")
            below = [found for found in field.fields if found.name == names[0]]
            if not below:
                return text_proto.append_entry(text, field.fields[-1], _nested(names, self.value))
            field = below[0]
            names.pop(0)
        return text_proto.replace_scalar(text, field, _number(self.value))


@dataclass(frozen=True, kw_only=True)
class SetKey:
    """Sets one key of a configuration."""

    keys: Sequence[str]
    value: str

    def apply(self, text: str) -> str:
        """Set the key, wherever the file writes it; a bare number in a rule's place is its limit.

        Raises:
            text_yaml.UneditableError: it cannot be set by itself.
        """
        *rule, last = self.keys
        is_bare = last == "limit" and text_yaml.has_number(text, rule)
        return text_yaml.set_key(text, rule if is_bare else self.keys, self.value)


Edit = AddValue | SetBound | SetKey


def _feature(text: str, name: str) -> Field:
    for field in text_proto.scan(text):
        if field.name == "feature" and _has_name(text, field, name):
            return field
    raise NothingToEditError(f"the schema has no feature {name!r}; `malmoi schema diff` tells why")


def _with_figure(text: str, name: str) -> str:
    """Declare a figure of the text, such as `text/characters`, where the schema does not."""
    column, _, measure = name.rpartition("/")
    there = any(_has_name(text, f, name) for f in text_proto.scan(text) if f.name == "feature")
    if there or not column or measure not in comparators.MEASURES:
        return text
    declared = schema_pb2.Schema(feature=[comparators.declaration(name, measure)])
    return f"{text.rstrip()}\n{text_format.MessageToString(declared, as_utf8=True)}"


def _domain(text: str, feature: Field, kinds: Sequence[str]) -> Field:
    """Find a feature's domain, in the feature or by its name in the schema."""
    for field in feature.fields:
        if field.name in kinds:
            return field
        if field.name == "domain":
            wanted = text_proto.string_of(text, field)
            for whole in text_proto.scan(text):
                if whole.name in kinds and _has_name(text, whole, wanted):
                    return whole
    raise NothingToEditError(f"the feature has no {' or '.join(kinds)}; write one by hand")


def _has_name(text: str, field: Field, name: str) -> bool:
    return any(
        below.name == "name" and text_proto.string_of(text, below) == name for below in field.fields
    )


def _nested(names: Sequence[str], value: float) -> str:
    """Write a path of fields on one line."""
    if len(names) == 1:
        return f"{names[0]}: {_number(value)}"
    return f"{names[0]} {{ {_nested(names[1:], value)} }}"


def _number(value: float) -> str:
    """Write a number in full, without a useless `.0`: the field may be an integer's."""
    return str(value).removesuffix(".0")


def _domain_values(text: str, feature: str) -> Sequence[str]:
    schema = text_format.Parse(text, schema_pb2.Schema())
    (found,) = (f for f in schema.feature if f.name == feature)
    domain = domain_of(found, named_domains(schema))
    return domain.values if domain else ()
