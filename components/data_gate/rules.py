"""The rules of the data gate, on plain counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.data_gate.distance_rules import Comparison, distance_findings, state
from components.data_gate.quality_rules import quality_findings, text_findings
from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Finding, Verdict, heard
from components.data_quality.report import Quality

MOST_ROWS = 10
"""Rows that a finding names."""

MOST_LABELS = 10
"""Labels that are told one by one: a column that is none has thousands."""

MOST_CHARACTERS = 1_000
"""Of TFDV's words, which name each value that the schema lacks."""


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """A contradiction between data and schema, as TFDV tells it."""

    split: str
    column: str
    summary: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the gate judges.

    Attributes:
        rows_read: rows read, by the split whose files they stand in: where eval is a share of
            train, those of both stand under `train`.
        rows_quarantined: rows of these that could not be used.
        quarantine: the first of these, each as `file:line: reason`.
        label_counts: rows of each label in the train split; 0 for one that only eval has.
        absent_labels: labels of the schema that no row of train and eval has.
        anomalies: contradictions to the schema.
        quality: duplicates, leakage, conflicts, imbalance and personal data.
        text_shares: shares of train texts that are odd, by the name of their rule.
        drift: train beside the last accepted span.
        skew: train beside eval.
        served: train beside requests that were served.
    """

    rows_read: Mapping[str, int]
    rows_quarantined: Mapping[str, int]
    quarantine: Mapping[str, Sequence[str]]
    label_counts: Mapping[str, int]
    absent_labels: Sequence[str]
    anomalies: Sequence[Anomaly]
    quality: Quality
    text_shares: Mapping[str, float]
    drift: Comparison
    skew: Comparison
    served: Comparison


def judge(evidence: Evidence, settings: DataGateSettings) -> Verdict:
    """Apply every rule that is not off."""
    findings = (
        *_quarantined(evidence, settings),
        *_anomalies(evidence, settings),
        *_labels(evidence, settings),
        *_rows_per_label(evidence, settings),
        *_absent_labels(evidence, settings),
        *quality_findings(evidence.quality, settings),
        *text_findings(evidence.text_shares, settings),
        *distance_findings(evidence.drift, settings.drift),
        *distance_findings(evidence.skew, settings.skew),
        *distance_findings(evidence.served, settings.skew),
    )
    states = {
        "drift": state(evidence.drift, settings.drift),
        "skew": state(evidence.skew, settings.skew),
        "served": state(evidence.served, settings.skew),
    }
    return Verdict(heard(findings), states)


def _quarantined(evidence: Evidence, settings: DataGateSettings) -> Iterator[Finding]:
    for split, rows in evidence.rows_read.items():
        bad = evidence.rows_quarantined.get(split, 0)
        share = bad / max(rows, 1)
        if share > settings.quarantined.limit:
            yield Finding(
                rule="quarantined",
                level=settings.quarantined.level,
                subject=f"{split} files",
                figure=f"{share:.2%} of {rows:,} rows ({bad:,})",
                limit=f"{settings.quarantined.limit:.2%}",
                advice="mend the rows, all of which stand with file, line and reason in "
                "quarantine.jsonl (of a run on this machine, under "
                "artifacts/TextExampleGen/quarantine in the output folder); or check "
                "data.encoding, data.delimiter and data.quoting",
                rows=tuple(evidence.quarantine.get(split, ())[:MOST_ROWS]),
            )


def _anomalies(evidence: Evidence, settings: DataGateSettings) -> Iterator[Finding]:
    for anomaly in evidence.anomalies:
        yield Finding(
            rule="anomalies",
            level=settings.anomalies.level,
            subject=f"{anomaly.split}: {anomaly.column}",
            figure=_cut(f"{anomaly.summary}: {anomaly.description}", split=anomaly.split),
            limit="the schema",
            advice="mend the data or, if the world has changed, the schema",
        )


def _labels(evidence: Evidence, settings: DataGateSettings) -> Iterator[Finding]:
    labels = sorted(label for label, rows in evidence.label_counts.items() if rows)
    if len(labels) < settings.labels.limit:
        yield Finding(
            rule="labels",
            level=settings.labels.level,
            subject="train",
            figure=f"{len(labels)} ({', '.join(labels) or 'none'})",
            limit=f"at least {settings.labels.limit:g}",
            advice="check data.columns.label, or add rows of other labels",
        )


def _rows_per_label(evidence: Evidence, settings: DataGateSettings) -> Iterator[Finding]:
    """Complain of the labels with the fewest rows one by one, and of all others together."""
    rule = settings.rows_per_label
    few = {label: rows for label, rows in evidence.label_counts.items() if rows < rule.limit}
    fewest_first = sorted(few, key=lambda label: (few[label], label))
    told = {f"label {label!r}": _rows(few[label]) for label in sorted(fewest_first[:MOST_LABELS])}
    if others := fewest_first[MOST_LABELS:]:
        least, most = few[others[0]], few[others[-1]]
        span = _rows(most) if least == most else f"{least} to {_rows(most)}"
        told["other labels"] = f"{span} each, {len(others):,} label{'s' * (len(others) != 1)}"
    for subject, figure in told.items():
        yield Finding(
            rule="rows_per_label",
            level=rule.level,
            subject=f"train: {subject}",
            figure=figure,
            limit=f"at least {rule.limit:g}",
            advice="add rows of this label, merge it into another, or lower "
            "gates.data.rows_per_label.limit",
        )


def _absent_labels(evidence: Evidence, settings: DataGateSettings) -> Iterator[Finding]:
    absent, rule = evidence.absent_labels, settings.absent_labels
    if len(absent) > rule.limit:
        more = [f"{len(absent) - MOST_LABELS:,} more"] * (len(absent) > MOST_LABELS)
        named = ", ".join([*map(repr, absent[:MOST_LABELS]), *more])
        yield Finding(
            rule="absent_labels",
            level=rule.level,
            subject="train",
            figure=f"{len(absent):,} label{'s' * (len(absent) != 1)} ({named})",
            limit=f"at most {rule.limit:g}",
            advice="look for their rows in the feed: no model answers a label that it never saw; "
            "or take them out of the schema",
        )


def _rows(rows: int) -> str:
    return f"{rows} row{'s' * (rows != 1)}"


def _cut(words: str, *, split: str) -> str:
    if len(words) <= MOST_CHARACTERS:
        return words
    return f"{words[:MOST_CHARACTERS]}... (in full in anomalies-{split}.pbtxt)"
