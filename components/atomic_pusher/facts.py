"""What the artifacts tell of a version's origin."""

import hashlib
import json
import math
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from tfx.types import Artifact, artifact_utils

from serving.releases.manifest import Metric

LIBRARIES: Final = (
    *("malmoi", "tfx", "tensorflow", "tensorflow-data-validation", "tensorflow-model-analysis"),
    *("tensorflow-text", "tensorflow-transform", "tf-keras", "sentencepiece", "apache-beam"),
    *("ml-metadata", "numpy", "pyarrow", "protobuf", "pydantic"),
)
"""The distributions whose versions may change what a model is or answers."""

SCHEMA_FILE: Final = "schema.pbtxt"
VERDICT_FILES: Final = ("verdict.json", "canary.json")
"""What gates write beside their judgement."""

_INTERVAL: Final = re.compile(r"-?[\d.]+ \[(-?[\d.]+), (-?[\d.]+)\]")

ROWS_PREFIX: Final = "rows_"
UNKNOWN: Final = "not installed"


def libraries() -> dict[str, str]:
    """Give the versions of Python and of the libraries below us, by distribution."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = UNKNOWN
    return found


def rows(examples: Artifact) -> dict[str, int]:
    """Give the number of examples by split."""
    splits = artifact_utils.decode_split_names(examples.split_names)
    return {s: examples.get_int_custom_property(f"{ROWS_PREFIX}{s}") for s in sorted(splits)}


def schema_digest(schema: Path) -> str:
    """Digest the schema's file, SHA-256."""
    return hashlib.sha256((schema / SCHEMA_FILE).read_bytes()).hexdigest()


def verdict(artifact: Artifact, flag: str) -> dict[str, Any]:
    """Read what a gate has said.

    Args:
        artifact: the verdict or blessing; its folder may hold one of `VERDICT_FILES`.
        flag: the property that says whether it passed.

    Returns:
        `passed`, and whatever the gate wrote but for the rows that it names: these are the data's.
    """
    said: dict[str, Any] = {"passed": artifact.get_int_custom_property(flag) == 1}
    for name in VERDICT_FILES:
        file = Path(artifact.uri, name)
        if file.is_file():
            said = {**json.loads(file.read_bytes()), **said}
    return dict(_without_rows(said))


def metrics(evaluation: str) -> dict[str, Metric]:
    """Read the overall figures that the Evaluator wrote, with their intervals where it has any."""
    import tensorflow_model_analysis as tfma

    # TFMA names the models only where there are two.
    both = (tfma.load_eval_result(evaluation, model_name=n) for n in (tfma.CANDIDATE_KEY, ""))
    slices = next((result.slicing_metrics for result in both if result.slicing_metrics), ())
    overall: Any = next((values for key, values in slices if key == ()), {})
    found = {
        name: metric(value)
        for outputs in overall.values()
        for subkeys in outputs.values()
        for name, value in subkeys.items()
    }
    return {name: value for name, value in sorted(found.items()) if value is not None}


def metric(value: Mapping[str, Any]) -> Metric | None:
    """Turn TFMA's form of a figure into ours; None for whatever is no single number."""
    if "doubleValue" in value:
        return Metric(value=_finite(value["doubleValue"]))
    if "boundedValue" in value:
        bounded = value["boundedValue"]
        return Metric(
            value=_finite(bounded["value"]),
            low=_finite(bounded.get("lowerBound")),
            high=_finite(bounded.get("upperBound")),
        )
    return None


def with_intervals(found: Mapping[str, Metric], judged: Mapping[str, Any]) -> dict[str, Metric]:
    """Add the intervals that the model gate tells, by rules named as the metrics are.

    Args:
        found: metrics without intervals.
        judged: the model gate's verdict; its checks write an interval as `0.91 [0.89, 0.93]`.
    """
    told = {
        check["rule"]: _INTERVAL.fullmatch(check["figure"]) for check in judged.get("checks", ())
    }
    return {
        name: metric.model_copy(update={"low": float(interval[1]), "high": float(interval[2])})
        if (interval := told.get(name))
        else metric
        for name, metric in found.items()
    }


def _finite(value: Any) -> float | None:
    """JSON has no name for what is no number."""
    return float(value) if value is not None and math.isfinite(float(value)) else None


def _without_rows(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {k: _without_rows(v) for k, v in tree.items() if not _names_rows(k, v)}
    if isinstance(tree, list):
        return [_without_rows(value) for value in tree]
    if isinstance(tree, float):
        return _finite(tree)
    return tree


def _names_rows(key: str, value: Any) -> bool:
    return key == "rows" and isinstance(value, list)
