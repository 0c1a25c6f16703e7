"""Adam that leaves alone the rows that a gradient does not name."""

import numpy as np
import tensorflow as tf

from trainer.lazy_adam import LazyAdam

ROWS, CHANNELS = 6, 3


def stepped(
    optimizer: tf.keras.optimizers.Optimizer, gradients: list[dict[int, float]]
) -> np.ndarray:
    """A table after sparse gradients, each given by its rows."""
    table = tf.Variable(
        np.linspace(-1, 1, ROWS * CHANNELS).reshape(ROWS, CHANNELS), dtype="float32"
    )
    for gradient in gradients:
        values = [[value] * CHANNELS for value in gradient.values()]
        slices = tf.IndexedSlices(tf.constant(values), tf.constant(list(gradient)), table.shape)
        optimizer.apply_gradients([(slices, table)])
    return table.numpy()


def test_rows_of_every_gradient_move_as_keras_moves_them() -> None:
    gradients = [{1: 0.3, 4: -2.0}, {1: -0.1, 4: 0.5}, {4: 1.0, 1: 1.0}]
    ours, theirs = (
        stepped(kind(0.01, global_clipnorm=1.0, epsilon=0.01), gradients)  # large, to count
        for kind in (LazyAdam, tf.keras.optimizers.Adam)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert np.abs(ours[[1, 4]] - stepped(LazyAdam(0.01), [])[[1, 4]]).min() > 1e-3


def test_a_row_without_a_gradient_stays_though_it_had_one_before() -> None:
    once = stepped(LazyAdam(0.01), [{1: 1.0}])
    later = stepped(LazyAdam(0.01), [{1: 1.0}, {4: 1.0}])
    np.testing.assert_array_equal(later[1], once[1])
    assert np.any(stepped(tf.keras.optimizers.Adam(0.01), [{1: 1.0}, {4: 1.0}])[1] != once[1])


def test_repeated_rows_count_as_their_sum() -> None:
    tables = [tf.Variable(tf.zeros([ROWS, CHANNELS])) for _ in range(2)]
    parted, summed = ([2, 2, 5], [1.0, 3.0, 1.0]), ([2, 5], [4.0, 1.0])
    for table, (rows, values) in zip(tables, (parted, summed), strict=True):
        optimizer = LazyAdam(0.01, epsilon=1.0)  # so large that the size of a gradient counts
        spread = tf.constant(values)[:, None] * tf.ones([1, CHANNELS])
        optimizer.apply_gradients([(tf.IndexedSlices(spread, rows, table.shape), table)])
    np.testing.assert_allclose(tables[0].numpy(), tables[1].numpy())
    assert abs(tables[0].numpy()[2, 0]) > 1.5 * abs(tables[0].numpy()[5, 0])


def test_dense_gradients_are_treated_as_keras_does() -> None:
    ours, theirs = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 2.0])
    for kind, variable in ((LazyAdam, ours), (tf.keras.optimizers.Adam, theirs)):
        optimizer = kind(0.1)
        for gradient in ([0.5, -3.0], [1.0, 1.0]):
            optimizer.apply_gradients([(tf.constant(gradient), variable)])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy())
