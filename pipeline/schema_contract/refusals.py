"""What refused the last run, one rule each, and the edit that would have let it pass."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.data_gate.settings import DataGateSettings
from components.data_gate.verdict import Finding, Verdict
from pipeline.run_folder import CONFIG_FILE, RUNS_FOLDER, VERDICT_FOLDER
from pipeline.schema_contract import figures
from pipeline.schema_contract.edits import AddValue, Edit, SetBound, SetKey

VERDICT_FILE: Final = "verdict.json"
"""As the gate's executor names it; asking that module would import TensorFlow."""

_Info = anomalies_pb2.AnomalyInfo
_Measure = anomalies_pb2.DriftSkewInfo.Measurement

_MEASURES: Final = {
    _Measure.L_INFTY: "infinity_norm",
    _Measure.JENSEN_SHANNON_DIVERGENCE: "jensen_shannon_divergence",
    _Measure.NORMALIZED_ABSOLUTE_DIFFERENCE: "normalized_abs_difference",
}
_COMPARED: Final = frozenset(
    {
        _Info.COMPARATOR_L_INFTY_HIGH,
        _Info.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
        _Info.COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH,
    }
)
"""Reasons that the measurements tell more exactly."""

_COMPARISONS: Final = {
    "drift": ("drift", "train"),
    "skew": ("skew", "train"),
    "skew-served": ("skew", "served"),
}
"""Rule and subject of the gate's findings by the file of distances; other files are a split's."""

_ENDS: Final[dict[int, tuple[str, Literal["least", "most"]]]] = {
    _Info.INT_TYPE_SMALL_INT: ("int_domain.min", "least"),
    _Info.INT_TYPE_BIG_INT: ("int_domain.max", "most"),
    _Info.FLOAT_TYPE_SMALL_FLOAT: ("float_domain.min", "least"),
    _Info.FLOAT_TYPE_BIG_FLOAT: ("float_domain.max", "most"),
}


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One rule that refused a run.

    Attributes:
        rule: its name for `malmoi schema accept --rule`.
        words: what the gate said.
        edit: what loosens it; none: no single edit does.
    """

    rule: str
    words: str
    edit: Edit | None


class NotRefusedError(Exception):
    """There is no refused run to accept anything from."""


def newest_verdict(output: Path, name: str) -> Path:
    """Find the folder of the newest verdict on a pipeline's data, which must be a refusal.

    Args:
        output: the output folder, in which other pipelines may run too.
        name: the pipeline's name.

    Raises:
        NotRefusedError: no run came to the data gate, or the newest one passed it.
    """
    files = sorted((output / RUNS_FOLDER).glob(f"*/{VERDICT_FOLDER}/{VERDICT_FILE}"), reverse=True)
    newest = next((file for file in files if _name(file.parents[1]) == name), None)
    if newest is None:
        raise NotRefusedError(
            f"no run of {name} in {output} has come to the data gate: `malmoi run` first"
        )
    if Verdict.from_json(newest.read_text("utf-8")).passed:
        raise NotRefusedError(
            f"the data gate let the newest run pass ({newest}): there is nothing to loosen"
        )
    return newest.parent


def read_refusals(folder: Path, settings: DataGateSettings) -> list[Refused]:
    """List the rules that refused a run, each with the loosest figure of all splits.

    Args:
        folder: the verdict's folder, which also holds TFDV's anomalies of each split.
        settings: the gate's rules, for those that have a limit in the configuration.
    """
    verdict = Verdict.from_json((folder / VERDICT_FILE).read_text("utf-8"))
    limited = [f for f in verdict.refusals if hasattr(getattr(settings, f.rule, None), "limit")]
    others = [f for f in verdict.refusals if f not in limited]
    complaints = {(finding.rule, finding.subject) for finding in others}
    told = [
        (complaint, refused)
        for path in sorted(folder.glob("anomalies-*.pbtxt"))
        for complaint, refused in _of_file(path)
        if complaint in complaints
    ]
    explained = {complaint for complaint, _ in told}
    unexplained = [
        Refused(rule=finding.rule, words=finding.in_words(), edit=None)
        for finding in others
        if (finding.rule, finding.subject) not in explained
    ]
    return _loosest([*_of_settings(limited), *(refused for _, refused in told), *unexplained])


def _name(run: Path) -> str:
    """Read a run's pipeline; what else is in its configuration may be of an earlier version."""
    return str(yaml.safe_load((run / CONFIG_FILE).read_text("utf-8"))["name"])


