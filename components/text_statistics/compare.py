"""How far one data set's statistics are from another's, by the comparators of the schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.text_statistics.columns import MEASURED_WITH

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Column: TypeAlias = statistics_pb2.FeatureNameStatistics
Measurement: TypeAlias = anomalies_pb2.DriftSkewInfo.Measurement

Relation = Literal["drift", "skew"]
"""Drift is the way from an earlier span to this one, skew the way from training to serving."""

L_INFINITY: Final = "L-infinity"
JENSEN_SHANNON: Final = "Jensen-Shannon"
ABSOLUTE_DIFFERENCE: Final = "normalized absolute difference"

_FIELDS: Final = {
    "infinity_norm": L_INFINITY,
    "jensen_shannon_divergence": JENSEN_SHANNON,
    "normalized_abs_difference": ABSOLUTE_DIFFERENCE,
}
"""The measures by their fields in the schema's comparators, and next by TFDV's numbers."""

_MEASURES: Final = {
    Measurement.L_INFTY: L_INFINITY,
    Measurement.JENSEN_SHANNON_DIVERGENCE: JENSEN_SHANNON,
    Measurement.NORMALIZED_ABSOLUTE_DIFFERENCE: ABSOLUTE_DIFFERENCE,
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
        measure: how it is measured, such as `L-infinity` or `Jensen-Shannon`.
        figure: the distance, from 0 to 1; none where there is nothing to compare.
        limit: the schema's threshold.
        state: whether the figure keeps to the limit, or why there is no figure.
        value: the value whose share changed most, where values are compared.
    """

    column: str
    measure: str
    figure: float | None
    limit: float
    state: State
    value: str | None = None

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
    here, there = _columns(statistics), _columns(baseline) if baseline else {}
    return [
        _comparison(
            comparator,
            figures.get((comparator.column, comparator.measure)),
            here=here.get(comparator.column),
            there=there.get(comparator.column),
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
        for field, measure in _FIELDS.items():
            if getattr(comparator, field).HasField("threshold"):
                yield _Comparator(feature.name, measure, getattr(comparator, field).threshold)


def _comparison(
    comparator: _Comparator, figure: float | None, *, here: Column | None, there: Column | None
) -> Comparison:
    if here is None:
        return Comparison(**vars(comparator), figure=None, state=State.ABSENT)
    if there is None or figure is None:
        return Comparison(**vars(comparator), figure=None, state=State.NO_BASELINE)
    if _setting(here) != _setting(there):
        return Comparison(**vars(comparator), figure=None, state=State.INCOMPARABLE)
    return Comparison(
        **vars(comparator),
        figure=figure,
        state=State.EXCEEDED if figure > comparator.limit else State.KEPT,
        value=_most_changed(here, there),
    )


def _columns(statistics: Statistics) -> dict[str, Column]:
    return {".".join(column.path.step): column for column in statistics.datasets[0].features}


def _setting(column: Column) -> str | None:
    """Return the setting that a column was measured with, where one matters."""
    found = (custom.str for custom in column.custom_stats if custom.name == MEASURED_WITH)
    return next(found, None)


def _most_changed(here: Column, there: Column) -> str | None:
    """Find the value whose share changed most; numbers have none."""
    new, old = _shares(here), _shares(there)
    changes = {value: abs(new.get(value, 0) - old.get(value, 0)) for value in {**new, **old}}
    return max(changes, key=changes.__getitem__, default=None)


def _shares(column: Column) -> dict[str, float]:
    buckets = column.string_stats.rank_histogram.buckets
    total = sum(bucket.sample_count for bucket in buckets)
    return {bucket.label: bucket.sample_count / total for bucket in buckets}


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
