"""The GRU that trains faster is Keras's GRU: the same states, and the same gradients."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer.models.gru import HoistedGRU

UNITS, CHANNELS, STEPS = 5, 4, 7
LENGTHS = [7, 3, 0, 1, 5, 7]
TOLERANCE = 1e-5

Answer = tuple[np.ndarray, list[np.ndarray]]


def layer(kind: type[tf.keras.layers.GRU]) -> tf.keras.layers.Layer:
    """Both directions, with weights that tell the steps apart."""
    built = tf.keras.layers.Bidirectional(kind(UNITS, return_sequences=True))
    built(tf.zeros([1, 2, CHANNELS]))
    drawn = np.random.default_rng(1)
    built.set_weights([drawn.normal(0, 0.8, weights.shape) for weights in built.get_weights()])
    return built


def answer(asked: tf.keras.layers.Layer, mask: tf.Tensor | None) -> Answer:
    """The states of unmasked steps, and the gradients of inputs and weights by them."""
    drawn = np.random.default_rng(0)
    inputs = tf.constant(drawn.normal(size=[len(LENGTHS), STEPS, CHANNELS]), tf.float32)
    upstream = tf.constant(drawn.normal(size=[len(LENGTHS), STEPS, 2 * UNITS]), tf.float32)
    alive = 1.0 if mask is None else tf.cast(mask, tf.float32)[:, :, None]

    @tf.function
    def states_and_gradients() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            states = asked(inputs, mask=mask) * alive
            loss = tf.reduce_sum(states * upstream)
        return states, tape.gradient(loss, [inputs, *asked.trainable_variables])

    states, gradients = states_and_gradients()
    return states.numpy(), [gradient.numpy() for gradient in gradients]


def assert_alike(found: Answer, expected: Answer) -> None:
    np.testing.assert_allclose(found[0], expected[0], atol=TOLERANCE)
    for ours, theirs in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


@pytest.mark.parametrize("lengths", [LENGTHS, None], ids=["masked", "unmasked"])
def test_states_and_gradients_are_keras_s(lengths: list[int] | None) -> None:
    mask = None if lengths is None else tf.sequence_mask(lengths, STEPS)
    found, expected = (answer(layer(kind), mask) for kind in (HoistedGRU, tf.keras.layers.GRU))
    assert_alike(found, expected)
    assert min(np.abs(gradient).max() for gradient in found[1]) > 100 * TOLERANCE


def test_masked_steps_have_states_of_zero() -> None:
    states = layer(HoistedGRU)(
        tf.ones([2, STEPS, CHANNELS]), mask=tf.sequence_mask([2, STEPS], STEPS)
    )
    assert not np.any(states[0, 2:])
    assert np.all(np.abs(states[1]).max(axis=-1) > 0)


def test_on_a_gpu_it_is_keras_s_own_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    called = []
    monkeypatch.setattr(
        tf.keras.layers.GRU, "call", lambda self, inputs, *_: called.append(self) or inputs
    )
    HoistedGRU(UNITS, return_sequences=True)(tf.ones([1, 2, CHANNELS]))
    assert len(called) == 1
