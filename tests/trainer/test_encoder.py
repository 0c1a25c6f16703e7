"""The encoder that trains faster computes what Keras's layers do: the same states and gradients."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer.models import gru
from trainer.models.encoder import Encoder

UNITS, CHANNELS, WORDS, STEPS = 5, 4, 6, 7
LENGTHS = {
    "different": [7, 3, 0, 1, 5, 7],
    "alike": [7, 7, 7],
    "one word": [1],
    "empty": [0, 0],
}
TOLERANCE = 1e-5


def encoder(dropout: float = 0.0) -> Encoder:
    """An encoder whose weights tell the steps and the directions apart."""
    layers = tf.keras.layers
    both_ways = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))
    built = Encoder(layers.Embedding(WORDS, CHANNELS), dropout, both_ways)
    built(tf.ones([1, 2], tf.int64))
    drawn = np.random.default_rng(1)
    built.set_weights([drawn.normal(0, 0.8, weights.shape) for weights in built.get_weights()])
    return built


def batch(lengths: list[int], steps: int = STEPS) -> tf.Tensor:
    """Rows of a few words, so that they repeat; the rest is padding."""
    words = np.random.default_rng(0).integers(1, WORDS, [len(lengths), steps])
    return tf.constant(np.where(np.arange(steps) < np.array(lengths)[:, None], words, 0))


def states_and_gradients(asked: Encoder, tokens: tf.Tensor) -> list[np.ndarray]:
    """The states of the tokens, and the gradients of all weights by them."""
    upstream = tf.constant(np.random.default_rng(2).normal(size=[*tokens.shape, 2 * UNITS]))
    alive = tf.cast(tokens != 0, tf.float32)[:, :, None]

    @tf.function
    def answer() -> Any:
        with tf.GradientTape() as tape:
            states = asked(tokens) * alive
            loss = tf.reduce_sum(states * tf.cast(upstream, tf.float32))
        gradients = tape.gradient(loss, asked.trainable_variables)
        return [states, *map(tf.convert_to_tensor, gradients)]

    return [part.numpy() for part in answer()]


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_states_and_gradients_are_those_of_keras_s_layers(
    lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, tokens = encoder(), batch(lengths)
    found = states_and_gradients(asked, tokens)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    expected = states_and_gradients(asked, tokens)
    assert len(found) == len(expected) == 8
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)
    assert max(lengths) < 2 or min(np.abs(part).max() for part in found) > 100 * TOLERANCE


def test_padding_leaves_the_state_as_it_is() -> None:
    onwards, back = np.split(encoder()(batch([2, STEPS]))[0], 2, axis=-1)
    np.testing.assert_allclose(onwards[2:], np.tile(onwards[1], [STEPS - 2, 1]), atol=1e-6)
    assert not np.any(back[2:])
    assert np.all(back[:2])


def test_the_mask_tells_tokens_from_padding() -> None:
    assert encoder().compute_mask(batch([1, 3], 3)).numpy().tolist() == [
        [True, False, False],
        [True, True, True],
    ]


def test_on_a_gpu_keras_s_layers_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, called = encoder(), []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr(
        asked.bidirectional, "call", lambda inputs, **_: called.append(inputs.shape) or inputs
    )
    asked(batch([2, 1], 2))
    assert called == [(2, 2, CHANNELS)]


def test_a_batch_loses_the_same_channels_of_all_words(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    run = gru.run

    def watched(
        cell: Any, vectors: tf.Tensor, *rest: tf.Tensor, backwards: bool = False
    ) -> tf.Tensor:
        seen.append(vectors.numpy())
        return run(cell, vectors, *rest, backwards=backwards)

    monkeypatch.setattr(gru, "run", watched)
    tf.keras.utils.set_random_seed(3)
    asked = encoder(dropout=0.5)
    seen.clear()
    for _ in range(8):
        asked(batch([STEPS] * 4), training=True)
    dropped = np.array([vectors == 0 for vectors in seen])
    assert np.array_equal(dropped.any(axis=1), dropped.all(axis=1))
    assert 0.2 < dropped.mean() < 0.8
    asked(batch([STEPS] * 4), training=False)
    assert np.all(seen[-1] != 0)
