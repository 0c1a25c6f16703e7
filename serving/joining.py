"""One run of the model for several requests: joins their inputs and parts the outputs again."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from serving.errors import Code, ServingError, invalid
from serving.signatures import Array, Arrays, show_shape

Outputs = Mapping[str, Array]
Run = Callable[[Arrays], Outputs]


def run_joined(
    run: Run, requests: Sequence[Arrays], *, allowed_sizes: Sequence[int] = ()
) -> list[Outputs]:
    """Runs requests as one batch along axis 0.

    Args:
        run: the model.
        requests: the inputs of each, which agree in every axis but the first.
        allowed_sizes: increasing numbers of rows; the batch is padded to the next of them. None:
            it is run as it is.

    Returns:
        each request's own rows of the outputs.

    Raises:
        ServingError: FAILED_PRECONDITION for outputs that are not one row per input.
    """
    counts = [rows_of(inputs) for inputs in requests]
    joined = {
        name: _padded(np.concatenate([inputs[name] for inputs in requests]), allowed_sizes)
        for name in requests[0]
    }
    outputs = run(joined)
    _check_rows(outputs, rows_of(joined))
    return [
        {name: array[end - count : end] for name, array in outputs.items()}
        for count, end in zip(counts, np.cumsum(counts), strict=True)
    ]


def rows_of(inputs: Arrays) -> int:
    """The number of rows of a request.

    Raises:
        ServingError: INVALID_ARGUMENT where its inputs differ in it.
    """
    sizes = {name: array.shape[0] for name, array in inputs.items()}
    if len(set(sizes.values())) != 1:
        raise invalid(f"batched inputs need the same number of rows, received {sizes}")
    return next(iter(sizes.values()))


def _padded(array: Array, allowed_sizes: Sequence[int]) -> Array:
    rows = len(array)
    size = next((size for size in allowed_sizes if size >= rows), rows)
    if size == rows or not rows:
        return array
    return np.concatenate([array, np.repeat(array[:1], size - rows, axis=0)])


def _check_rows(outputs: Outputs, rows: int) -> None:
    for name, array in outputs.items():
        if array.shape[:1] != (rows,):
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f'output "{name}": expected {rows} rows, one per row of the batch, received '
                f"{show_shape(array.shape)}: serve this model without --enable_batching",
            )
