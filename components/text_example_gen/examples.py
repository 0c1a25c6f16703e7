"""A good row as a serialised `tf.train.Example`, and its place among the example files."""

import hashlib
from collections.abc import Mapping
from typing import Final

from tensorflow.core.example import example_pb2

from components.provenance import ROW_FEATURE
from components.text_example_gen.values import Value

_DIGEST_BYTES: Final = 8


def serialised(values: Mapping[str, Value], *, origin: bytes) -> bytes:
    """Return the example: one value a feature, text as UTF-8 bytes; equal rows give equal bytes.

    Args:
        values: Of each feature.
        origin: File and line of the row, for `ROW_FEATURE`.
    """
    example = example_pb2.Example()
    features = example.features.feature
    for name, value in values.items():
        if isinstance(value, str):
            features[name].bytes_list.value.append(value.encode())
        elif isinstance(value, int):
            features[name].int64_list.value.append(value)
        else:
            features[name].float_list.value.append(value)
    features[ROW_FEATURE].bytes_list.value.append(origin)
    return bytes(example.SerializeToString(deterministic=True))


def place(record: bytes) -> int:
    """Return the number that decides a record's file and its order there.

    BLAKE2b of the bytes, 64 bits: it mixes rows that the input sorts by label, alike in each run.
    """
    digest = hashlib.blake2b(record, digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big")
