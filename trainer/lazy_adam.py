"""Adam that leaves alone the word vectors that a batch does not read."""

import tensorflow as tf


class LazyAdam(tf.keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) whose sparse updates touch the rows of the gradient alone.

    Keras decays the moments of every row of an embedding at each step, which takes longer than
    the rest of a step on a small batch, and moves words by gradients of batches long gone. Dense
    gradients are treated as Keras does.
    """

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> None:
        """Move a variable against its gradient, whose indices are unique."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable)
            return
        index = self._index_dict[self._var_key(variable)]
        rows = gradient.indices
        first = _decayed(self._momentums[index], rows, gradient.values, self.beta_1)
        second = _decayed(self._velocities[index], rows, gradient.values**2, self.beta_2)
        step = tf.cast(self.iterations + 1, variable.dtype)
        unbiased = tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        rate = tf.cast(self.learning_rate, variable.dtype) * unbiased
        moved = rate * first / (tf.sqrt(second) + self.epsilon)
        variable.scatter_sub(tf.IndexedSlices(moved, rows))


def _decayed(moment: tf.Variable, rows: tf.Tensor, values: tf.Tensor, beta: float) -> tf.Tensor:
    """Move some rows of a running mean towards new values; gives these rows."""
    mean = beta * tf.gather(moment, rows) + (1 - beta) * values
    moment.scatter_update(tf.IndexedSlices(mean, rows))
    return mean
