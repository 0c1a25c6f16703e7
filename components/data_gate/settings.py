"""The `gates.data` section of the configuration: each rule with its level and its limit."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["off", "warn", "refuse"]


class Rule(BaseModel):
    """How seriously a rule is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level = Field(
        "refuse", description="`warn` reports what it finds, `refuse` also stops the run."
    )


class LimitedRule(Rule):
    """A rule with a figure that must keep to a limit."""

    limit: float = Field(ge=0.0, description="Where the rule begins to complain.")


class DataGateSettings(BaseModel):
    """The rules that data must pass before anything is trained on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anomalies: Rule = Field(
        Rule(), description="Data that contradicts the schema, by all that TFDV knows."
    )
    quarantined: LimitedRule = Field(
        LimitedRule(limit=0.01),
        description="Largest share of rows that may be bad; a feed that loses more is broken.",
    )
    labels: LimitedRule = Field(
        LimitedRule(limit=2),
        description="Fewest different labels in train; with one there is nothing to learn.",
    )
    rows_per_label: LimitedRule = Field(
        LimitedRule(limit=5),
        description="Fewest rows of a label in train; below, neither fit nor score means anything.",
    )
