"""TensorFlow Serving's JSON to arrays and back. Needs NumPy only."""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from serving.errors import Code, ServingError, invalid
from serving.json_values import (
    SHOWN_CHARS,
    array_of,
    is_base64_object,
    json_type,
    shown_keys,
    values_of,
)
from serving.signatures import DEFAULT_SIGNATURE, Array, Arrays, Signature

BYTE_ORDER_MARK = "\ufeff"  # editors on Windows write one before UTF-8


@dataclass(frozen=True)
class PredictCall:
    """A predict request read from JSON.

    `row_form` tells which form the answer takes: one prediction a row, or one list an output.
    """

    signature: Signature
    inputs: Arrays
    row_form: bool


def read_predict(body: bytes, signature_of: Callable[[str], Signature]) -> PredictCall:
    """Reads the body of a `:predict` request.

    Args:
        body: JSON in UTF-8 with either "instances" (rows) or "inputs" (columns).
        signature_of: finds a signature by name, and refuses a name that the model lacks.

    Raises:
        ServingError: INVALID_ARGUMENT, naming the input, what was expected and what came.
    """
    document = _document(body)
    name = document.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise invalid(f"'signature_name': expected a string, received {json_type(name)}")
    signature = signature_of(name or DEFAULT_SIGNATURE)
    keys = [key for key in ("instances", "inputs") if key in document]
    if len(keys) != 1:
        found = "both" if keys else f"the keys {shown_keys(document)}"
        raise invalid(f"expected exactly one of 'instances' and 'inputs', received {found}")
    row_form = keys == ["instances"]
    columns = (_from_rows if row_form else _from_columns)(document[keys[0]], signature)
    inputs = {name: array_of(value, signature.inputs[name]) for name, value in columns.items()}
    signature.check(inputs)
    return PredictCall(signature, inputs, row_form)


def write_predict(outputs: Arrays, *, row_form: bool) -> dict[str, Any]:
    """The JSON document that answers a predict request.

    A single output is written bare, several are keyed by name. NaN and infinities become the
    tokens NaN, Infinity and -Infinity, as TensorFlow Serving writes them.

    Raises:
        ServingError: INVALID_ARGUMENT when rows are asked for and the outputs have none.
    """
    if row_form:
        _check_rows(outputs)
    values = {name: values_of(array, name) for name, array in outputs.items()}
    single = next(iter(values.values())) if len(values) == 1 else None
    if not row_form:
        return {"outputs": values if single is None else single}
    if single is not None:
        return {"predictions": single}
    rows = zip(*values.values(), strict=True)
    return {"predictions": [dict(zip(values, row, strict=True)) for row in rows]}


def encode(document: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, stays a JSON escape."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _document(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
        document = json.loads(text, parse_float=_decimal, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise invalid(
            f"the body is not UTF-8 at byte {error.start}: send it in UTF-8, "
            'or raw bytes as {"b64": "..."}'
        ) from error
    except ValueError as error:  # JSONDecodeError, or a number too large or of over 4,300 digits
        raise invalid(f"JSON Parse error: {error}") from error
    except RecursionError as error:
        raise invalid("JSON Parse error: lists or objects are nested too deeply") from error
    if not isinstance(document, dict):
        raise invalid(f"expected a JSON object, received {json_type(document)}")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that stands there twice other parsers take the first value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise invalid(f"an object has the key {twice!r:.{SHOWN_CHARS}} more than once")
    return found


def _decimal(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"number too large: {digits:.{SHOWN_CHARS}}")
    return number


def _from_rows(instances: Any, signature: Signature) -> dict[str, Any]:
    if not isinstance(instances, list) or not instances:
        received = "an empty list" if instances == [] else json_type(instances)
        raise invalid(f"'instances': expected a list of at least one row, received {received}")
    keyed = _is_keyed(instances[0])
    if not keyed and len(signature.inputs) != 1:
        raise invalid(
            f"'instances': signature \"{signature.name}\" has {len(signature.inputs)} inputs, so "
            f"expected objects with the keys {sorted(signature.inputs)}, received plain values"
        )
    for number, row in enumerate(instances):
        if _is_keyed(row) != keyed:
            _refuse_mixed(number, row, keyed=keyed)
        if keyed and row.keys() != signature.inputs.keys():
            raise invalid(
                f"'instances' row {number}: expected the keys {sorted(signature.inputs)}, "
                f"received {shown_keys(row)}"
            )
    if not keyed:
        return {next(iter(signature.inputs)): instances}
    return {name: [row[name] for row in instances] for name in signature.inputs}


def _from_columns(inputs: Any, signature: Signature) -> dict[str, Any]:
    if _is_keyed(inputs):
        unknown = inputs.keys() - signature.inputs.keys()
        missing = signature.inputs.keys() - inputs.keys()
        if unknown or missing:
            raise invalid(
                f"'inputs': expected the keys {sorted(signature.inputs)}, "
                f"received {shown_keys(inputs)}"
            )
        return {name: inputs[name] for name in signature.inputs}
    if len(signature.inputs) != 1:
        raise invalid(
            f"'inputs': signature \"{signature.name}\" has {len(signature.inputs)} inputs, so "
            f"expected an object with the keys {sorted(signature.inputs)}, "
            f"received {json_type(inputs)}"
        )
    return {next(iter(signature.inputs)): inputs}


def _is_keyed(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64_object(value)


def _refuse_mixed(number: int, row: Any, *, keyed: bool) -> NoReturn:
    expected = "an object as in row 0" if keyed else "a plain value as in row 0"
    raise invalid(f"'instances' row {number}: expected {expected}, received {json_type(row)}")


def _check_rows(outputs: Arrays) -> None:
    sizes = {name: _rows(array, name) for name, array in outputs.items()}
    if len(set(sizes.values())) > 1:
        raise invalid(
            f"the outputs have different numbers of rows, {sizes}: "
            "ask in column form, with 'inputs' in the place of 'instances'"
        )


def _rows(array: Array, name: str) -> int:
    if np.ndim(array) == 0:
        raise ServingError(
            Code.INVALID_ARGUMENT,
            f'output "{name}" is a scalar and has no rows: '
            "ask in column form, with 'inputs' in the place of 'instances'",
        )
    return int(array.shape[0])
