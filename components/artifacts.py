"""The artifact types that TFX's standard set lacks."""

from tfx.types.artifact import Artifact, Property, PropertyType


class Quarantine(Artifact):
    """Rows that were read but not kept: `quarantine.jsonl`, and `counts.json` beside it.

    Custom int properties tell the counts (`rows_read`, `rows_kept`, `rows_quarantined`, ...).
    """

    TYPE_NAME = "Quarantine"
    PROPERTIES = {"span": Property(type=PropertyType.INT)}


class Verdict(Artifact):
    """What a gate says of a run: `verdict.json`.

    Custom int properties: `passed` (0 or 1) and `findings`.
    """

    TYPE_NAME = "Verdict"


class Quality(Artifact):
    """The quality of labelled text: `quality.json`.

    Custom int properties tell the counts (`duplicate_rows`, `leakage_verbatim_rows`, ...), the
    custom float property `imbalance` the rows of the largest label for each of the smallest.
    """

    TYPE_NAME = "Quality"


class BaselinePredictions(Artifact):
    """What simple models say of the eval rows: `predictions.parquet`, and `baselines.json`.

    Custom float properties `accuracy_<baseline>` tell the shares of right answers, the custom int
    property `train_rows` how many rows the baselines were fitted on.
    """

    TYPE_NAME = "BaselinePredictions"
