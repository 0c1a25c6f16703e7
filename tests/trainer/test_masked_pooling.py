"""The pooling layer: means, maxima, shapes and mask."""

import numpy as np
import tensorflow as tf

from trainer.models.pooling import MaskedPooling

STATES = tf.constant(
    [[[1.0, -4.0], [3.0, -2.0], [9.0, 9.0]], [[5.0, -5.0], [9.0, 9.0], [9.0, 9.0]]]
)
MASK = tf.constant([[True, True, False], [True, False, False]])


def model() -> tf.keras.Model:
    tokens = tf.keras.layers.Input([None], dtype=tf.int64)
    vectors = tf.keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    return tf.keras.Model(tokens, MaskedPooling()(vectors))


def test_mean_and_maximum_stand_side_by_side() -> None:
    pooled = MaskedPooling()(STATES, mask=MASK)
    np.testing.assert_allclose(pooled, [[2, -3, 3, -2], [5, -5, 5, -5]])


def test_the_mean_or_the_maximum_can_stand_alone() -> None:
    np.testing.assert_allclose(MaskedPooling("mean")(STATES, mask=MASK), [[2, -3], [5, -5]])
    np.testing.assert_allclose(MaskedPooling("max")(STATES, mask=MASK), [[3, -2], [5, -5]])


def test_masked_steps_do_not_count_wherever_they_stand() -> None:
    mask = tf.constant([[True, False, True], [False, True, True]])
    np.testing.assert_allclose(MaskedPooling()(STATES, mask=mask), [[5, 2.5, 9, 9], [9, 9, 9, 9]])


def test_a_row_without_steps_gives_zeros() -> None:
    pooled = MaskedPooling()(STATES, mask=tf.zeros([2, 3], tf.bool))
    np.testing.assert_array_equal(pooled, np.zeros([2, 4]))


def test_a_batch_without_steps_gives_zeros() -> None:
    pooled = MaskedPooling()(tf.zeros([2, 0, 3]), mask=tf.zeros([2, 0], tf.bool))
    np.testing.assert_array_equal(pooled, np.zeros([2, 6]))


def test_the_shape_is_known_before_any_data() -> None:
    assert model().output_shape == (None, 8)


def test_the_mask_ends_here() -> None:
    assert model().layers[-1].output_mask is None
