"""The running mean of the weights: what it comes to, and that training does not notice it."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer.averaging import EVERY, FIRST, AveragedWeights

BATCHES, EPOCHS, BEGIN = 25, 2, 1.0
ROWS = tf.constant(np.linspace(-1, 1, BATCHES)[:, None], tf.float32)


class Spy(tf.keras.callbacks.Callback):
    """Notes the weight after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.seen.append(float(self.model.trainable_weights[0]))


def line(rate: float) -> tf.keras.Model:
    """A model to learn y = 3x, kept from autograph as by `fitting.compiled`, which saves 13 s."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, "linear", use_bias=False)])
    model.build([None, 1])
    model.set_weights([np.array([[BEGIN]])])
    model.train_step = tf.autograph.experimental.do_not_convert(model.train_step)
    model.test_step = tf.autograph.experimental.do_not_convert(model.test_step)
    model.compile(tf.keras.optimizers.SGD(rate), "mse")
    return model


def trained(
    *callbacks: tf.keras.callbacks.Callback, rate: float = 0.1, rows: int = BATCHES
) -> tuple[list[float], float, dict[str, list[float]]]:
    """Fit y = 3x: the weight after each step, the one that is left, and the losses."""
    model = line(rate)
    data = tf.data.Dataset.from_tensor_slices((ROWS, 3 * ROWS)).take(rows).batch(1)
    told = [*callbacks, spy] if (spy := Spy()) else []
    fitted = model.fit(data, validation_data=data, epochs=EPOCHS, callbacks=told, verbose=0)
    return spy.seen, float(model.get_weights()[0]), fitted.history


def mean_of(seen: list[float], *, steps: int) -> float:
    """The mean by hand."""
    mean, added = BEGIN, 0
    for step, weight in enumerate(seen, start=1):
        done = step % BATCHES or BATCHES  # of this epoch
        if done % EVERY == 0 or done == BATCHES:
            mean += max(min(1.0, EVERY / steps), FIRST / (FIRST + added)) * (weight - mean)
            added += 1
    return mean


@pytest.mark.parametrize("steps", [12, 15, 1_000])
def test_what_is_left_is_the_mean(steps: int) -> None:
    seen, left, _ = trained(AveragedWeights(steps))

    assert left == pytest.approx(mean_of(seen, steps=steps), abs=1e-6)
    assert abs(left - seen[-1]) > 1e-3


def test_a_mean_over_fewer_steps_than_lie_between_two_additions_is_the_last_weights() -> None:
    seen, left, _ = trained(AveragedWeights(EVERY // 2))

    assert left == pytest.approx(seen[-1])


@pytest.mark.parametrize(
    ("told", "taken", "reach"),
    [
        pytest.param(100, 2_000, 90, id="as far as it is told"),
        pytest.param(5_000, 2_000, 200, id="a tenth of a short training, on average"),
    ],
)
def test_the_mean_reaches_back(told: int, taken: int, reach: int) -> None:
    """Of weights that grow by 1 in every step, the mean lags behind by its reach."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False)])
    model.build([None, 1])
    averaged = AveragedWeights(told)
    averaged.set_model(model)
    averaged.on_train_begin()
    for step in range(1, taken + 1):
        model.set_weights([np.array([[step]])])
        averaged.on_train_batch_end(step)
    averaged.on_test_begin()

    assert taken - float(model.get_weights()[0]) == pytest.approx(reach, rel=0.05)


def test_a_training_of_a_few_steps_is_not_lost() -> None:
    _, left, _ = trained(AveragedWeights(1_000), rows=EVERY // 2)

    assert abs(left - BEGIN) > 0.1


def test_training_goes_on_from_its_own_weights() -> None:
    with_mean, _, _ = trained(AveragedWeights(1_000))
    without, left, _ = trained()

    assert with_mean == without
    assert left == without[-1]


def test_the_mean_is_what_is_evaluated() -> None:
    seen, left, losses = trained(AveragedWeights(1_000))

    of_mean = float(tf.reduce_mean(((left - 3) * ROWS) ** 2))
    assert losses["val_loss"][-1] == pytest.approx(of_mean, rel=1e-5)
    assert losses["val_loss"][-1] != pytest.approx(
        float(tf.reduce_mean(((seen[-1] - 3) * ROWS) ** 2)), rel=1e-2
    )


def test_stopping_restores_the_mean_of_the_best_epoch() -> None:
    stopping = tf.keras.callbacks.EarlyStopping("val_loss", patience=9, restore_best_weights=True)

    seen, left, losses = trained(stopping, AveragedWeights(1_000), rate=6.2)  # it diverges

    assert losses["val_loss"][0] < losses["val_loss"][1]
    assert left == pytest.approx(mean_of(seen[:BATCHES], steps=1_000), rel=1e-5)


def test_a_further_fit_goes_on_with_the_mean() -> None:
    model = line(0.1)
    rows = tf.data.Dataset.from_tensor_slices((ROWS, 3 * ROWS)).batch(1)
    averaged, spy = AveragedWeights(1_000), Spy()

    for _ in range(EPOCHS):
        model.fit(rows, validation_data=rows, callbacks=[averaged, spy], verbose=0)

    left = float(model.get_weights()[0])
    assert left == pytest.approx(mean_of(spy.seen, steps=1_000), abs=1e-6)
