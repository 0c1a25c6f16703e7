"""The labelled rows of a split, in an order that every reader shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import tensorflow as tf
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


def labelled_rows(examples: Artifact, split: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a split that carry a label, file by file in the order of their names.

    Within a file TextExampleGen orders rows by a hash of their content, so that the first rows are
    a random sample of all.
    """
    folder = artifact_utils.get_split_uri([examples], split)
    paths = sorted(fileio.glob(f"{folder}/*"))
    for batch in _batches(paths, columns):
        for row in _rows(batch, columns):
            if row.label:
                yield row


def _batches(paths: Sequence[str], columns: Columns) -> Iterator[Mapping[str, tf.Tensor]]:
    names = (columns.text, columns.label, ROW_FEATURE)
    features = {name: tf.io.FixedLenFeature([], tf.string, default_value="") for name in names}
    features |= {name: tf.io.VarLenFeature(kind) for name, kind in _categorical(columns).items()}
    for path in paths:
        records = tf.data.TFRecordDataset(path, compression_type="GZIP").batch(_READ_ROWS)
        yield from records.map(lambda rows: tf.io.parse_example(rows, features))


def _rows(batch: Mapping[str, tf.Tensor], columns: Columns) -> Iterator[Row]:
    texts, labels, origins = (
        _decoded(batch[name]) for name in (columns.text, columns.label, ROW_FEATURE)
    )
    side = {name: _decoded(_one_each(batch[name])) for name in _categorical(columns)}
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


def _categorical(columns: Columns) -> dict[str, tf.DType]:
    return {n: _CATEGORICAL[kind] for n, kind in columns.side.items() if kind in _CATEGORICAL}
