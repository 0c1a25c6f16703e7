"""Weights that are the mean of those of the last steps."""

from typing import Any, Final

import tensorflow as tf

EVERY: Final = 10
"""Steps between two additions to the mean, which change it little and each copy all weights."""

FIRST: Final = 9.0
"""The n-th addition weighs 9 / (8 + n) at least: a training forgets where it began, and its mean
reaches back about a ninth of its steps until this is more than it is told."""


class AveragedWeights(tf.keras.callbacks.Callback):
    """Evaluates, and leaves in the model, a running mean of the weights (Polyak and Juditsky 1992).

    Training itself goes on from the weights as they are. Callbacks that keep the weights at the end
    of an epoch keep the mean. To be evaluated once an epoch: a second evaluation would take the
    mean for training's own weights.

    Args:
        steps: the mean reaches back about so many at most, and about a ninth of those taken.
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._supports_tf_logs = True  # Keras need not take what it logs out of the graph for it
        self._rate = min(1.0, EVERY / steps)
        self._means: list[tf.Variable] = []
        self._own: list[tf.Tensor] = []
        self._steps = self._added = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin the mean with the weights that the model has; a further `fit` goes on with it."""
        if not self._means:
            self._means = [tf.Variable(weight) for weight in self.model.trainable_weights]

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count a step; after every tenth, add the weights to the mean."""
        self._steps += 1
        if self._steps == EVERY:
            self._add()

    def _add(self) -> None:
        rate = max(self._rate, FIRST / (FIRST + self._added))
        self._move(tf.constant(rate))
        self._steps, self._added = 0, self._added + 1

    @tf.function(autograph=False)
    def _move(self, rate: tf.Tensor) -> None:
        for mean, weight in zip(self._means, self.model.trainable_weights, strict=True):
            mean.assign_add(rate * (weight - mean))

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Put the mean into the model, the last steps added."""
        if self._steps:
            self._add()
        self._own = [tf.identity(weight) for weight in self.model.trainable_weights]
        self._put(self._means)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Go on from the weights that training had come to."""
        if self._own:
            self._put(self._own)

    def _put(self, values: list[Any]) -> None:
        for weight, value in zip(self.model.trainable_weights, values, strict=True):
            weight.assign(value)
