"""Keras's GRU with its products taken out of the time loop: the same function, trained faster."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf


class HoistedGRU(tf.keras.layers.GRU):
    """A GRU of Keras's weights and equations whose loops multiply once a step on a CPU.

    Keras multiplies inputs and states in every step, and in every step backwards adds to the
    gradients of both kernels. Here one product takes all inputs before the loop, and one makes each
    kernel's gradient after it. On a GPU the layer is Keras's own, with cuDNN's kernel.

    It gives the states of all steps, `[batch, steps, units]`; a masked step's are zero, and rows
    are masked at their end alone.
    """

    def call(
        self,
        inputs: tf.Tensor,
        mask: tf.Tensor | None = None,
        training: bool | None = None,
        initial_state: Any = None,
    ) -> tf.Tensor:
        """Run over `[batch, steps, channels]` where the mask, `[batch, steps]`, is true."""
        if tf.config.list_physical_devices("GPU"):
            return super().call(inputs, mask, training, initial_state)
        alive = tf.ones(tf.shape(inputs)[:2]) if mask is None else tf.cast(mask, tf.float32)
        steps, alive = tf.transpose(inputs, [1, 0, 2]), tf.transpose(alive)[:, :, None]
        if self.go_backwards:
            steps, alive = tf.reverse(steps, [0]), tf.reverse(alive, [0])
        input_bias, state_bias = tf.unstack(self.cell.bias)
        gates_bias, candidate_bias = tf.split(state_bias, [2 * self.units, self.units])
        bias = input_bias + tf.pad(gates_bias, [[0, self.units]])
        projected = tf.tensordot(steps, self.cell.kernel, 1) + bias
        states = recur(projected, alive, self.cell.recurrent_kernel, candidate_bias)
        return tf.transpose(states, [1, 0, 2])


class _Steps(NamedTuple):
    """What is kept for the way back, `[steps, batch, units]` each; of the gates, twice as wide."""

    before: tf.Tensor
    gates: tf.Tensor
    candidate: tf.Tensor
    recurrent: tf.Tensor


@tf.custom_gradient
def recur(
    projected: tf.Tensor, alive: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor | None, ...]]]:
    """Run a GRU over inputs that are multiplied already (Cho et al. 2014, reset after the product).

    Args:
        projected: `[steps, batch, 3 * units]`: update gate, reset gate, candidate.
        alive: `[steps, batch, 1]` of ones, and zeros where a state shall be zero.
        kernel: `[units, 3 * units]`, what states are multiplied by.
        bias: `[units]`, added to the candidate's product.

    Returns:
        `[steps, batch, units]` states, and the function of their gradient.
    """
    units, count = kernel.shape[0], tf.shape(projected)[0]
    start = tf.zeros([tf.shape(projected)[1], units])
    widths = _Steps(units, 2 * units, units, units)
    empty = [tf.TensorArray(tf.float32, count, element_shape=[None, width]) for width in widths]

    def forward(
        t: tf.Tensor, state: tf.Tensor, *kept: tf.TensorArray
    ) -> tuple[tf.Tensor | tf.TensorArray, ...]:
        gates_state, recurrent = tf.split(state @ kernel, [2 * units, units], axis=1)
        gates_input, candidate_input = tf.split(projected[t], [2 * units, units], axis=1)
        gates = tf.sigmoid(gates_input + gates_state)
        update, reset = tf.split(gates, 2, axis=1)
        recurrent += bias
        candidate = tf.tanh(candidate_input + reset * recurrent)
        after = alive[t] * (candidate + update * (state - candidate))
        step = _Steps(state, gates, candidate, recurrent)
        written = [array.write(t, part) for array, part in zip(kept, step, strict=True)]
        return t + 1, after, *written

    _, last, *kept = tf.while_loop(
        lambda t, *_: t < count,
        forward,
        [0, start, *empty],
        shape_invariants=[
            tf.TensorShape([]),
            tf.TensorShape([None, units]),
            *[tf.TensorShape(None)] * 4,
        ],
    )
    steps = _Steps(*(array.stack() for array in kept))
    states = tf.concat([steps.before[1:], last[None]], axis=0)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        """Go backwards with what is the same in every step taken out of the loop."""
        update, reset = tf.split(steps.gates, 2, axis=-1)
        stays = alive * update
        moves = (alive - stays) * (1 - steps.candidate**2)
        factors = tf.stack(
            [
                stays * (1 - update) * (steps.before - steps.candidate),
                moves * steps.recurrent * reset * (1 - reset),
                moves * reset,
            ],
            axis=2,
        )

        def backward(
            t: tf.Tensor, incoming: tf.Tensor, of_states: tf.TensorArray
        ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
            incoming += upstream[t]
            products = tf.reshape(incoming[:, None] * factors[t], [-1, 3 * units])
            before = incoming * stays[t] + tf.matmul(products, kernel, transpose_b=True)
            return t - 1, before, of_states.write(t, incoming)

        _, _, of_states = tf.while_loop(
            lambda t, *_: t >= 0,
            backward,
            [count - 1, tf.zeros_like(start), tf.TensorArray(tf.float32, count)],
            shape_invariants=[
                tf.TensorShape([]),
                tf.TensorShape([None, units]),
                tf.TensorShape(None),
            ],
        )
        incoming = of_states.stack()
        products = tf.reshape(incoming[:, :, None] * factors, tf.shape(projected))
        of_kernel = tf.tensordot(steps.before, products, [[0, 1], [0, 1]])
        of_bias = tf.reduce_sum(products[:, :, 2 * units :], axis=[0, 1])
        of_inputs = tf.concat([products[:, :, : 2 * units], incoming * moves], axis=-1)
        return of_inputs, None, of_kernel, of_bias

    return states, gradient
