"""The Trainer's `run_fn`: read it from top to bottom."""

import json
import time
from pathlib import PurePosixPath
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer import assets, export
from trainer.batches import batches
from trainer.class_weights import class_weights
from trainer.models import bigru
from trainer.settings import TrainerSettings, TrainingSettings

TRAINING_SUMMARY: Final = "training.json"


def run_fn(fn_args: FnArgs) -> None:
    """Fit the model on the train split, keep the epoch that is best on eval, export it."""
    settings = TrainerSettings.model_validate(fn_args.custom_config["settings"])
    tf.keras.utils.set_random_seed(settings.training.seed)
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.transformed_feature_spec()
    size = settings.training.batch_size
    train = batches(fn_args.train_files, spec, batch_size=size, seed=settings.training.seed)
    evaluation = batches(fn_args.eval_files, spec, batch_size=size)

    model = bigru.build(
        settings.training,
        vocabulary_size=len(assets.subwords(transform)),
        classes=len(assets.labels(transform)),
    )
    weights = class_weights(
        assets.label_counts(transform), assets.labels(transform), settings.training.class_weights
    )
    summary = fit(model, train, evaluation, settings.training, weights, fn_args.model_run_dir)
    classifier = export.Classifier(transform, bigru.Scorer(model), settings.transform)
    export.save(classifier, fn_args.serving_model_dir)
    _write_summary(summary, fn_args.model_run_dir)


def fit(
    model: tf.keras.Model,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    settings: TrainingSettings,
    weights: dict[int, float] | None,
    log_dir: str,
) -> dict[str, Any]:
    """Train until the eval accuracy stops rising and restore the best epoch's weights.

    Returns:
        The epochs run, the best one's eval accuracy, and the seconds taken.
    """
    model.compile(
        optimizer=tf.keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    stopping = tf.keras.callbacks.EarlyStopping(
        monitor="val_accuracy", patience=settings.patience, restore_best_weights=True
    )
    started = time.monotonic()
    history = model.fit(
        train,
        validation_data=evaluation,
        epochs=settings.epochs,
        class_weight=weights,
        callbacks=[stopping, tf.keras.callbacks.TensorBoard(log_dir)],
        verbose=2,
    ).history
    best = max(history["val_accuracy"])
    return {
        "epochs": len(history["loss"]),
        "best_epoch": history["val_accuracy"].index(best) + 1,
        "eval_accuracy": best,
        "fit_seconds": round(time.monotonic() - started, 3),
    }


def _write_summary(summary: dict[str, Any], folder: str) -> None:
    with tf.io.gfile.GFile(str(PurePosixPath(folder, TRAINING_SUMMARY)), "w") as file:
        json.dump(summary, file, indent=2)
