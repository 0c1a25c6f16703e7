"""The `gates.data` section of the configuration: each rule with its level and its limit."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.gate_rules import LimitedRule, Rule, completed


class ComparedRule(Rule):
    """A rule on the distance of two data sets, whose limits stand in the schema."""

    min_rows: int = Field(
        2_000,
        ge=1,
        description="Rows that both data sets must have; with fewer, chance alone is a distance.",
    )


class DataGateSettings(BaseModel):
    """The rules that data must pass before anything is trained on it.

    A bare number in place of a rule is its limit, as in `leakage: 0.02`, a bare word its level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    anomalies: Rule = Field(
        Rule(), description="Data that contradicts the schema, by all that TFDV knows."
    )
    quarantined: LimitedRule = Field(
        LimitedRule(limit=0.01),
        description="Largest share of a split's rows that may be bad; a feed that loses more is "
        "broken.",
    )
    labels: LimitedRule = Field(
        LimitedRule(limit=2),
        description="Fewest different labels in train; with one there is nothing to learn.",
    )
    rows_per_label: LimitedRule = Field(
        LimitedRule(limit=5),
        description="Fewest rows of a label in train; below, neither fit nor score means anything.",
    )
    absent_labels: LimitedRule = Field(
        LimitedRule(level="warn", limit=0),
        description="Most labels of the schema that no row may have: a feed has lost one, or its "
        "rows have yet to come.",
    )
    drift: ComparedRule = Field(
        ComparedRule(),
        description="Distance of train from the last accepted span, by the schema's comparators.",
    )
    skew: ComparedRule = Field(
        ComparedRule(),
        description="Distance of eval, and of served requests, from train by those comparators.",
    )
    leakage: LimitedRule = Field(
        LimitedRule(limit=0.01),
        description="Largest share of eval rows whose text stands in train: they measure memory.",
    )
    duplicates: LimitedRule = Field(
        LimitedRule(limit=0.1),
        description="Largest share of train rows that repeat another's text; more is a fault of "
        "the feed.",
    )
    near_duplicates: LimitedRule = Field(
        LimitedRule(level="warn", limit=0.1),
        description="Largest share of train rows that are almost another's text.",
    )
    conflicting_labels: LimitedRule = Field(
        LimitedRule(level="warn", limit=0.005),
        description="Largest share of train rows whose text also bears another label; no model "
        "can have them all right.",
    )
    imbalance: LimitedRule = Field(
        LimitedRule(level="warn", limit=10),
        description="Most rows of the largest label for each of the smallest; beyond, think of "
        "training.class_weights.",
    )
    personal_data: LimitedRule = Field(
        LimitedRule(level="warn", limit=0),
        description="Most rows that seem to hold an e-mail address, a phone, card or resident "
        "registration number.",
    )
    near_empty: LimitedRule = Field(
        LimitedRule(level="warn", limit=0.05),
        description="Largest share of train texts with hardly a letter, which nobody can label.",
    )
    over_long: LimitedRule = Field(
        LimitedRule(level="warn", limit=0.01),
        description="Largest share of train texts so long that most of each is cut off.",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        """Let a rule be given in part: what is left out keeps its default."""
        return completed(cls, given)
