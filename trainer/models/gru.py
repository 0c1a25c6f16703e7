"""Keras's GRU over a batch that repeats its words: the same function, trained faster."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf


def run(cell: Any, vectors: tf.Tensor, places: tf.Tensor, alive: tf.Tensor) -> tf.Tensor:
    """Run a `GRUCell` of Keras's defaults over rows of words.

    Keras multiplies inputs and states in every step, and in every step backwards adds to the
    gradients of both kernels. Here every word's vector is multiplied once, however often the batch
    has the word, and one product makes each kernel's gradient after the loop.

    Args:
        cell: the weights.
        vectors: `[words, channels]`.
        places: `[steps, batch]` rows of `vectors`.
        alive: `[steps, batch, 1]` of ones, and zeros at one end of a row that has fewer steps.

    Returns:
        `[steps, batch, units]` states; those of steps that are not alive are zero.
    """
    input_bias, state_bias = tf.unstack(cell.bias)
    gates_bias, candidate_bias = tf.split(state_bias, [2 * cell.units, cell.units])
    projected = vectors @ cell.kernel + (input_bias + tf.pad(gates_bias, [[0, cell.units]]))
    return _recur(projected, cell.recurrent_kernel, candidate_bias, places, alive)


class _Step(NamedTuple):
    """What the way back needs of a step, `[batch, units]` each."""

    before: tf.Tensor
    update: tf.Tensor
    reset: tf.Tensor
    candidate: tf.Tensor
    recurrent: tf.Tensor


@tf.custom_gradient
def _recur(
    projected: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, places: tf.Tensor, alive: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor | None, ...]]]:
    """Run the loop (Cho et al. 2014, reset after the product) and tell how to go back.

    The kernel is multiplied in three parts: to split a product costs more than to make three.

    Args:
        projected: `[words, 3 * units]`: update gate, reset gate, candidate.
        kernel: `[units, 3 * units]`, what states are multiplied by.
        bias: `[units]`, added to the candidate's product.
        places: as above.
        alive: as above.
    """
    units, (count, batch) = kernel.shape[0], tf.unstack(tf.shape(places))
    of_update, of_reset, of_candidate = tf.split(kernel, 3, axis=1)
    inputs = [tf.gather(part, places) for part in tf.split(projected, 3, axis=1)]
    zeros = tf.zeros([batch, units])

    def forward(t: tf.Tensor, state: tf.Tensor, *kept: tf.TensorArray) -> tuple[Any, ...]:
        update_in, reset_in, candidate_in = (part[t] for part in inputs)
        update = tf.sigmoid(update_in + state @ of_update)
        reset = tf.sigmoid(reset_in + state @ of_reset)
        recurrent = state @ of_candidate + bias
        candidate = tf.tanh(candidate_in + reset * recurrent)
        after = alive[t] * (candidate + update * (state - candidate))
        step = _Step(state, update, reset, candidate, recurrent)
        return t + 1, after, *(array.write(t, part) for array, part in zip(kept, step, strict=True))

    start = [0, zeros, *(_array(count, units) for _ in _Step._fields)]
    _, last, *kept = tf.while_loop(lambda t, *_: t < count, forward, start)
    before = _Step(*kept).before.stack()
    states = tf.concat([before[1:], last[None]], axis=0)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        """Apply the chain rule to `forward`, from the last step to the first."""

        def backward(t: tf.Tensor, of_after: tf.Tensor, *found: tf.TensorArray) -> tuple[Any, ...]:
            step = _Step(*(array.read(t) for array in kept))
            of_after = alive[t] * (of_after + upstream[t])
            moved = of_after * (1 - step.update)
            of_candidates = moved * (1 - step.candidate**2)
            of_recurrents = of_candidates * step.reset
            of_gates = [
                moved * step.update * (step.before - step.candidate),
                of_recurrents * step.recurrent * (1 - step.reset),
            ]
            of_products = tf.concat([*of_gates, of_recurrents], axis=1)
            of_inputs = tf.concat([*of_gates, of_candidates], axis=1)
            of_before = of_after * step.update + tf.matmul(of_products, kernel, transpose_b=True)
            products, inputs = found
            return t - 1, of_before, products.write(t, of_products), inputs.write(t, of_inputs)

        start = [count - 1, zeros, _array(count, 3 * units), _array(count, 3 * units)]
        *_, products, inputs = tf.while_loop(lambda t, *_: t >= 0, backward, start)
        of_products, words = products.concat(), tf.shape(projected)[0]
        return (
            tf.math.unsorted_segment_sum(inputs.concat(), tf.reshape(places, [-1]), words),
            tf.matmul(tf.reshape(before, [-1, units]), of_products, transpose_a=True),
            tf.reduce_sum(of_products[:, 2 * units :], axis=0),
            None,
            None,
        )

    return states, gradient


def _array(steps: tf.Tensor, width: int) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, steps, element_shape=[None, width])
