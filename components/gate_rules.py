"""How the configuration of a gate states a rule: by its level and its limit."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["off", "warn", "refuse"]


class Rule(BaseModel):
    """How seriously a rule is taken."""

    # Without infinity: a gate's node gets its settings as JSON, which knows none.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    level: Level = Field(
        "refuse", description="`warn` reports what it finds, `refuse` also stops the run."
    )


class LimitedRule(Rule):
    """A rule with a figure that must keep to a limit."""

    limit: float = Field(ge=0.0, description="Where the rule begins to complain.")


def completed(settings: type[BaseModel], given: Any) -> Any:
    """Fill up the rules of a gate's section: what is left out of one keeps its default.

    Args:
        settings: the section, each of whose rules has a default.
        given: the section as it was given; a bare number in place of a rule is its limit, and a
            bare level its level.
    """
    if not isinstance(given, dict):
        return given
    rules = {key: rule for key, rule in _defaults(settings).items() if key in given}
    return given | {key: _laid_over(rule, given[key]) for key, rule in rules.items()}


def _defaults(settings: type[BaseModel]) -> dict[str, Rule]:
    defaults = {key: field.default for key, field in settings.model_fields.items()}
    return {key: rule for key, rule in defaults.items() if isinstance(rule, Rule)}


def _laid_over(rule: Rule, given: Any) -> Any:
    """Lay what is given over a rule's default; what is no rule is left for pydantic to refuse."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if is_number and isinstance(rule, LimitedRule):
        given = {"limit": given}
    if given in get_args(Level):
        given = {"level": given}
    return rule.model_dump() | given if isinstance(given, dict) else given
