"""Keras's GRU over a batch that repeats its words: the same function, trained faster."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import tensorflow as tf

KEEP: Final = 1e4
"""Added to an update gate's sum, whose sigmoid is 1 then: the state stays as it is."""


def run(
    cell: Any,
    vectors: tf.Tensor,
    places: tf.Tensor,
    padding: tf.Tensor,
    *,
    backwards: bool = False,
) -> tf.Tensor:
    """Run a `GRUCell` of Keras's defaults over rows of words.

    Keras multiplies inputs and states in every step, and in every step backwards adds to the
    gradients of both kernels. Here every word's vector is multiplied once, however often the batch
    has the word, and one product makes each kernel's gradient after the loop.

    Args:
        cell: the weights.
        vectors: `[words, channels]`.
        places: `[steps, batch]` rows of `vectors`.
        padding: `[words]`, true for what only fills rows up: its steps leave the state as it is.
        backwards: whether the last step is taken first.

    Returns:
        `[steps, batch, units]` states, as the steps stand.
    """
    input_bias, state_bias = tf.unstack(cell.bias)
    gates_bias, candidate_bias = tf.split(state_bias, [2 * cell.units, cell.units])
    projected = vectors @ cell.kernel + (input_bias + tf.pad(gates_bias, [[0, cell.units]]))

    @tf.custom_gradient
    def states(*weights: tf.Tensor) -> Any:
        return _recur(*weights, places=places, padding=padding, backwards=backwards)

    return states(projected, cell.recurrent_kernel, candidate_bias)


class _Step(NamedTuple):
    """What is kept of a step, `[batch, units]` each."""

    update: tf.Tensor
    reset: tf.Tensor
    candidate: tf.Tensor
    recurrent: tf.Tensor


class _Slopes(NamedTuple):
    """The loss's derivatives by the sums of a step, `[batch, units]` each.

    In the gates' sums inputs and states have the same derivative; in the candidate's the states'
    product is multiplied by the reset gate first.
    """

    update: tf.Tensor
    reset: tf.Tensor
    recurrent: tf.Tensor
    candidate: tf.Tensor


class _Way(NamedTuple):
    """How the steps are taken. A step lies between two states: `count` steps, `count + 1` states.

    Attributes:
        order: `[count]`, the steps in the order in which they are taken.
        count: the number of steps.
        source: from a step to the place of the state before it.
        target: from a step to the place of the state after it.
    """

    order: tf.Tensor
    count: tf.Tensor
    source: int
    target: int


def _way(count: tf.Tensor, *, backwards: bool) -> _Way:
    steps = tf.range(count)
    return _Way(steps[::-1], count, 1, 0) if backwards else _Way(steps, count, 0, 1)


def _recur(
    projected: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    *,
    places: tf.Tensor,
    padding: tf.Tensor,
    backwards: bool,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]]:
    """Run the loop (Cho et al. 2014, reset after the product) and tell how to go back.

    The kernel is multiplied in three parts, here and on the way back: to split a product, or to put
    three together for one, costs more than to make three.

    Args:
        projected: `[words, 3 * units]`: update gate, reset gate, candidate.
        kernel: `[units, 3 * units]`, what states are multiplied by.
        bias: `[units]`, added to the candidate's product.
        places: as above.
        padding: as above.
        backwards: as above.
    """
    way = _way(tf.shape(places)[0], backwards=backwards)
    kernels = tf.split(kernel, 3, axis=1)
    update_part, reset_part, candidate_part = tf.split(projected, 3, axis=1)
    update_part += KEEP * tf.cast(padding, tf.float32)[:, None]
    inputs = [tf.gather(part, places) for part in (update_part, reset_part, candidate_part)]
    states, kept = _onwards(inputs, kernels, bias, way)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        slopes = _back(upstream, states, kept, kernels, way)
        by_word, words = tf.reshape(places, [-1]), tf.shape(projected)[0]
        of_projected = [
            tf.math.unsorted_segment_sum(slope, by_word, words)
            for slope in (slopes.update, slopes.reset, slopes.candidate)
        ]
        before = tf.reshape(states[way.source : way.source + way.count], [-1, kernel.shape[0]])
        of_kernels = [tf.matmul(before, slope, transpose_a=True) for slope in slopes[:3]]
        of_bias = tf.reduce_sum(slopes.recurrent, axis=0)
        return tf.concat(of_projected, axis=1), tf.concat(of_kernels, axis=1), of_bias

    return states[way.target : way.target + way.count], gradient


