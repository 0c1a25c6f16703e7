"""That every setting of training reaches what it is of."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from trainer import channels, fitting
from trainer.averaging import AveragedWeights
from trainer.lazy_adam import LazyAdam
from trainer.models import linear
from trainer.settings import TrainingSettings

TRUTH, PREDICTED = tf.constant([[1]]), tf.constant([[0.2, 0.7, 0.1]])


def loss_of(**settings: Any) -> float:
    """The compiled loss of a row of the second of three classes."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, "softmax")])
    model.build([None, 1])
    compiled = fitting.compiled(model, TrainingSettings(**settings), train_rows=1)
    return float(compiled.compute_loss(y=TRUTH, y_pred=PREDICTED))


def test_the_loss_smooths_as_it_is_told() -> None:
    logs = np.log([0.2, 0.7, 0.1])

    assert loss_of(label_smoothing=0) == pytest.approx(-logs[1], rel=1e-5)
    smoothed = -(0.7 * logs[1] + 0.1 * logs.sum())
    assert loss_of(label_smoothing=0.3) == pytest.approx(smoothed, rel=1e-5)


@pytest.mark.parametrize(("schedule", "first"), [("cosine", 0.025), ("constant", 0.5)])
def test_the_optimizer_begins_at_the_rate_of_the_schedule(schedule: str, first: float) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(3)])
    model.build([None, 1])
    settings = TrainingSettings(schedule=schedule, learning_rate=0.5)

    rate = fitting.compiled(model, settings, train_rows=640).optimizer.learning_rate

    assert float(rate) == pytest.approx(first)


@pytest.mark.parametrize(("steps", "averages"), [(50, 1), (0, 0)])
def test_the_fit_averages_and_weighs_classes_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int, averages: int
) -> None:
    told: dict[str, Any] = {}

    def fit(*_: Any, **how: Any) -> Any:
        told.update(how)
        history = {"loss": [0.1, 0.1], "val_loss": [0.7, 0.6], "val_accuracy": [0.5, 0.6]}
        return SimpleNamespace(history=history)

    monkeypatch.setattr(fitting, "compiled", lambda *_, **__: SimpleNamespace(fit=fit))
    rows = tf.data.Dataset.from_tensors(TRUTH)
    settings = TrainingSettings(averaged_steps=steps, epochs=7, patience=3)

    summary = fitting.fit(
        tf.keras.Sequential(),
        rows,
        rows,
        settings=settings,
        train_rows=1,
        class_weights={0: 2.0},
        log_dir=str(tmp_path),
    )

    assert (told["epochs"], told["class_weight"]) == (7, {0: 2.0})
    assert (summary["epochs"], summary["best_epoch"]) == (2, 2)
    found = [callback for callback in told["callbacks"] if isinstance(callback, AveragedWeights)]
    assert len(found) == averages
    [stopping] = (c for c in told["callbacks"] if isinstance(c, tf.keras.callbacks.EarlyStopping))
    assert stopping.patience == 3


@pytest.mark.parametrize(("norm", "cut"), [(2.5, 2.5), (0, None)])
def test_the_optimizer_is_the_lazy_one_and_cuts_as_it_is_told(
    norm: float, cut: float | None
) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(3)])
    model.build([None, 1])
    settings = TrainingSettings(max_gradient_norm=norm)

    optimizer = fitting.compiled(model, settings, train_rows=1).optimizer

    assert isinstance(optimizer, LazyAdam)
    assert optimizer.global_clipnorm == cut
    assert optimizer.clipnorm is None


def test_the_linear_channel_is_fitted_as_it_is_told(
    transformed: Any, make_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(linear, "fit", lambda *_, **how: told.update(how))
    settings = make_settings(linear_penalty=0.25, linear_weighting="naive_bayes", seed=5)

    channels.fit_linear(
        [transformed.patterns["train"]],
        transformed.output.transformed_feature_spec(),
        settings=settings,
        classes=3,
        class_weights={0: 2.0},
    )

    assert told == {
        "classes": 3,
        "most": settings.transform.text.ngrams,
        "penalty": 0.25,
        "naive_bayes": True,
        "seed": 5,
        "class_weights": {0: 2.0},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": 2**32},
        {"max_gradient_norm": float("inf")},
        {"learning_rate": float("inf")},
        {"linear_penalty": float("nan")},
    ],
)
def test_values_that_would_fail_or_spoil_a_training_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        TrainingSettings(**wrong)
