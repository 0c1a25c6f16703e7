"""A model's signatures as plain data, and the check of a request's tensors against one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.errors import invalid

Array = npt.NDArray[np.generic]
Arrays = Mapping[str, Array]

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class TensorSpec:
    """One named input or output: a dtype's name and a shape, `None` where unknown."""

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None

    def __str__(self) -> str:
        return f"{self.dtype} {show_shape(self.shape)}"

    def admits(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of this shape fits."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            wanted is None or wanted == size for size, wanted in zip(shape, self.shape, strict=True)
        )


@dataclass(frozen=True)
class Signature:
    """One entry of a SavedModel: what it takes and what it answers."""

    name: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]

    @property
    def is_batched(self) -> bool:
        """Whether every input and output has a free first axis, so that requests may be joined."""
        specs = [*self.inputs.values(), *self.outputs.values()]
        return all(spec.shape and spec.shape[0] is None for spec in specs)

    def check(self, arrays: Arrays) -> None:
        """Checks names, dtypes and shapes of a request's tensors.

        Raises:
            ServingError: INVALID_ARGUMENT, with every fault in one message.
        """
        missing = [f'missing input "{name}"' for name in self.inputs if name not in arrays]
        unknown = [f'unknown input "{name}"' for name in arrays if name not in self.inputs]
        misfits = [
            f'input "{name}": expected {self.inputs[name]}, received {describe(array)}'
            for name, array in arrays.items()
            if name in self.inputs and not _fits(self.inputs[name], array)
        ]
        faults = missing + unknown + misfits
        if faults:
            raise invalid(f'{"; ".join(faults)}. Signature "{self.name}" takes {self.wanted()}')

    def wanted(self) -> str:
        """The inputs in words, for a message."""
        return ", ".join(f'"{name}" ({spec})' for name, spec in sorted(self.inputs.items()))


def dtype_name(array: Array) -> str:
    """TensorFlow's name for an array's dtype: bytes and text are both "string"."""
    return "string" if array.dtype.kind in "OSU" else array.dtype.name


def describe(array: Array) -> str:
    """An array's dtype and shape, for a message."""
    return f"{dtype_name(array)} {show_shape(array.shape)}"


def show_shape(shape: tuple[int | None, ...] | None) -> str:
    """A shape as `[?, 3]`; `of any shape` where even the rank is unknown."""
    if shape is None:
        return "of any shape"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _fits(spec: TensorSpec, array: Array) -> bool:
    return dtype_name(array) == spec.dtype and spec.admits(array.shape)
