"""Fits the network: the optimizer, its schedule, and when to stop."""

import math
import time
from typing import Any, Final

import tensorflow as tf

from trainer.adversarial import adversarial_step
from trainer.averaging import AveragedWeights
from trainer.batches import steps
from trainer.lazy_adam import LazyAdam
from trainer.settings import TrainingSettings

WARMUP_SHARE: Final = 0.1
EDGE_SHARE: Final = 0.05
"""The learning rate begins and ends at this share of its peak."""


def fit(
    model: tf.keras.Model,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    *,
    settings: TrainingSettings,
    train_rows: int,
    class_weights: dict[int, float] | None,
    log_dir: str,
) -> dict[str, Any]:
    """Train until the eval accuracy stops rising and restore the best epoch's weights.

    Args:
        model: from `[batch, tokens]` to `[batch, classes]` probabilities.
        train: batches of (tokens, label ids), one epoch.
        evaluation: the same of the eval split.
        settings: the switches of training.
        train_rows: rows of an epoch, from which the schedule's steps follow.
        class_weights: what a row of each class counts; None counts all alike.
        log_dir: where TensorBoard looks.

    Returns:
        The epochs run, the best one, and the seconds taken.

    Raises:
        ValueError: the weights have run off to where the eval loss is no number.
    """
    stopping = tf.keras.callbacks.EarlyStopping(
        monitor="val_accuracy", patience=settings.patience, restore_best_weights=True
    )
    callbacks = [stopping, tf.keras.callbacks.TensorBoard(log_dir, write_graph=False)]
    if settings.averaged_steps:
        callbacks.append(AveragedWeights(settings.averaged_steps))
    started = time.monotonic()
    history = (
        compiled(model, settings, train_rows=train_rows)
        .fit(
            train,
            validation_data=evaluation,
            epochs=settings.epochs,
            class_weight=class_weights,
            callbacks=callbacks,
            verbose=2,
        )
        .history
    )
    best = history["val_accuracy"].index(max(history["val_accuracy"]))
    if not math.isfinite(history["val_loss"][best]):
        raise ValueError(
            f"training: expected a finite eval loss, got {history['val_loss'][best]} in epoch "
            f"{best + 1}; lower training.learning_rate ({settings.learning_rate:g}) or "
            f"training.max_gradient_norm ({settings.max_gradient_norm:g}, where 0 cuts nothing)"
        )
    return {
        "epochs": len(history["loss"]),
        "best_epoch": best + 1,
        "fit_seconds": round(time.monotonic() - started, 3),
    }


def compiled(
    model: tf.keras.Model, settings: TrainingSettings, *, train_rows: int
) -> tf.keras.Model:
    """Give the model its optimizer, loss and metric."""
    # Autograph leaves Keras alone, but not under the name tf_keras: it would rewrite every function
    # of the layers, which takes longer than an epoch on a small corpus and changes nothing.
    step = model.train_step
    if settings.adversarial:
        step = adversarial_step(model, share=settings.adversarial)
    model.train_step = tf.autograph.experimental.do_not_convert(step)
    model.test_step = tf.autograph.experimental.do_not_convert(model.test_step)
    model.compile(
        optimizer=_optimizer(settings, train_rows=train_rows),
        loss=_loss(settings.label_smoothing, classes=model.output_shape[-1]),
        # Of "accuracy" Keras makes the binary one where there is one class: always 0.
        metrics=[tf.keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )
    return model


def _optimizer(settings: TrainingSettings, *, train_rows: int) -> tf.keras.optimizers.Optimizer:
    """Adam, the gradient of all weights together cut to a length (Pascanu et al. 2013)."""
    return LazyAdam(
        learning_rate(settings, train_rows=train_rows),
        global_clipnorm=settings.max_gradient_norm or None,
        jit_compile=False,  # on a GPU, XLA would compile anew for every number of words
    )


def learning_rate(
    settings: TrainingSettings, *, train_rows: int
) -> tf.keras.optimizers.schedules.LearningRateSchedule | float:
    """Rise linearly to the peak in the first tenth of the steps, then fall as a cosine.

    Warm-up as in Goyal et al. 2017, cosine decay as in Loshchilov and Hutter 2017; a constant is
    the other choice.
    """
    if settings.schedule == "constant":
        return settings.learning_rate
    total = settings.epochs * steps(train_rows, settings.batch_size)
    warmup = max(1, round(total * WARMUP_SHARE))
    return tf.keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate * EDGE_SHARE,
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, total - warmup),
        alpha=EDGE_SHARE,
    )


def _loss(smoothing: float, *, classes: int) -> Any:
    """Cross-entropy; with smoothing (Szegedy et al. 2016), against softened one-hot labels."""
    if not smoothing:
        return "sparse_categorical_crossentropy"

    def smoothed(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
        truth = tf.one_hot(tf.cast(tf.reshape(labels, [-1]), tf.int32), classes)
        return tf.keras.losses.categorical_crossentropy(
            truth, probabilities, label_smoothing=smoothing
        )

    return smoothed
