"""How far one data set's statistics are from another's, by the comparators of the schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.text_statistics.columns import MEASURED_WITH

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Measurement: TypeAlias = anomalies_pb2.DriftSkewInfo.Measurement

Relation = Literal["drift", "skew"]
"""Drift is the way from an earlier span to this one, skew the way from training to serving."""

L_INFINITY: Final = "L-infinity"
JENSEN_SHANNON: Final = "Jensen-Shannon"

_MEASURES: Final = {
    Measurement.L_INFTY: L_INFINITY,
    Measurement.JENSEN_SHANNON_DIVERGENCE: JENSEN_SHANNON,
}


class State(Enum):
    """What came of a comparison."""

    KEPT = "within the limit"
    EXCEEDED = "above the limit"
    NO_BASELINE = "no baseline"
    """There is no earlier data set, or it lacks the column."""
    ABSENT = "absent"
    """The column is not in this data set."""
    INCOMPARABLE = "measured with another setting"
    """Another vocabulary or limit: the figure would tell of the setting, not of the data."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One column's distance.

    Attributes:
        column: the column's name.
        measure: `L-infinity` or `Jensen-Shannon`.
        figure: the distance, from 0 to 1; none where there is nothing to compare.
        limit: the schema's threshold.
        state: whether the figure keeps to the limit, or why there is no figure.
    """

    column: str
    measure: str
    figure: float | None
    limit: float
    state: State

    @property
    def exceeded(self) -> bool:
        """Whether the figure is above the limit."""
        return self.state is State.EXCEEDED


def compare(
    statistics: Statistics,
    baseline: Statistics | None,
    schema: schema_pb2.Schema,
    *,
    relation: Relation = "drift",
) -> list[Comparison]:
    """Measure the distance of every column with a comparator, in the schema's order.

    Args:
        statistics: of the data set that is judged.
        baseline: of the earlier span (drift) or of the requests served (skew); none: every
            comparison says so.
        schema: with comparators.
        relation: which of the schema's comparators to use.

    Returns:
        One comparison a column and measure.
    """
    figures = _figures(statistics, baseline, schema, relation) if baseline else {}
    here, there = _settings(statistics), _settings(baseline) if baseline else {}
    return [
        _comparison(
            comparator,
            figure=figures.get((comparator.column, comparator.measure)),
            obstacle=_obstacle(comparator.column, here, there),
        )
        for comparator in _comparators(schema, relation)
    ]


@dataclass(frozen=True)
class _Comparator:
    column: str
    measure: str
    limit: float


def _comparators(schema: schema_pb2.Schema, relation: Relation) -> Iterator[_Comparator]:
    for feature in schema.feature:
        comparator = getattr(feature, f"{relation}_comparator")
        if comparator.infinity_norm.HasField("threshold"):
            yield _Comparator(feature.name, L_INFINITY, comparator.infinity_norm.threshold)
        divergence = comparator.jensen_shannon_divergence
        if divergence.HasField("threshold"):
            yield _Comparator(feature.name, JENSEN_SHANNON, divergence.threshold)


def _comparison(
    comparator: _Comparator, *, figure: float | None, obstacle: State | None
) -> Comparison:
    if obstacle or figure is None:
        return Comparison(**vars(comparator), figure=None, state=obstacle or State.NO_BASELINE)
    exceeded = figure > comparator.limit
    state = State.EXCEEDED if exceeded else State.KEPT
    return Comparison(**vars(comparator), figure=figure, state=state)


def _obstacle(column: str, here: Mapping[str, str], there: Mapping[str, str]) -> State | None:
    """Say why a column's distance cannot be taken, if it cannot."""
    if column not in here:
        return State.ABSENT
    if column not in there:
        return State.NO_BASELINE
    return State.INCOMPARABLE if here[column] != there[column] else None


def _settings(statistics: Statistics) -> dict[str, str]:
    """Return every column with the setting that it was measured with, empty where none matters."""
    return {
        ".".join(feature.path.step): next(
            (custom.str for custom in feature.custom_stats if custom.name == MEASURED_WITH), ""
        )
        for feature in statistics.datasets[0].features
    }


def _figures(
    statistics: Statistics, baseline: Statistics, schema: schema_pb2.Schema, relation: Relation
) -> dict[tuple[str, str], float]:
    """Let TFDV measure; it tells figures within the limit too."""
    anomalies = tfdv.validate_statistics(
        statistics,
        schema,
        previous_statistics=baseline if relation == "drift" else None,
        serving_statistics=baseline if relation == "skew" else None,
    )
    return {
        (".".join(info.path.step), _MEASURES[measurement.type]): measurement.value
        for info in anomalies.drift_skew_info
        for measurement in getattr(info, f"{relation}_measurements")
    }
