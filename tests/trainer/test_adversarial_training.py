"""The step that also trains beside the word vectors, where the loss is higher."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from trainer import fitting
from trainer.adversarial import adversarial_step
from trainer.models import bigru
from trainer.settings import TrainingSettings

WORDS, CLASSES, SHARE = 7, 3, 0.2
TOKENS = tf.constant(
    [[1, 2, 1, 3], [4, 2, 0, 0], [5, 0, 0, 0]], tf.int64
)  # words that repeat, and padding
LABELS = tf.constant([0, 2, 1])
ALIKE = tf.ones([3])

Floats = npt.NDArray[np.float32]


def network(*, fine_tune: bool = True) -> tf.keras.Model:
    """A network without dropout that steps by its gradient alone."""
    settings = TrainingSettings(
        embedding_dim=4, units=5, embedding_dropout=0, dropout=0, fine_tune=fine_tune
    )
    tf.keras.utils.set_random_seed(3)
    vectors = np.random.default_rng(0).normal(size=[WORDS, 4]).astype(np.float32)
    model = bigru.build(settings, vocabulary_size=WORDS, classes=CLASSES, vectors=vectors)
    model.compile(tf.keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    return model


def weights_of(model: tf.keras.Model) -> list[tf.Variable]:
    """The word vectors, trained or not, then all others."""
    vectors = model.get_layer("encoder").embedding.embeddings
    return [vectors, *(w for w in model.trainable_variables if w is not vectors)]


def gradients(model: tf.keras.Model, weights: tf.Tensor = ALIKE) -> list[Floats]:
    """Of the loss as Keras has it, by `weights_of` the model."""
    every = weights_of(model)
    with tf.GradientTape() as tape:
        tape.watch(every)
        answers = model(TOKENS, training=True)
        loss = model.compute_loss(TOKENS, LABELS, answers, weights)
    return [tf.convert_to_tensor(part).numpy() for part in tape.gradient(loss, every)]


def moved(model: tf.keras.Model, slopes: Floats) -> tf.keras.Model:
    """The same network with each vector a share of its length along its slope."""
    other = network()
    other.set_weights(model.get_weights())
    embedding = other.get_layer("encoder").embedding.embeddings
    vectors = embedding.numpy()
    steps = np.linalg.norm(slopes, axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    embedding.assign(vectors + SHARE * lengths * slopes / np.where(steps > 0, steps, 1))
    return other


def steps_of(model: tf.keras.Model, share: float, weights: tf.Tensor = ALIKE) -> list[Floats]:
    """What one training step takes from `weights_of` the model."""
    before = [weight.numpy() for weight in weights_of(model)]
    tf.function(adversarial_step(model, share=share))((TOKENS, LABELS, weights))
    return [old - new.numpy() for old, new in zip(before, weights_of(model), strict=True)]


def apart(found: list[Floats], expected: list[Floats]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("weights", [ALIKE, tf.constant([2.0, 0.0, 0.5])])
def test_a_step_follows_the_mean_of_the_gradients_at_the_vectors_and_beside_them(
    weights: tf.Tensor,
) -> None:
    model = network()
    here = gradients(model, weights)
    beside = gradients(moved(model, here[0]), weights)

    found = steps_of(model, SHARE, weights)

    assert apart(found, [(one + other) / 2 for one, other in zip(here, beside, strict=True)]) < 1e-6
    assert apart(found, here) > 1e-4


def test_nothing_is_moved_by_no_share() -> None:
    model = network()
    here = gradients(model)
    assert apart(steps_of(model, 0.0), here) < 1e-6


def test_the_loss_is_higher_beside_the_vectors() -> None:
    model = network()
    other = moved(model, gradients(model)[0])
    losses = [float(m.compute_loss(TOKENS, LABELS, m(TOKENS))) for m in (model, other)]
    assert losses[1] > losses[0]


def test_vectors_that_are_not_trained_are_moved_for_the_other_weights() -> None:
    found, expected = steps_of(network(fine_tune=False), SHARE), steps_of(network(), SHARE)
    assert not found[0].any()
    assert apart(found[1:], expected[1:]) < 1e-6


def test_what_is_asked_after_a_step_is_asked_of_the_vectors_themselves() -> None:
    model = network()
    steps_of(model, SHARE)
    other = network()
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(TOKENS), other(TOKENS))


def test_a_fit_takes_such_steps_and_tells_its_metrics(tmp_path: Path) -> None:
    def fitted(share: float) -> Any:
        settings = TrainingSettings(
            embedding_dim=4, units=5, epochs=3, adversarial=share, embedding_dropout=0, dropout=0
        )
        model = network()
        rows = tf.data.Dataset.from_tensor_slices((TOKENS, LABELS)).batch(3)
        fitting.fit(
            model,
            rows,
            rows,
            settings=settings,
            train_rows=3,
            class_weights={0: 1.0, 1: 2.0, 2: 1.0},
            log_dir=str(tmp_path),
        )
        return model

    free, adversarial = fitted(0.0), fitted(0.3)

    weights = zip(free.get_weights(), adversarial.get_weights(), strict=True)
    assert max(float(np.abs(one - other).max()) for one, other in weights) > 1e-4
    assert set(adversarial.get_metrics_result()) == {"loss", "accuracy"}
