"""The rules of the model gate, on plain numbers: from evidence to a verdict."""

from collections.abc import Iterator

from components.model_gate.baseline_rules import baseline_checks
from components.model_gate.cost_rules import cost_checks
from components.model_gate.evidence import Evidence
from components.model_gate.paired_rules import loss_checks
from components.model_gate.settings import ModelGateSettings
from components.model_gate.slice_rules import slice_checks
from components.model_gate.threshold_rules import threshold_checks
from components.model_gate.verdict import Check, Verdict

NO_PRODUCTION = "no baseline yet: no other model is known to have served before this one"


def judge(evidence: Evidence, settings: ModelGateSettings) -> Verdict:
    """Apply every rule that is not off."""
    production = evidence.production
    return Verdict(
        production=production.name if production else NO_PRODUCTION,
        rows=len(evidence.actual),
        checks=tuple(check for check in _checks(evidence, settings) if check.level != "off"),
    )


def _checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    yield from threshold_checks(evidence, settings)
    yield from loss_checks(evidence, settings)
    yield from slice_checks(evidence, settings)
    yield from cost_checks(evidence, settings)
    yield from baseline_checks(evidence, settings)
