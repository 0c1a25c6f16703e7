"""The rule that a large model must be worth it."""

from collections.abc import Iterator

from components.model_gate.evidence import Evidence, Labels
from components.model_gate.intervals import macro_f1_difference
from components.model_gate.paired import difference_interval, discordance
from components.model_gate.paired_rules import signed
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import Check


def baseline_checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    """Ask for a gain over each simple baseline, in accuracy or in macro F1.

    Either is enough: a model that weighs rare labels up wins the one at the cost of the other.
    """
    for name, theirs in evidence.baselines.items():
        yield _check(name, theirs, evidence, settings)


def _check(name: str, theirs: Labels, evidence: Evidence, settings: ModelGateSettings) -> Check:
    rule, actual, ours = settings.baseline_gain, evidence.actual, evidence.candidate.predicted
    pairs = discordance(ours == actual, theirs == actual)
    accuracy = difference_interval(pairs, settings.confidence)
    macro_f1 = macro_f1_difference(actual, ours, theirs, settings.confidence)
    broken = max(accuracy.low, macro_f1.low) < rule.limit
    told = "this is not shown to be enough: a simpler model would do" if broken else "worth it"
    return Check(
        rule="baseline_gain",
        level=rule.level,
        state="broken" if broken else "kept",
        subject=name,
        figure=signed(accuracy),
        limit=f"must win {rule.limit:g}",
        sentence=f"over {name} the model wins {signed(accuracy)} in accuracy and "
        f"{signed(macro_f1)} in macro F1; {told}",
        advice="serve the simpler model, give the larger one more rows or time, or lower "
        "gates.model.baseline_gain.limit",
    )
