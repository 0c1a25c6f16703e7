"""Single tensors as JSON values: nested lists of numbers, texts, booleans and {"b64": ...}."""

import base64
import binascii
import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from serving.errors import Code, ServingError, invalid
from serving.signatures import Array, TensorSpec, show_shape

BYTES_SUFFIX = "_bytes"  # the API's rule: outputs so named are bytes and travel as base64
SHOWN_CHARS = 60  # enough of a wrong value to recognise it
SHOWN_KEYS = 10
MAX_AXES = 32  # NumPy's own

_JSON_TYPES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
    float: "a decimal number",
    type(None): "null",
}


def json_type(value: Any) -> str:
    """A JSON value's type in words, for a message."""
    return _JSON_TYPES[type(value)]


def shown_keys(keys: Collection[str]) -> str:
    """An object's keys for a message, however many and long they are."""
    first = ", ".join(f"{key!r:.{SHOWN_CHARS}}" for key in sorted(keys)[:SHOWN_KEYS])
    more = len(keys) - SHOWN_KEYS
    return f"[{first}] and {more:,} more" if more > 0 else f"[{first}]"


def is_base64_object(value: Any) -> bool:
    """Whether the value is the API's form of raw bytes: {"b64": "<base64>"} and no other key."""
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def array_of(value: Any, spec: TensorSpec) -> Array:
    """The array that a JSON value stands for.

    Strings become an object array of UTF-8 bytes. The shape follows the nesting of lists.

    Raises:
        ServingError: INVALID_ARGUMENT for a ragged or too deeply nested list or a value that the
            dtype cannot hold, UNIMPLEMENTED for a dtype without a JSON form.
    """
    shape = _shape_of(value)
    if len(shape) > MAX_AXES:
        raise invalid(
            f'input "{spec.name}": lists are nested {len(shape)} deep, expected at most {MAX_AXES}'
        )
    read = _leaf_reader(spec)
    leaves = [read(leaf, where) for leaf, where in _leaves(value, shape, spec, ())]
    dtype = object if spec.dtype == "string" else np.dtype(spec.dtype)
    array = np.empty(len(leaves), dtype=dtype)
    array[:] = leaves
    return array.reshape(shape)


def values_of(array: Array, name: str) -> Any:
    """The JSON value of an output array, as nested lists.

    Strings are decoded as UTF-8 (undecodable bytes become U+FFFD), or written as base64 when the
    output's name ends in `_bytes`. Floats get the fewest digits that read back to the same number.

    Raises:
        ServingError: INVALID_ARGUMENT for a dtype without a JSON form.
    """
    kind = array.dtype.kind
    if kind in "OSU":
        write = _base64_object if name.endswith(BYTES_SUFFIX) else _text
        flat = np.empty(array.size, dtype=object)
        flat[:] = [write(value) for value in array.ravel().tolist()]
        return flat.reshape(array.shape).tolist()
    if kind == "f":
        # The way over text: 0.2 of float32 is 0.20000000298023224 when widened.
        return array.astype(str).astype(np.float64).tolist()
    if kind in "iub":
        return array.tolist()
    raise invalid(f'output "{name}": dtype {array.dtype.name} has no JSON form, ask by gRPC')


def _shape_of(value: Any) -> tuple[int, ...]:
    """The shape that the first item of every list leads to; `_leaves` holds all others to it."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _leaves(
    value: Any, shape: tuple[int, ...], spec: TensorSpec, where: tuple[int, ...]
) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """The single values below `value`, each with its indices, of which `where` leads to `value`."""
    rest = shape[len(where) :]
    if isinstance(value, list) != bool(rest) or (rest and len(value) != rest[0]):
        received = f"a list of {len(value)}" if isinstance(value, list) else json_type(value)
        expected = f"a list of {rest[0]} as in the first row" if rest else "a single value"
        raise invalid(f"{_place(spec, where)}: expected {expected}, received {received}")
    if not rest:
        yield value, where
        return
    for index, item in enumerate(value):
        yield from _leaves(item, shape, spec, (*where, index))


def _leaf_reader(spec: TensorSpec) -> Callable[[Any, tuple[int, ...]], Any]:
    if spec.dtype == "string":
        return lambda leaf, where: _bytes_of(leaf, spec, where)
    if spec.dtype == "bool":
        return lambda leaf, where: leaf if isinstance(leaf, bool) else _refuse(leaf, spec, where)
    if spec.dtype.startswith(("int", "uint")):
        limits = np.iinfo(spec.dtype)
        return lambda leaf, where: (
            leaf
            if type(leaf) is int and limits.min <= leaf <= limits.max
            else _refuse(leaf, spec, where)
        )
    if spec.dtype in ("float16", "float32", "float64"):
        return _float_reader(spec)
    raise ServingError(
        Code.UNIMPLEMENTED, f'input "{spec.name}": dtype {spec.dtype} has no JSON form, ask by gRPC'
    )


def _float_reader(spec: TensorSpec) -> Callable[[Any, tuple[int, ...]], Any]:
    facts = np.finfo(spec.dtype)
    largest = {int: 2 ** (facts.nmant + 1) - 1, float: float(facts.max)}  # a whole number: exact

    def read(leaf: Any, where: tuple[int, ...]) -> Any:
        fits = type(leaf) in largest and abs(leaf) <= largest[type(leaf)]
        if fits or (isinstance(leaf, float) and not math.isfinite(leaf)):
            return leaf
        return _refuse(leaf, spec, where)

    return read


def _bytes_of(leaf: Any, spec: TensorSpec, where: tuple[int, ...]) -> bytes:
    if isinstance(leaf, str):
        try:
            return leaf.encode("utf-8")
        except UnicodeEncodeError as error:
            raise invalid(
                f"{_place(spec, where)}: expected Unicode text, received a lone surrogate "
                f"(\\u{ord(leaf[error.start]):04x}) at character {error.start}"
            ) from error
    if not is_base64_object(leaf):
        _refuse(leaf, spec, where)
    encoded = "".join(leaf["b64"].split())  # encoders break lines
    padding = "" if encoded.endswith("=") else "=" * (-len(encoded) % 4)  # clients may leave it out
    try:
        return base64.b64decode(encoded + padding, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"{_place(spec, where)}: 'b64' is not base64: {error}") from error


def _refuse(leaf: Any, spec: TensorSpec, where: tuple[int, ...]) -> Any:
    raise invalid(
        f"{_place(spec, where)}: expected {spec.dtype}, "
        f"received {json_type(leaf)} {str(leaf)[:SHOWN_CHARS]}"
    )


def _place(spec: TensorSpec, where: tuple[int, ...]) -> str:
    return f'input "{spec.name}" at {show_shape(where)}' if where else f'input "{spec.name}"'


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _base64_object(value: bytes | str) -> dict[str, str]:
    raw = value.encode("utf-8") if isinstance(value, str) else value
    return {"b64": base64.b64encode(raw).decode("ascii")}
