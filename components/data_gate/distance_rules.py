"""The rules on drift from the last accepted span and on skew between train and eval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from components.data_gate.settings import ComparedRule
from components.data_gate.verdict import Finding
from components.text_statistics.distance import Distance


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two data sets side by side.

    Attributes:
        relation: `drift` from the last accepted span, or `skew` against eval or served requests.
        name: `drift`, `skew` or `served`.
        rows: of the smaller data set; None where there is no other data set.
        distances: one a column and measure.
    """

    relation: Literal["drift", "skew"]
    name: Literal["drift", "skew", "served"]
    rows: int | None
    distances: Sequence[Distance]


def distance_findings(comparison: Comparison, rule: ComparedRule) -> Iterator[Finding]:
    """Complain of every column that is too far, if there are rows enough to tell."""
    if comparison.rows is None or comparison.rows < rule.min_rows:
        return
    for distance in comparison.distances:
        if distance.exceeded:
            yield Finding(
                rule=comparison.relation,
                level=rule.level,
                subject=f"{_SUBJECTS[comparison.name]}: {distance.column}",
                figure=f"{distance.measure} {distance.figure:.4f}{_moved(distance)}",
                limit=f"{distance.limit:g}",
                advice=_ADVICE[comparison.relation],
            )


def state(comparison: Comparison, rule: ComparedRule) -> str:
    """Say what came of a comparison, the absence of one included."""
    if comparison.rows is None:
        return _ABSENT[comparison.name]
    if comparison.rows < rule.min_rows:
        return f"not compared: {comparison.rows:,} rows, fewer than {rule.min_rows:,}"
    measured = [d for d in comparison.distances if d.figure is not None]
    missing = dict.fromkeys(d.column for d in comparison.distances if d.figure is None)
    why = "one of the two lacks it, or was measured with another setting"
    told = f", none of {', '.join(missing)}: {why}" if missing else ""
    return f"{len(measured)} distance{'s' * (len(measured) != 1)} measured{told}"


def _moved(distance: Distance) -> str:
    """Name the value that moved most; the other share is the earlier span's, eval's or served."""
    if not distance.most_changed:
        return ""
    value, share, other_share = distance.most_changed
    return f", most by {value!r}: {share:.2%} against {other_share:.2%}"


_SUBJECTS = {"drift": "train", "skew": "train", "served": "served"}

_ABSENT = {
    "drift": "no baseline yet: no earlier span was accepted",
    "skew": "no eval split",
    "served": "no served requests were given",
}

_ADVICE = {
    "drift": "find out what has changed in the world or in the feed; if it is here to stay, raise "
    "the comparator's threshold in the schema",
    "skew": "draw train and eval from the same rows, and both from what is asked of the model; or "
    "raise the comparator's threshold",
}
