"""The files of an `Examples` artifact: their rows, in an order that every reader shares."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
from tfx.components.example_gen import utils
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils

from components.provenance import ROW_FEATURE
from components.text_example_gen.source import Columns, SideType

_READ_ROWS: Final = 512
"""Examples parsed at once: 5 MB where every row has 10 kB."""

_CATEGORICAL: Final[Mapping[SideType, tf.DType]] = {"str": tf.string, "int": tf.int64}
"""Side columns whose values make slices; a float has too many."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One labelled row.

    Attributes:
        text: raw, as it was read.
        label: never empty.
        origin: file and line, as `components.provenance` writes them.
        side: the categorical side columns' values, empty where the row has none.
    """

    text: str
    label: str
    origin: str
    side: Mapping[str, str]


def span_of(examples: Artifact) -> int:
    """Tell the span; TFX's drivers of files note it beside the property that has its name."""
    return int(examples.get_int_custom_property(utils.SPAN_PROPERTY_NAME))


def data_digest(examples: Path) -> str:
    """Digest the example files of all splits: SHA-256 over their paths and bytes."""
    digest = hashlib.sha256()
    for file in sorted(examples.glob("Split-*/*")):
        digest.update(f"{file.relative_to(examples)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def labelled_rows(examples: Artifact, split: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a split that carry a label, file by file in the order of their names.

    Within a file TextExampleGen orders rows by a hash of their content, so that the first rows are
    a random sample of all. No more files are read than rows are taken from.
    """
    kinds = {n: _CATEGORICAL[kind] for n, kind in columns.side.items() if kind in _CATEGORICAL}
    side = {name: tf.io.VarLenFeature(kind) for name, kind in kinds.items()}
    for path in sorted(fileio.glob(f"{artifact_utils.get_split_uri([examples], split)}/*")):
        for batch in batches(path, columns, side):
            for row in _rows(batch, columns, list(side)):
                if row.label:
                    yield row


def batches(
    path: str, columns: Columns, side: Mapping[str, Any] | None = None
) -> Iterator[Mapping[str, tf.Tensor]]:
    """Parse a file of gzipped examples, some rows at a time.

    Args:
        path: of the file.
        columns: which column plays which part.
        side: the specification of further columns to parse.

    Yields:
        Text, label and `ROW_FEATURE` by name, `[rows]` strings, empty where a row has none.
    """
    names = (columns.text, columns.label, ROW_FEATURE)
    features = {name: tf.io.FixedLenFeature([], tf.string, default_value="") for name in names}
    features |= side or {}
    records = tf.data.TFRecordDataset(path, compression_type="GZIP").batch(_READ_ROWS)
    yield from records.map(lambda rows: tf.io.parse_example(rows, features))


def _rows(batch: Mapping[str, tf.Tensor], columns: Columns, side_names: list[str]) -> Iterator[Row]:
    texts, labels, origins = (
        _decoded(batch[name]) for name in (columns.text, columns.label, ROW_FEATURE)
    )
    side = {name: _decoded(_one_each(batch[name])) for name in side_names}
    for number, (text, label, origin) in enumerate(zip(texts, labels, origins, strict=True)):
        values = {name: column[number] for name, column in side.items()}
        yield Row(text=text, label=label, origin=origin, side=values)


def _one_each(column: tf.SparseTensor) -> tf.Tensor:
    """Take the first value of each row as text, empty where there is none."""
    values = column.values if column.dtype == tf.string else tf.strings.as_string(column.values)
    first = tf.sparse.SparseTensor(column.indices, values, column.dense_shape)
    padded = tf.sparse.to_dense(first, default_value="")
    blank = tf.fill([tf.shape(padded)[0], 1], "")
    return tf.concat([padded, blank], axis=1)[:, 0]


def _decoded(values: tf.Tensor) -> list[str]:
    return [value.decode("utf-8", "replace") for value in values.numpy().tolist()]
