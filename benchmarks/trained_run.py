"""One finished run of a preset, and where its parts lie; the other benchmarks start from it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_runs import PRESETS, Run, run

from pipeline import config
from trainer.settings import TrainerSettings

SHORT = ("training.epochs=1", "training.pretraining_epochs=0")
"""Settings of a run that others measure the speed of: what it has learnt does not matter."""


@dataclass(frozen=True, kw_only=True)
class TrainedRun:
    """The artifacts of a run.

    Attributes:
        run: its summary, seconds and memory.
        training: what the Trainer says of it.
        settings: what the Trainer was told.
        transform: folder of the transform graph.
        train: file pattern of the transformed train split.
        evaluation: file pattern of the transformed eval split.
        model: folder of the pushed SavedModel.
    """

    run: Run
    training: dict[str, Any]
    settings: TrainerSettings
    transform: str
    train: str
    evaluation: str
    model: str


def trained_run(preset: str, output: Path, *overrides: str) -> TrainedRun:
    """Run a preset into an empty folder."""
    done = run(PRESETS / f"{preset}.yaml", output, *overrides)
    read = config.load(PRESETS / f"{preset}.yaml", [f"output={output}", *overrides])
    examples = _only(output, "Transform/transformed_examples/*")
    return TrainedRun(
        run=done,
        training=json.loads(_only(output, "Trainer/model_run/*/training.json").read_text("utf-8")),
        settings=read.trainer_settings(),
        transform=str(_only(output, "Transform/transform_graph/*")),
        train=str(examples / "Split-train" / "*"),
        evaluation=str(examples / "Split-eval" / "*"),
        model=str(done.summary["pushed"]["path"]),
    )


def parts_of(run: TrainedRun) -> dict[str, Any]:
    """Give what building a model needs: sizes and vectors."""
    import tensorflow_transform as tft

    from trainer import assets

    transform = tft.TFTransformOutput(run.transform)
    return {
        "vocabulary_size": len(assets.subwords(transform)),
        "classes": len(assets.labels(transform)),
        "vectors": assets.embeddings(transform),
    }


def _only(output: Path, pattern: str) -> Path:
    [folder] = output.rglob(pattern)
    return folder
