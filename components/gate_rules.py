"""How the configuration of a gate states a rule: by its level and its limit."""

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
