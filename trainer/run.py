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

MAX_GRADIENT_NORM: Final = 1.0
"""A longer gradient is cut to this length: recurrent ones explode (Pascanu et al. 2013)."""

WARMUP_SHARE: Final = 0.1
EDGE_SHARE: Final = 0.05
"""The learning rate begins and ends at this share of its peak."""


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
    summary = fit(
        model,
        train,
        evaluation,
        settings=settings.training,
        train_rows=sum(assets.label_counts(transform).values()),
        weights=weights,
        log_dir=fn_args.model_run_dir,
    )
    classifier = export.Classifier(transform, bigru.Scorer(model), settings.transform)
    export.save(classifier, fn_args.serving_model_dir)
    _write_summary(summary, fn_args.model_run_dir)


def fit(
    model: tf.keras.Model,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    *,
    settings: TrainingSettings,
    train_rows: int,
    weights: dict[int, float] | None,
    log_dir: str,
) -> dict[str, Any]:
    """Train until the eval accuracy stops rising and restore the best epoch's weights.

    Returns:
        The epochs run, the best one's eval accuracy, and the seconds taken.
    """
    # Autograph leaves Keras alone, but not under the name tf_keras: it would rewrite every function
    # of the layers, which takes longer than an epoch on a small corpus and changes nothing.
    model.train_step = tf.autograph.experimental.do_not_convert(model.train_step)
    model.test_step = tf.autograph.experimental.do_not_convert(model.test_step)
    model.compile(
        optimizer=tf.keras.optimizers.Adam(
            learning_rate(settings, train_rows=train_rows), clipnorm=MAX_GRADIENT_NORM
        ),
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
        callbacks=[stopping, tf.keras.callbacks.TensorBoard(log_dir, write_graph=False)],
        verbose=2,
    ).history
    best = max(history["val_accuracy"])
    return {
        "epochs": len(history["loss"]),
        "best_epoch": history["val_accuracy"].index(best) + 1,
        "eval_accuracy": best,
        "fit_seconds": round(time.monotonic() - started, 3),
    }


def learning_rate(
    settings: TrainingSettings, *, train_rows: int
) -> tf.keras.optimizers.schedules.LearningRateSchedule:
    """Rise linearly to the peak in the first tenth of all steps, then fall as a cosine.

    Warm-up as in Goyal et al. 2017, cosine decay as in Loshchilov and Hutter 2017.
    """
    steps = settings.epochs * max(1, train_rows // settings.batch_size)
    return tf.keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate * EDGE_SHARE,
        warmup_target=settings.learning_rate,
        warmup_steps=max(1, round(steps * WARMUP_SHARE)),
        decay_steps=steps,
        alpha=EDGE_SHARE,
    )


def _write_summary(summary: dict[str, Any], folder: str) -> None:
    with tf.io.gfile.GFile(str(PurePosixPath(folder, TRAINING_SUMMARY)), "w") as file:
        json.dump(summary, file, indent=2)
