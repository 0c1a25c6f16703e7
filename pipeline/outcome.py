"""What the nodes' outputs say, in a few words for the terminal and in figures for programs."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tensorflow_model_analysis as tfma
import tensorflow_transform as tft
from tfx.types import Artifact, artifact_utils

from components.data_gate.executor import VERDICT_FILE
from components.data_gate.verdict import Verdict
from pipeline.evaluation import ACCURACY, MACRO_F1
from pipeline.local_runner import NodeResult
from trainer import assets
from trainer.run import TRAINING_SUMMARY

Outputs = Mapping[str, Sequence[Artifact]]

OVERALL: Final = ()
"""TFMA's key of the slice that holds every row."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the Evaluator found on the eval split.

    Attributes:
        metrics: overall figures by name.
        blessed: whether every threshold was met.
        failures: the thresholds that were not, in words.
    """

    metrics: Mapping[str, float]
    blessed: bool
    failures: Sequence[str]


def describe(result: NodeResult) -> str:
    """Say in a few words what came of a node."""
    describer = _DESCRIBERS.get(result.node)
    return describer(result.outputs) if describer else ""


def verdict(outputs: Outputs) -> Verdict:
    """Read the data gate's verdict."""
    folder = Path(artifact_utils.get_single_uri(list(outputs["verdict"])))
    return Verdict.from_json((folder / VERDICT_FILE).read_text("utf-8"))


def evaluation(outputs: Outputs) -> Evaluation:
    """Read the Evaluator's metrics and its judgement."""
    folder = artifact_utils.get_single_uri(list(outputs["evaluation"]))
    # TFMA names the models only where there are two.
    both = (tfma.load_eval_result(folder, model_name=name) for name in (tfma.CANDIDATE_KEY, ""))
    slices = next(result.slicing_metrics for result in both if result.slicing_metrics)
    (overall,) = (values for key, values in slices if key == OVERALL)
    figures = {name: value["doubleValue"] for name, value in overall[""][""].items()}
    validation = tfma.load_validation_result(folder)
    failures = [
        _failure(failure)
        for validated in validation.metric_validations_per_slice
        for failure in validated.failures
    ]
    return Evaluation(
        metrics={name: figures[name] for name in (ACCURACY, MACRO_F1, "example_count")},
        blessed=validation.validation_ok,
        failures=failures,
    )


def _failure(failure: tfma.proto.validation_result_pb2.ValidationFailure) -> str:
    """Put a missed threshold into words."""
    threshold = failure.metric_threshold
    value = failure.metric_value.double_value.value
    name = failure.metric_key.name
    if threshold.HasField("value_threshold"):
        return f"{name} is {value:.4f}, must be {threshold.value_threshold.lower_bound.value:g}"
    loss = -threshold.change_threshold.absolute.value
    return f"{name} changed by {value:+.4f} against the baseline, may lose {loss:g}"


def _examples(outputs: Outputs) -> str:
    (examples,) = outputs["examples"]
    splits = artifact_utils.decode_split_names(examples.split_names)
    counts = [f"{examples.get_int_custom_property(f'rows_{s}'):,} {s}" for s in splits]
    quarantined = examples.get_int_custom_property("rows_quarantined")
    bad = f", {quarantined:,} quarantined" if quarantined else ""
    read = examples.get_int_custom_property("rows_read")
    return f"{read:,} rows read: {', '.join(counts)}{bad}"


def _data_gate(outputs: Outputs) -> str:
    found = verdict(outputs)
    judged = "passed" if found.passed else f"refused, {_counted(len(found.refusals), 'reason')}"
    warnings = len(found.findings) - len(found.refusals)
    warned = f", {_counted(warnings, 'warning')}" if warnings else ""
    return f"{judged}{warned}; drift: {found.comparisons['drift']}"


def _quality(outputs: Outputs) -> str:
    (quality,) = outputs["quality"]
    shown = {"duplicates": "duplicate_rows", "leaks": "leakage_rows", "conflicts": "conflicts_rows"}
    counts = (f"{quality.get_int_custom_property(p):,} {name}" for name, p in shown.items())
    return ", ".join(counts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _transform(outputs: Outputs) -> str:
    graph = tft.TFTransformOutput(artifact_utils.get_single_uri(list(outputs["transform_graph"])))
    return f"{len(assets.subwords(graph)):,} subwords, {len(assets.labels(graph)):,} labels"


def _trainer(outputs: Outputs) -> str:
    folder = Path(artifact_utils.get_single_uri(list(outputs["model_run"])))
    done = json.loads((folder / TRAINING_SUMMARY).read_text("utf-8"))
    accuracy = f"{done['eval_accuracy']:.4f}"
    return f"{done['epochs']} epochs, best {done['best_epoch']}: eval accuracy {accuracy}"


def _baseline(outputs: Outputs) -> str:
    models = outputs.get("model", [])
    return f"model {models[0].id}" if models else "none yet: no blessed model to compare with"


def _evaluator(outputs: Outputs) -> str:
    found = evaluation(outputs)
    figures = f"accuracy {found.metrics[ACCURACY]:.4f}, macro F1 {found.metrics[MACRO_F1]:.4f}"
    return f"{figures}: {'blessed' if found.blessed else 'refused'}"


def _pusher(outputs: Outputs) -> str:
    (pushed,) = outputs["pushed_model"]
    version = pushed.get_string_custom_property("pushed_version")
    return f"version {version}" if version else "nothing pushed"


_DESCRIBERS: Final[Mapping[str, Callable[[Outputs], str]]] = {
    "TextExampleGen": _examples,
    "DataQuality": _quality,
    "DataGate": _data_gate,
    "Transform": _transform,
    "Trainer": _trainer,
    "Baseline": _baseline,
    "Evaluator": _evaluator,
    "AtomicPusher": _pusher,
}
