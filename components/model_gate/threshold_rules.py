"""The rules on the candidate alone: accuracy, macro F1 and calibration."""

from collections.abc import Iterator

import numpy as np

from components.gate_rules import LimitedRule
from components.model_gate.calibration import calibration
from components.model_gate.evidence import Evidence
from components.model_gate.intervals import Interval, macro_f1_interval, wilson
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import Check

ALL_ROWS = "all rows"


def threshold_checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    """Hold accuracy and macro F1, by their intervals' lower ends, and calibration to the limits."""
    sure = settings.confidence
    actual, predicted = evidence.actual, evidence.candidate.predicted
    right = actual == predicted
    accuracy = wilson(int(right.sum()), len(right), sure)
    yield _least("accuracy", "accuracy", settings.accuracy, accuracy, sure)
    macro_f1 = macro_f1_interval(actual, predicted, sure)
    yield _least("macro_f1", "macro F1", settings.macro_f1, macro_f1, sure)
    yield _calibrated(evidence, right, settings)


def _least(name: str, title: str, rule: LimitedRule, found: Interval, sure: float) -> Check:
    broken = found.low < rule.limit
    reached = "is below" if broken else "reaches"
    return Check(
        rule=name,
        level=rule.level,
        state="broken" if broken else "kept",
        subject=ALL_ROWS,
        figure=str(found),
        limit=f"at least {rule.limit:g}",
        sentence=f"{title} is {found.value:.4f}, with {100 * sure:g}% confidence between "
        f"{found.low:.4f} and {found.high:.4f}; the lower end {reached} {rule.limit:g}",
        advice="look at the labels that fare worst, add eval rows if the interval is wide, or "
        f"lower gates.model.{name}.limit",
    )


def _calibrated(
    evidence: Evidence,
    right: np.ndarray[tuple[int], np.dtype[np.bool_]],
    settings: ModelGateSettings,
) -> Check:
    rule = settings.calibration
    found = calibration(evidence.probabilities, right, settings.confidence)
    # Not `>`: the error of a model that gives a row no number is none either, and must not pass.
    beyond, by_chance = not found.error <= rule.limit, found.error <= found.by_chance
    told = "; a model whose probabilities are true may show as much on so few rows"
    return Check(
        rule="calibration",
        level=rule.level,
        state="broken" if beyond and not by_chance else "kept",
        subject=ALL_ROWS,
        figure=f"{found.error:.4f}",
        limit=f"at most {rule.limit:g}",
        sentence="the best label's probability and the share of right answers lie "
        f"{found.error:.4f} apart (expected calibration error)" + told * (beyond and by_chance),
        advice="train for fewer epochs, or set no threshold on these probabilities",
    )
