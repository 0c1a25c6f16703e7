"""The rule that no slice falls while the whole rises."""

from collections.abc import Iterator, Mapping, Sequence

from components.gate_rules import LimitedRule
from components.model_gate.evidence import Evidence, Export
from components.model_gate.paired import (
    difference_interval,
    discordance,
    fewest_rows,
    standing,
    telling_loss,
)
from components.model_gate.paired_rules import not_compared, signed
from components.model_gate.settings import ModelGateSettings
from components.model_gate.slices import Part, Slice
from components.model_gate.verdict import Check


def slice_checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    """Compare the accuracy on every slice that is large enough to tell.

    All slices together are to raise a false alarm no more often than one test: each is judged at
    the confidence that Bonferroni's correction for their number asks for, and large enough is what
    can tell at that confidence.
    """
    rules: Mapping[Part, LimitedRule] = {
        "label": settings.label_loss,
        "length": settings.length_loss,
        "side": settings.side_loss,
        "script": settings.script_loss,
    }
    if evidence.production is None:
        yield from (not_compared(f"{p}_loss", r, subject=f"by {p}") for p, r in rules.items())
        return
    wanted = [s for s in evidence.slices if rules[s.part].level != "off"]
    confidence = 1 - (1 - settings.confidence) / max(len(wanted), 1)
    fewest = {part: fewest_rows(rule.limit, confidence) for part, rule in rules.items()}
    large = [s for s in wanted if len(s.rows) >= fewest[s.part]]
    for one in large:
        yield _judged(one, rules[one.part], evidence, evidence.production, confidence)
    for part, rule in rules.items():
        small = [s for s in wanted if s.part == part and len(s.rows) < fewest[part]]
        if small:
            yield _too_small(small, rule, fewest[part])


def _judged(
    one: Slice, rule: LimitedRule, evidence: Evidence, production: Export, confidence: float
) -> Check:
    actual = evidence.actual[one.rows]
    ours = evidence.candidate.predicted[one.rows] == actual
    theirs = production.predicted[one.rows] == actual
    difference = difference_interval(discordance(ours, theirs), confidence)
    broken = standing(difference, rule.limit) == "worse"
    told = "fallen beyond the margin of" if broken else "not shown to fall beyond"
    return Check(
        rule=f"{one.part}_loss",
        level=rule.level,
        state="broken" if broken else "kept",
        subject=one.name,
        figure=f"{signed(difference)} on {len(one.rows):,} rows",
        limit=f"may lose {rule.limit:g}",
        sentence=f"{one.name} went from {theirs.mean():.4f} to {ours.mean():.4f} "
        f"({signed(difference)}, {len(one.rows):,} rows): {told} {rule.limit:g}",
        advice="look at these rows: their share in train, their labels, what changed in them; or "
        f"raise gates.model.{one.part}_loss.limit",
    )


def _too_small(small: Sequence[Slice], rule: LimitedRule, fewest: int) -> Check:
    part = small[0].part
    names = ", ".join(f"{s.name} ({len(s.rows):,})" for s in small)
    return Check(
        rule=f"{part}_loss",
        level=rule.level,
        state="not judged",
        subject=f"{len(small)} slices by {part}",
        figure="",
        limit=f"may lose {rule.limit:g}",
        sentence=f"too few rows to tell a loss of {telling_loss(rule.limit):g} from the margin, "
        f"which needs {fewest:,}: {names}",
        advice="",
    )
