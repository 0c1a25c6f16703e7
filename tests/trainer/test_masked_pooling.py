"""The pooling layer: shapes, mask, configuration and storage."""

from pathlib import Path

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


def test_half_precision_stays_half_precision() -> None:
    pooled = MaskedPooling(dtype="float16")(tf.cast(STATES, tf.float16), mask=MASK)
    assert pooled.dtype == tf.float16
    np.testing.assert_allclose(pooled, [[2, -3, 3, -2], [5, -5, 5, -5]])


def test_the_shape_is_known_before_any_data() -> None:
    assert model().output_shape == (None, 8)


def test_the_mask_ends_here() -> None:
    assert model().layers[-1].output_mask is None


def test_the_layer_comes_back_from_its_configuration() -> None:
    layer = MaskedPooling("max", name="pooling", dtype="float16")
    again = MaskedPooling.from_config(layer.get_config())
    assert (again.name, again.dtype, again.pooling) == ("pooling", "float16", "max")


def test_a_saved_model_answers_as_before(tmp_path: Path) -> None:
    pooled, tokens = model(), tf.constant([[3, 4, 0], [5, 0, 0], [0, 0, 0]], tf.int64)
    pooled.save(tmp_path / "model.keras")
    again = tf.keras.models.load_model(
        tmp_path / "model.keras", custom_objects={"MaskedPooling": MaskedPooling}
    )
    np.testing.assert_array_equal(again(tokens), pooled(tokens))
    assert np.abs(pooled(tokens)[0]).sum() > 0
