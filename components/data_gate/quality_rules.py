"""The rules on duplicates, leakage, conflicts, imbalance, personal data and odd texts."""

from collections.abc import Iterator, Mapping

from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Finding
from components.data_quality.report import Match, Overlap, Quality
from components.gate_rules import LimitedRule


def quality_findings(quality: Quality, settings: DataGateSettings) -> Iterator[Finding]:
    """Hold what is known of the data's quality to the limits."""
    train = sum(quality.labels.get("train", {}).values())
    evaluation = sum(quality.labels.get("eval", {}).values())
    yield from _share(
        "leakage",
        settings.leakage,
        quality.leakage,
        of=evaluation,
        subject="eval rows whose text stands in train",
        detail=f"{quality.leakage_verbatim.rows:,} verbatim",
        advice="split again without eval files of your own, or take these rows out of one side",
    )
    yield from _share(
        "duplicates",
        settings.duplicates,
        quality.duplicates,
        of=train,
        subject="train rows that repeat another's text",
        detail=f"{quality.duplicates.texts:,} texts",
        advice="remove the repetitions at their source",
    )
    yield from _share(
        "near_duplicates",
        settings.near_duplicates,
        quality.near_duplicates,
        of=train,
        subject="train rows that are almost another's text",
        detail="by MinHash",
        advice="look for templates and quoted messages",
    )
    yield from _share(
        "conflicting_labels",
        settings.conflicting_labels,
        quality.conflicts,
        of=train,
        subject="train rows whose text also bears another label",
        detail=f"{quality.conflicts.texts:,} texts, {quality.conflicts_verbatim.texts:,} verbatim",
        advice="decide on one label for each text",
    )
    yield from _imbalance(quality, settings.imbalance)
    yield from _personal(quality, settings.personal_data)


def text_findings(shares: Mapping[str, float], settings: DataGateSettings) -> Iterator[Finding]:
    """Hold the shares of near-empty and over-long texts in train to their limits.

    Args:
        shares: by the name of the rule.
        settings: the rules.
    """
    rules = {"near_empty": settings.near_empty, "over_long": settings.over_long}
    for name, rule in rules.items():
        if shares.get(name, 0.0) > rule.limit:
            yield Finding(
                rule=name,
                level=rule.level,
                subject="train texts",
                figure=f"{shares[name]:.2%}",
                limit=f"{rule.limit:.2%}",
                advice="look at what fills the text column",
            )


def _share(
    name: str,
    rule: LimitedRule,
    overlap: Overlap,
    *,
    of: int,
    subject: str,
    detail: str,
    advice: str,
) -> Iterator[Finding]:
    share = overlap.rows / max(of, 1)
    if share > rule.limit:
        yield Finding(
            rule=name,
            level=rule.level,
            subject=subject,
            figure=f"{share:.2%} of {of:,} ({overlap.rows:,} rows; {detail})",
            limit=f"{rule.limit:.2%}",
            advice=advice,
            rows=tuple(_words(match) for match in overlap.examples),
        )


def _imbalance(quality: Quality, rule: LimitedRule) -> Iterator[Finding]:
    counts = quality.labels.get("train", {})
    if counts and quality.imbalance > rule.limit:
        largest = max(counts, key=lambda label: (counts[label], label))
        smallest = min(counts, key=lambda label: (counts[label], label))
        yield Finding(
            rule="imbalance",
            level=rule.level,
            subject="train labels",
            figure=f"{quality.imbalance:.1f} to 1 ({largest!r} {counts[largest]:,} rows, "
            f"{smallest!r} {counts[smallest]:,})",
            limit=f"{rule.limit:g} to 1",
            advice="add rows of the rare labels, or set training.class_weights to balanced",
        )


def _personal(quality: Quality, rule: LimitedRule) -> Iterator[Finding]:
    for kind, seen in sorted(quality.personal.items()):
        if seen.rows > rule.limit:
            yield Finding(
                rule="personal_data",
                level=rule.level,
                subject=kind,
                figure=f"{seen.rows:,} row{'s' * (seen.rows != 1)}",
                limit=f"{rule.limit:g}",
                advice="mask it at its source; a vocabulary and a warm-up file may keep it",
                rows=seen.examples,
            )


def _words(match: Match) -> str:
    return f"{match.row} (like {match.other})" if match.other else match.row
