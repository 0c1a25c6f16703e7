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
            figure=f"{anomaly.summary}: {anomaly.description}",
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
    for label, rows in sorted(evidence.label_counts.items()):
        if rows < settings.rows_per_label.limit:
            yield Finding(
                rule="rows_per_label",
                level=settings.rows_per_label.level,
                subject=f"train: label {label!r}",
                figure=f"{rows} row{'s' * (rows != 1)}",
                limit=f"at least {settings.rows_per_label.limit:g}",
                advice="add rows of this label, merge it into another, or lower "
                "gates.data.rows_per_label.limit",
            )
