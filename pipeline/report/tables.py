"""The report's tables: what the gates, the channels and the metrics say, row by row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from components.canary.record import Record
from components.canary.settings import CanarySettings
from components.data_gate.verdict import Finding
from components.data_gate.verdict import Verdict as DataVerdict
from components.data_quality.report import Overlap, Quality
from components.model_gate.threshold_rules import ALL_ROWS
from components.model_gate.verdict import Check
from components.model_gate.verdict import Verdict as ModelVerdict

_BROKEN: Final[Mapping[str, str]] = {"refuse": "refused", "warn": "warned"}
_ORDER: Final = ("refused", "warned", "kept", "not judged")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One rule of a gate, held against one figure.

    Attributes:
        rule: its name in the configuration.
        subject: what it is about.
        figure: what was measured.
        limit: what was allowed.
        outcome: `refused`, `warned`, `kept` or `not judged`.
        words: what to know of it, or to do next.
        rows: rows of the data, each by file and line.
    """

    rule: str
    subject: str
    figure: str
    limit: str
    outcome: str
    words: str = ""
    rows: tuple[str, ...] = ()


def warned(*verdicts: DataVerdict | ModelVerdict | None) -> list[str]:
    """Name the rules that warn and do not refuse, each once."""
    found = (f for verdict in verdicts if verdict for f in verdict.findings if f.level == "warn")
    return list(dict.fromkeys(finding.rule for finding in found))


def data_rows(findings: Sequence[Finding]) -> list[Judged]:
    """List what the data gate complains of; it tells no rule that is kept."""
    return _ordered(map(_of_finding, findings))


def model_rows(checks: Sequence[Check]) -> list[Judged]:
    """List every check of the model gate."""
    return _ordered(map(_of_check, checks))


def canary_rows(record: Record, settings: CanarySettings) -> list[Judged]:
    """List what the canary complains of, and what it has measured without complaint."""
    found = [_of_finding(finding) for finding in record.findings]
    broken = {judged.rule for judged in found}
    return _ordered(
        [*found, *(kept for kept in _kept(record, settings) if kept.rule not in broken)]
    )


def _kept(record: Record, settings: CanarySettings) -> Iterator[Judged]:
    if record.ready_s is not None:
        yield Judged(
            rule="ready",
            subject="from the server's start to the loaded model",
            figure=f"{record.ready_s:.1f} s",
            limit=f"{settings.ready_timeout_s:g} s",
            outcome="kept",
        )
    if record.replayed:
        yield Judged(
            rule="answers",
            subject=f"{record.texts:,} texts, over all ways of asking",
            figure=f"{record.replayed:,} answers are training's",
            limit=f"within {settings.tolerance:g}",
            outcome="kept",
        )
    if record.latency:
        timed = record.latency
        limits = {"p50": settings.max_p50_ms, "p99": settings.max_p99_ms}
        for name, figure in (("p50", timed.p50_ms), ("p99", timed.p99_ms)):
            limit = limits[name]
            yield Judged(
                rule="latency",
                subject=f"{name} of {timed.requests:,} requests of one text",
                figure=f"{figure:.1f} ms",
                limit="none" if limit is None else f"{limit:g} ms",
                outcome="kept",
            )


def _of_finding(finding: Finding) -> Judged:
    return Judged(
        rule=finding.rule,
        subject=finding.subject,
        figure=finding.figure,
        limit=finding.limit,
        outcome=_BROKEN[finding.level],
        words=finding.advice,
        rows=finding.rows,
    )


def _of_check(check: Check) -> Judged:
    broken = check.state == "broken"
    return Judged(
        rule=check.rule,
        subject=check.subject,
        figure=check.figure,
        limit=check.limit,
        outcome=_BROKEN[check.level] if broken else check.state,
        words=f"{check.sentence}; {check.advice}" if broken else check.sentence,
    )


def _ordered(rows: Iterable[Judged]) -> list[Judged]:
    return sorted(rows, key=lambda judged: _ORDER.index(judged.outcome))


@dataclass(frozen=True)
class Channel:
    """A part of the mixture: its accuracy on eval, and what multiplies its logits (class mean)."""

    name: str
    accuracy: float
    share: float | None = None


def channels(training: Mapping[str, Any]) -> list[Channel]:
    """List the channels that the Trainer has fitted, and their mixture last."""
    parts = [
        Channel(name, training[f"{name}_accuracy"], fmean(training["shares"][name]))
        for name in ("network", "linear")
        if f"{name}_accuracy" in training
    ]
    return [*parts, Channel("mixture", training["eval_accuracy"])]


def metrics(figures: Mapping[str, float], verdict: ModelVerdict | None) -> dict[str, str]:
    """Name the eval split's figures, with their intervals where the model gate tells them.

    Args:
        figures: as `Summary.metrics` has them.
        verdict: the model gate's.
    """
    judged = {c.rule: c.figure for c in verdict.checks if c.subject == ALL_ROWS} if verdict else {}
    names = {"accuracy": "accuracy", "macro_f1": "macro F1"}
    told = {names[key]: judged.get(key) or f"{figures[key]:.4f}" for key in names}
    return {**told, "eval rows": f"{figures['example_count']:,.0f}"}


def overlaps(quality: Quality) -> dict[str, Overlap]:
    """Name what rows of the data have in common."""
    return {
        "train repeats itself": quality.duplicates,
        "train almost repeats itself": quality.near_duplicates,
        "eval texts stand in train, verbatim": quality.leakage_verbatim,
        "eval texts stand in train, after normalisation": quality.leakage,
        "eval texts almost stand in train": quality.near_leakage,
        "train gives one text several labels, verbatim": quality.conflicts_verbatim,
        "train gives one text several labels, after normalisation": quality.conflicts,
    }


def labels(quality: Quality) -> dict[str, list[int]]:
    """Count the rows of each label, in the order of the splits; the most frequent label first."""
    splits = list(quality.labels.values())
    counts = {label: [split.get(label, 0) for split in splits] for one in splits for label in one}
    return dict(sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0])))