def _of_file(path: Path) -> Iterator[tuple[tuple[str, str], Refused]]:
    """Read TFDV's anomalies, each with the rule and the subject that the gate's finding has."""
    name = path.stem.removeprefix("anomalies-")
    rule, split = _COMPARISONS.get(name, ("anomalies", name))
    found = text_format.Parse(path.read_text("utf-8"), anomalies_pb2.Anomalies())
    for refused in _of_anomalies(found):
        yield (rule, f"{split}: {_column(refused.rule)}"), refused


def _of_settings(findings: Iterable[Finding]) -> Iterator[Refused]:
    """Join the findings by their rule: its one limit must keep every figure."""
    by_rule = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    for rule, found in by_rule.items():
        side: Literal["least", "most"] = "least" if "at least" in found[0].limit else "most"
        limits = [figures.limit_that_keeps(finding.figure, side) for finding in found]
        told = [limit for limit in limits if limit is not None]
        loosest = (min if side == "least" else max)(told, key=float, default=None)
        edit = SetKey(keys=("gates", "data", rule, "limit"), value=loosest) if loosest else None
        yield Refused(rule=rule, words="; ".join(f.in_words() for f in found), edit=edit)


def _of_anomalies(found: anomalies_pb2.Anomalies) -> Iterator[Refused]:
    for key, info in sorted(found.anomaly_info.items()):
        column = ".".join(info.path.step) or key
        for reason in info.reason:
            if reason.type not in _COMPARED:
                yield from _of_reason(column, reason)
    for compared in found.drift_skew_info:
        column = ".".join(compared.path.step)
        for kind, measurements in (
            ("drift", compared.drift_measurements),
            ("skew", compared.skew_measurements),
        ):
            yield from _of_measurements(column, kind, measurements)


def _of_reason(column: str, reason: Any) -> Iterator[Refused]:
    words = f"{column!r}: {reason.description.strip()}"
    match reason.type:
        case _Info.ENUM_TYPE_UNEXPECTED_STRING_VALUES:
            for value in figures.unexpected_values(reason.description):
                edit = AddValue(feature=column, value=value)
                text = f"{column!r}: the value {value!r} is missing from the schema"
                yield Refused(rule=f"{column}:value:{value}", words=text, edit=edit)
        case _Info.FEATURE_TYPE_LOW_FRACTION_PRESENT:
            found = figures.actual(reason.description)
            yield _bound(column, "presence.min_fraction", found, words=words)
        case _Info.FEATURE_TYPE_LOW_NUMBER_PRESENT:
            found = figures.actual(reason.description)
            yield _bound(column, "presence.min_count", found, words=words)
        case end if end in _ENDS:
            found = figures.beyond(reason.description)
            yield _bound(column, _ENDS[end][0], found, words=words)
        case other:
            name = _Info.Type.Name(other).lower()
            yield Refused(rule=f"{column}:{name}", words=words, edit=None)


def _bound(column: str, path: str, figure: float | None, *, words: str) -> Refused:
    edit = None
    if figure is not None:
        kept = figures.just_below(figure) if path == "presence.min_fraction" else figure
        edit = SetBound(feature=column, path=path, value=kept)
    return Refused(rule=f"{column}:{path}", words=words, edit=edit)


def _of_measurements(column: str, kind: str, measurements: Sequence[Any]) -> Iterator[Refused]:
    for measurement in measurements:
        if measurement.value > measurement.threshold:
            measure = _MEASURES[measurement.type]
            yield Refused(
                rule=f"{column}:{kind}.{measure}",
                words=f"{column!r}: {kind} by {measure} is {measurement.value:.6g}, "
                f"limit {measurement.threshold:g}",
                edit=SetBound(
                    feature=column,
                    path=f"{kind}_comparator.{measure}.threshold",
                    value=figures.just_above(measurement.value),
                ),
            )


def _column(rule: str) -> str:
    """Take the column out of a rule's name; neither a path nor a reason has a colon."""
    column, value, _ = rule.partition(":value:")
    return column if value else rule.rpartition(":")[0]


def _loosest(found: Iterable[Refused]) -> list[Refused]:
    """Join the splits' refusals by one rule: the edit must satisfy each of them."""
    by_rule: dict[str, Refused] = {}
    for refused in found:
        known = by_rule.get(refused.rule)
        if known is None or _is_looser(refused.edit, known.edit):
            by_rule[refused.rule] = refused
    return list(by_rule.values())


def _is_looser(edit: Edit | None, known: Edit | None) -> bool:
    match edit, known:
        case SetBound(), SetBound():
            least = edit.path.startswith("presence") or edit.path.endswith("min")
            return edit.value < known.value if least else edit.value > known.value
        case _:
            return False
