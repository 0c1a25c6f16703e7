"""The rules on what may be lost against the model in production."""

from collections.abc import Iterator, Mapping
from typing import Final

from components.gate_rules import LimitedRule
from components.model_gate.evidence import Evidence
from components.model_gate.intervals import Interval, macro_f1_difference
from components.model_gate.paired import (
    Standing,
    difference_interval,
    discordance,
    standing,
)
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import Check

NOTHING_TO_COMPARE: Final = "no baseline yet: nothing to compare with"

_TITLES: Final = {"accuracy_loss": "accuracy", "macro_f1_loss": "macro F1"}
_TESTS: Final = {
    "accuracy_loss": "McNemar's test with a margin, Tango's interval",
    "macro_f1_loss": "paired bootstrap",
}

_STANDINGS: Final[Mapping[Standing, str]] = {
    "better": "shown to be better than production",
    "no worse": "shown to be no worse than production by more than {margin:g}",
    "not shown to be worse": "not shown to be worse than production by more than {margin:g}, "
    "though too few rows differ to show that it is not",
    "worse": "worse than production beyond the margin of {margin:g}",
}


def loss_checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    """Compare accuracy and macro F1 with production's, on the same rows."""
    rules = {"accuracy_loss": settings.accuracy_loss, "macro_f1_loss": settings.macro_f1_loss}
    if evidence.production is None:
        yield from (not_compared(name, rule) for name, rule in rules.items())
        return
    ours, theirs = evidence.candidate.predicted, evidence.production.predicted
    pairs = discordance(ours == evidence.actual, theirs == evidence.actual)
    differences = {
        "accuracy_loss": difference_interval(pairs, settings.confidence),
        "macro_f1_loss": macro_f1_difference(evidence.actual, ours, theirs, settings.confidence),
    }
    details = {"accuracy_loss": f" ({pairs.won:,} rows won, {pairs.lost:,} lost)"}
    for name, rule in rules.items():
        yield _check(name, rule, differences[name], detail=details.get(name, ""))


def not_compared(name: str, rule: LimitedRule, *, subject: str = "production") -> Check:
    """Say that a rule has nothing to compare with, which is no pass."""
    return Check(
        rule=name,
        level=rule.level,
        state="not judged",
        subject=subject,
        figure="",
        limit=f"{rule.limit:g}",
        sentence=NOTHING_TO_COMPARE,
        advice="",
    )


def _check(name: str, rule: LimitedRule, difference: Interval, *, detail: str) -> Check:
    stands = standing(difference, rule.limit)
    return Check(
        rule=name,
        level=rule.level,
        state="broken" if stands == "worse" else "kept",
        subject="against production",
        figure=signed(difference),
        limit=f"may lose {rule.limit:g}",
        sentence=f"{_TITLES[name]} differs by {signed(difference)}{detail}: "
        f"{_STANDINGS[stands].format(margin=rule.limit)} ({_TESTS[name]})",
        advice="keep production, and find out what the new rows or settings have done; or raise "
        f"gates.model.{name}.limit",
    )


def signed(difference: Interval) -> str:
    """Write a difference and its interval with their signs."""
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