def _onwards(
    inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor], bias: tf.Tensor, way: _Way
) -> tuple[tf.Tensor, list[tf.TensorArray]]:
    """Take the steps.

    Args:
        inputs: `[steps, batch, units]` for update gate, reset gate and candidate.
        kernels: `[units, units]` likewise.
        bias: `[units]`.
        way: the steps' order.

    Returns:
        `[steps + 1, batch, units]` states, and what is kept of each step.
    """
    of_update, of_reset, of_candidate = kernels
    zeros = tf.zeros_like(inputs[0][0])

    def forward(
        t: tf.Tensor, state: tf.Tensor, states: tf.TensorArray, *kept: tf.TensorArray
    ) -> tuple[Any, ...]:
        at = way.order[t]
        update_in, reset_in, candidate_in = (part[at] for part in inputs)
        update = tf.sigmoid(update_in + state @ of_update)
        reset = tf.sigmoid(reset_in + state @ of_reset)
        recurrent = state @ of_candidate + bias
        candidate = tf.tanh(candidate_in + reset * recurrent)
        state = candidate + update * (state - candidate)
        step = _Step(update, reset, candidate, recurrent)
        return t + 1, state, states.write(at + way.target, state), *_written(kept, at, step)

    units = zeros.shape[-1]
    states = _array(way.count + 1, units).write(way.order[0] + way.source, zeros)
    start = [0, zeros, states, *(_array(way.count, units) for _ in _Step._fields)]
    _, _, states, *kept = tf.while_loop(lambda t, *_: t < way.count, forward, start)
    return states.stack(), kept


def _back(
    upstream: tf.Tensor,
    states: tf.Tensor,
    kept: Sequence[tf.TensorArray],
    kernels: Sequence[tf.Tensor],
    way: _Way,
) -> _Slopes:
    """Apply the chain rule to `_onwards`, from the last step to the first.

    Args:
        upstream: `[steps, batch, units]`, the loss's derivatives by the states after the steps.
        states: as `_onwards` returns them.
        kept: likewise.
        kernels: as above.
        way: as above.

    Returns:
        `[steps * batch, units]` each.
    """
    zeros = tf.zeros_like(states[0])

    def backward(t: tf.Tensor, of_after: tf.Tensor, *found: tf.TensorArray) -> tuple[Any, ...]:
        at = way.order[t]
        step = _Step(*(array.read(at) for array in kept))
        of_after += upstream[at]
        passed = of_after * step.update
        candidate = _of_tanh(step.candidate, of_after - passed)
        update = of_after * (states[at + way.source] - step.candidate)
        slopes = _Slopes(
            update=_of_sigmoid(step.update, update),
            reset=_of_sigmoid(step.reset, candidate * step.recurrent),
            recurrent=candidate * step.reset,
            candidate=candidate,
        )
        ways = zip(slopes[:3], kernels, strict=True)
        back = [tf.matmul(slope, part, transpose_b=True) for slope, part in ways]
        return t - 1, tf.add_n([passed, *back]), *_written(found, at, slopes)

    units = zeros.shape[-1]
    start = [way.count - 1, zeros, *(_array(way.count, units) for _ in _Slopes._fields)]
    _, _, *found = tf.while_loop(lambda t, *_: t >= 0, backward, start)
    return _Slopes(*(array.concat() for array in found))


def _array(size: tf.Tensor, units: int) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, size, element_shape=[None, units])


def _written(
    arrays: Sequence[tf.TensorArray], t: tf.Tensor, step: _Step | _Slopes
) -> list[tf.TensorArray]:
    return [array.write(t, part) for array, part in zip(arrays, step, strict=True)]


def _of_sigmoid(value: tf.Tensor, slope: tf.Tensor) -> tf.Tensor:
    """From the derivative by a sigmoid's value to that by its argument."""
    return tf.raw_ops.SigmoidGrad(y=value, dy=slope)


def _of_tanh(value: tf.Tensor, slope: tf.Tensor) -> tf.Tensor:
    return tf.raw_ops.TanhGrad(y=value, dy=slope)
