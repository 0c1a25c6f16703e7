"""The rules on what the export costs: its size, and its latency beside production's."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from components.model_gate.evidence import Evidence, Latency
from components.model_gate.intervals import Interval
from components.model_gate.paired_rules import not_compared
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import Check

BYTES_PER_MB = 1_000_000
_MS_PER_S = 1_000


def cost_checks(evidence: Evidence, settings: ModelGateSettings) -> Iterator[Check]:
    """Hold size and latency to their limits."""
    yield _size(evidence, settings)
    yield _size_ratio(evidence, settings)
    if evidence.latency is None:
        yield not_compared("latency_ratio", settings.latency_ratio)
    else:
        yield _latency(evidence.latency, settings)


def median_interval(values: NDArray[np.float64], confidence: float) -> Interval:
    """Return the median with the interval between two order statistics.

    Whatever the distribution, the number of values below its median is binomial (Conover 1999,
    section 3.2).
    """
    ordered = np.sort(values)
    below = int(stats.binom.ppf((1 - confidence) / 2, len(values), 0.5))
    first = max(below - 1, 0)
    return Interval(
        value=float(np.median(values)),
        low=float(ordered[first]),
        high=float(ordered[len(values) - 1 - first]),
    )


def _size(evidence: Evidence, settings: ModelGateSettings) -> Check:
    rule, size = settings.size_mb, evidence.candidate.size_bytes / BYTES_PER_MB
    return Check(
        rule="size_mb",
        level=rule.level,
        state="broken" if size > rule.limit else "kept",
        subject="export",
        figure=f"{size:.1f} MB",
        limit=f"at most {rule.limit:g} MB",
        sentence=f"the export has {size:.1f} MB",
        advice="make the vocabulary or the network smaller, or raise gates.model.size_mb.limit",
    )


def _size_ratio(evidence: Evidence, settings: ModelGateSettings) -> Check:
    rule = settings.size_ratio
    if evidence.production is None:
        return not_compared("size_ratio", rule)
    ratio = evidence.candidate.size_bytes / max(evidence.production.size_bytes, 1)
    return Check(
        rule="size_ratio",
        level=rule.level,
        state="broken" if ratio > rule.limit else "kept",
        subject="export",
        figure=f"{ratio:.2f} times",
        limit=f"at most {rule.limit:g} times",
        sentence=f"the export has {ratio:.2f} times the size of production's",
        advice="check that the growth was meant, or raise gates.model.size_ratio.limit",
    )


def _latency(latency: Latency, settings: ModelGateSettings) -> Check:
    rule = settings.latency_ratio
    ratio = median_interval(latency.candidate / latency.production, settings.confidence)
    ours, theirs = (
        float(np.median(s)) * _MS_PER_S for s in (latency.candidate, latency.production)
    )
    return Check(
        rule="latency_ratio",
        level=rule.level,
        state="broken" if ratio.low > rule.limit else "kept",
        subject="one text a request",
        figure=f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}] times",
        limit=f"at most {rule.limit:g} times",
        sentence=f"a single request takes {ours:.2f} ms where production takes {theirs:.2f} ms, "
        f"{ratio.value:.2f} times as long (medians of {len(latency.candidate):,} texts, in turn)",
        advice="make the network smaller, or raise gates.model.latency_ratio.limit",
    )
