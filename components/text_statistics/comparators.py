"""Which distance between two data sets is taken of which column, and how far apart they may be."""

from collections.abc import Iterable
from typing import Final

from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_statistics.columns import (
    FLAGS,
    FREQUENT_TOKENS,
    LENGTHS,
    SHARES,
    profile_column,
)

# The reasons quote Naver movie reviews (benchmarks/text_statistics.py distances few). "Halves" are
# two random samples of one year, 20,000 rows each or 2,000: no limit may stop these. With fewer
# rows chance alone comes near the limits, and with 500 it crosses those of the shares.

LABEL_L_INFINITY: Final = 0.05
"""Share of rows by which a label may grow or shrink. With ten labels, halves reach 0.008 and of
2,000 rows 0.032; 2012 to 2013 reaches 0.048, to 2015 0.071."""

SIDE_L_INFINITY: Final = 0.05
"""The same for the values of a side column, as if it had as few as the label. With films, of which
TFDV compares the thousand most frequent, halves reach 0.003 and of 2,000 rows 0.004; reviews of one
film planted in one row of twenty reach 0.09."""

TOKENS_L_INFINITY: Final = 0.01
"""Share among the thousand most frequent tokens by which one may grow or shrink. Halves reach
0.0016 and of 2,000 rows 0.0055, 2012 to 2015 reaches 0.0034; one sentence planted in one row of
twenty reaches 0.017."""

FLAG_L_INFINITY: Final = 0.02
"""Share of rows that may become near empty or over-long, or cease to be. Halves reach 0.0004 and of
2,000 rows 0.008; 2012 to 2015 reaches 0.011."""

PROFILE_DIVERGENCE: Final = 0.01
"""Jensen-Shannon divergence, in bits, of a length or share. Halves reach 0.0007 and of 2,000 rows
0.0056; 2012 to 2013 reaches 0.025 in characters, to 2014 0.093; one row of twenty in the wrong
encoding reaches 0.022 in Latin."""

SIDE_DIVERGENCE: Final = 0.05
"""The same for a side column of numbers, whose buckets TFDV stretches from the least to the
greatest value found: halves of log-normal numbers already reach 0.017. A number without natural
bounds is better kept out, or bounded by a domain in the schema."""

SERVING: Final = "SERVING"
"""The schema's environment of requests, which bear no profile."""

MEASURES: Final = (*LENGTHS, *SHARES, *FLAGS, FREQUENT_TOKENS)
"""The figures of the profile, each a column."""


def add_profile(
    schema: schema_pb2.Schema, *, text_column: str, label_column: str, side: Iterable[str]
) -> schema_pb2.Schema:
    """Add the profile's columns and all default comparators to a copy of a schema.

    What the schema says already stays: a comparator in git wins over the default, and a second
    call changes nothing.

    Args:
        schema: with the text, label and side columns.
        text_column: the column that is profiled.
        label_column: the column with the label.
        side: columns beside them that are to be compared.

    Raises:
        ValueError: the schema lacks one of these columns.
    """
    extended = schema_pb2.Schema()
    extended.CopyFrom(schema)
    side = tuple(side)
    _require(extended, (text_column, label_column, *side))
    _compare(_feature(extended, label_column), _l_infinity(LABEL_L_INFINITY))
    for name in side:
        feature = _feature(extended, name)
        _compare(
            feature,
            _l_infinity(SIDE_L_INFINITY)
            if _categorical(feature)
            else _jensen_shannon(SIDE_DIVERGENCE),
        )
    for measure in MEASURES:
        add_figure(extended, text_column, measure)
    return extended


def add_figure(schema: schema_pb2.Schema, text_column: str, measure: str) -> None:
    """Add one of the profile's columns, and its default comparators, where the schema has none."""
    _compare(_profile_feature(schema, text_column, measure), _comparator(measure))


def declaration(name: str, measure: str) -> schema_pb2.Feature:
    """Make the feature of a profile column, without comparators.

    No example bears it, so that whoever reads examples by the schema must find it absent: the
    presence asks for nothing, and requests do not know it at all.
    """
    return schema_pb2.Feature(
        name=name,
        type=_type(measure),
        presence=schema_pb2.FeaturePresence(min_count=0),
        not_in_environment=[SERVING],
    )


def _comparator(measure: str) -> schema_pb2.FeatureComparator:
    if measure == FREQUENT_TOKENS:
        return _l_infinity(TOKENS_L_INFINITY)
    if measure in FLAGS:
        return _l_infinity(FLAG_L_INFINITY)
    return _jensen_shannon(PROFILE_DIVERGENCE)


def _l_infinity(threshold: float) -> schema_pb2.FeatureComparator:
    return schema_pb2.FeatureComparator(infinity_norm=schema_pb2.InfinityNorm(threshold=threshold))


def _jensen_shannon(threshold: float) -> schema_pb2.FeatureComparator:
    return schema_pb2.FeatureComparator(
        jensen_shannon_divergence=schema_pb2.JensenShannonDivergence(threshold=threshold)
    )


def _compare(feature: schema_pb2.Feature, comparator: schema_pb2.FeatureComparator) -> None:
    for field in ("drift_comparator", "skew_comparator"):
        if not feature.HasField(field):
            getattr(feature, field).CopyFrom(comparator)


def _categorical(feature: schema_pb2.Feature) -> bool:
    """Tell whether TFDV ranks the column's values; of other numbers it makes a histogram."""
    return feature.type == schema_pb2.BYTES or feature.int_domain.is_categorical


def _require(schema: schema_pb2.Schema, names: tuple[str, ...]) -> None:
    present = {feature.name for feature in schema.feature}
    missing = [name for name in names if name not in present]
    if missing:
        raise ValueError(
            f"schema: expected the columns {', '.join(names)}, found no {', '.join(missing)} among "
            f"{', '.join(sorted(present)) or '(none)'}; add them to schema.pbtxt"
        )


def _feature(schema: schema_pb2.Schema, name: str) -> schema_pb2.Feature:
    return next(feature for feature in schema.feature if feature.name == name)


def _profile_feature(
    schema: schema_pb2.Schema, text_column: str, measure: str
) -> schema_pb2.Feature:
    """Return a profile column's feature, made where the schema has none."""
    name = profile_column(text_column, measure)
    for feature in schema.feature:
        if feature.name == name:
            return feature
    schema.feature.append(declaration(name, measure))
    return schema.feature[-1]


def _type(measure: str) -> schema_pb2.FeatureType:
    if measure in LENGTHS:
        return schema_pb2.INT
    return schema_pb2.FLOAT if measure in SHARES else schema_pb2.BYTES
