"""A feature in one version of a schema, and what it means that the other version has none."""

from collections.abc import Mapping
from typing import Final

from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.bounds import PRESENCE, read
from pipeline.schema_contract.changes import NOTHING, Change, Kind
from pipeline.schema_contract.domains import Domain, domain_of
from pipeline.schema_contract.parts import SERVING, Role

_Stage = schema_pb2.LifecycleStage
_UNWATCHED: Final = frozenset(
    {_Stage.PLANNED, _Stage.ALPHA, _Stage.DEPRECATED, _Stage.DEBUG_ONLY, _Stage.DISABLED}
)
"""Stages of which TFDV's validation looks at no feature and TFX gives none to the model."""


class Side:
    """A feature in one version of a schema.

    Args:
        feature: the feature.
        schema: the version that it stands in, with its environments.
        named: that version's `named_domains`.

    Raises:
        ValueError: the feature names a domain that the schema has not.
    """

    def __init__(
        self,
        feature: schema_pb2.Feature,
        schema: schema_pb2.Schema,
        named: Mapping[str, Domain],
    ) -> None:
        self.feature = feature
        self.domain = domain_of(feature, named)
        self._default = frozenset(schema.default_environment)

    def in_environment(self, name: str) -> bool:
        """Tell whether data of an environment is held to the feature, as TFDV decides it."""
        if name in self.feature.in_environment:
            return True
        return name in self._default and name not in self.feature.not_in_environment

    @property
    def must_be_sent(self) -> bool:
        """Whether every request must have it."""
        required = (read(self.feature, PRESENCE) or 0) > 0
        return required and self.watched and self.in_environment(SERVING)

    @property
    def watched(self) -> bool:
        """Whether the gate looks at it, and the model gets it, at all."""
        return not self.feature.deprecated and self.feature.lifecycle_stage not in _UNWATCHED

    def environments(self) -> set[str]:
        """List every environment that is named here."""
        return {*self._default, *self.feature.in_environment, *self.feature.not_in_environment}

    def in_words(self) -> str:
        """Say its type and what it may hold."""
        kind = schema_pb2.FeatureType.Name(self.feature.type)
        return f"{kind}, {self.domain.in_words() if self.domain else 'any value'}"


def added(side: Side, role: Role) -> Change:
    """Class a feature that the old version has not."""
    kind, why = _what_a_new_one_means(side, role)
    return Change(
        kind=kind,
        what="feature-added",
        feature=side.feature.name,
        event="the feature is added",
        before=NOTHING,
        after=side.in_words(),
        consequence=why,
    )


def removed(side: Side, role: Role) -> Change:
    """Class a feature that the new version has not."""
    kind, why = _WHAT_A_LOSS_MEANS[role]
    return Change(
        kind=kind,
        what="feature-removed",
        feature=side.feature.name,
        event="the feature is removed",
        before=side.in_words(),
        after=NOTHING,
        consequence=why,
    )


_WHAT_A_LOSS_MEANS: Final[dict[Role, tuple[Kind, str]]] = {
    "text": ("breaking", "clients of the served model send it, and no later model would read it"),
    "label": ("breaking", "there is nothing left to learn: no model can follow the served one"),
    "profile": ("loosens", "the data gate watches one figure of the text less"),
    "column": (
        "retraining",
        "the next model and its slices are made without it, and data that has it is refused",
    ),
}


def _what_a_new_one_means(side: Side, role: Role) -> tuple[Kind, str]:
    if role == "profile":
        return "tightens", "the data gate watches one more figure of the text"
    if side.must_be_sent:
        return "breaking", "every client must send it, and those of today do not"
    return "retraining", "the served model has not learnt from it"
