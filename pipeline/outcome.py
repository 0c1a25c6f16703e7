"""What the nodes' outputs say, in a few words for the terminal and in figures for programs."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow_model_analysis as tfma
import tensorflow_transform as tft
from tfx.types import Artifact, artifact_utils

from components.canary.record import RECORD_FILE
from components.canary.record import Record as CanaryRecord
from components.data_gate.executor import VERDICT_FILE
from components.data_gate.verdict import Finding, Verdict
from components.model_gate import verdict as model_gate
from components.simple_baselines.predictions import read_summary
from pipeline.evaluation import ACCURACY, EXAMPLE_COUNT, MACRO_F1
from pipeline.local_runner import NodeResult
from trainer import assets
from trainer.pretraining import PRETRAINING_SUMMARY
from trainer.run import TRAINING_SUMMARY

Outputs = Mapping[str, Sequence[Artifact]]

OVERALL: Final = ()
"""TFMA's key of the slice that holds every row."""


def describe(result: NodeResult) -> str:
    """Say in a few words what came of a node, and what it has warned of."""
    describer = _DESCRIBERS.get(result.node)
    told = describer(result.outputs) if describer else ""
    return "; ".join(filter(None, [told, *result.warnings]))


def verdict(outputs: Outputs) -> Verdict:
    """Read the data gate's verdict."""
    folder = Path(artifact_utils.get_single_uri(list(outputs["verdict"])))
    return Verdict.from_json((folder / VERDICT_FILE).read_text("utf-8"))


def model_verdict(outputs: Outputs) -> model_gate.Verdict:
    """Read the model gate's verdict, which lies beside the blessing."""
    folder = Path(artifact_utils.get_single_uri(list(outputs["blessing"])))
    return model_gate.Verdict.from_json((folder / model_gate.VERDICT_FILE).read_text("utf-8"))


def canary(outputs: Outputs) -> CanaryRecord:
    """Read what the canary saw, which lies beside its blessing."""
    folder = Path(artifact_utils.get_single_uri(list(outputs["blessing"])))
    return CanaryRecord.from_json((folder / RECORD_FILE).read_text("utf-8"))


def findings(result: NodeResult) -> Sequence[Finding]:
    """Return what a gate's node complains of; of other nodes nothing."""
    match result.node:
        case "DataGate":
            return verdict(result.outputs).findings
        case "ModelGate":
            return model_verdict(result.outputs).findings
        case "Canary":
            return canary(result.outputs).findings
        case _:
            return ()


def evaluation(outputs: Outputs) -> Mapping[str, float]:
    """Read the Evaluator's overall figures by name."""
    folder = artifact_utils.get_single_uri(list(outputs["evaluation"]))
    slices = tfma.load_eval_result(folder).slicing_metrics
    (overall,) = (values for key, values in slices if key == OVERALL)
    figures = {name: value["doubleValue"] for name, value in overall[""][""].items()}
    return {name: figures[name] for name in (ACCURACY, MACRO_F1, EXAMPLE_COUNT)}


def training(outputs: Outputs) -> dict[str, Any]:
    """Read the Trainer's summary: what the fit came to, and under `text` the texts' traits."""
    folder = Path(artifact_utils.get_single_uri(list(outputs["model_run"])))
    found: dict[str, Any] = json.loads((folder / TRAINING_SUMMARY).read_text("utf-8"))
    return found


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
    return f"{_judged(found)}; drift: {found.comparisons['drift']}"


def _model_gate(outputs: Outputs) -> str:
    found = model_verdict(outputs)
    return f"{_judged(found)}; production: {found.production}"


def _judged(found: Verdict | model_gate.Verdict) -> str:
    judged = "passed" if found.passed else f"refused, {_counted(len(found.refusals), 'reason')}"
    warnings = len(found.findings) - len(found.refusals)
    return judged + (f", {_counted(warnings, 'warning')}" if warnings else "")


def _quality(outputs: Outputs) -> str:
    (quality,) = outputs["quality"]
    shown = {"duplicates": "duplicate_rows", "leaks": "leakage_rows", "conflicts": "conflicts_rows"}
    counts = (f"{quality.get_int_custom_property(p):,} {name}" for name, p in shown.items())
    return ", ".join(counts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _transform(outputs: Outputs) -> str:
    graph = tft.TFTransformOutput(artifact_utils.get_single_uri(list(outputs["transform_graph"])))
    return f"vocabulary of {len(assets.subwords(graph)):,}, {len(assets.labels(graph)):,} labels"


def _trainer(outputs: Outputs) -> str:
    done = training(outputs)
    accuracy = f"{done['eval_accuracy']:.4f}"
    epochs = _counted(done["epochs"], "epoch")
    return f"{epochs}, best {done['best_epoch']}: eval accuracy {accuracy}"


def _pretrainer(outputs: Outputs) -> str:
    folder = Path(artifact_utils.get_single_uri(list(outputs["model_run"])))
    done = json.loads((folder / PRETRAINING_SUMMARY).read_text("utf-8"))
    losses = " to ".join(dict.fromkeys(f"{done['losses'][at]:.2f}" for at in (0, -1)))
    return f"{done['texts']:,} texts of {done['tokens']:,} tokens, loss {losses}"


def _baseline(outputs: Outputs) -> str:
    models = outputs.get("model", [])
    return f"model {models[0].id}" if models else "none yet: no other model is known to have served"


def _evaluator(outputs: Outputs) -> str:
    found = evaluation(outputs)
    return f"accuracy {found[ACCURACY]:.4f}, macro F1 {found[MACRO_F1]:.4f}"


def _simple_baselines(outputs: Outputs) -> str:
    (baselines,) = outputs["baselines"]
    told = read_summary(baselines.uri)
    figure = baselines.get_float_custom_property
    best = max(told.fit_s, key=lambda name: figure(f"accuracy_{name}"))
    return f"best {best}: accuracy {figure(f'accuracy_{best}'):.4f}"


def _pusher(outputs: Outputs) -> str:
    (pushed,) = outputs["pushed_model"]
    version = pushed.get_string_custom_property("pushed_version")
    return f"version {version}" if version else "nothing pushed"


_DESCRIBERS: Final[Mapping[str, Callable[[Outputs], str]]] = {
    "TextExampleGen": _examples,
    "DataQuality": _quality,
    "DataGate": _data_gate,
    "SimpleBaselines": _simple_baselines,
    "Transform": _transform,
    "Pretrainer": _pretrainer,
    "Trainer": _trainer,
    "Baseline": _baseline,
    "Evaluator": _evaluator,
    "ModelGate": _model_gate,
    "Canary": lambda outputs: canary(outputs).in_words(),
    "AtomicPusher": _pusher,
}
