"""Training's own answers, written down so that a served export can be compared with them.

The Trainer knows its eval rows as features alone, and so the record goes by features: what the
trained model of Keras, with all that is mixed into it, answers to each row, under a digest of the
row's features. Whoever holds a text finds its answer by way of Transform's graph (`Features`). The
record holds no text of the data, and nothing of it is served.
"""

import hashlib
import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from trainer.hostile import HOSTILE

if TYPE_CHECKING:
    import tensorflow as tf
    import tensorflow_transform as tft

GOLDEN_FILE: Final = "golden.jsonl"

EVAL_ROWS: Final = 512
"""Rows of the eval split whose answers are kept: the canary meets 64 of them after reading an
eighth of the split, and a second is enough to answer them."""

_ROWS_AT_ONCE: Final = 64
"""Rows of similar length that are answered together."""

_KEY_BYTES: Final = 16

RowFeatures = Mapping[str, npt.NDArray[np.int64]]
"""The ragged features of one row, by name."""


@dataclass(frozen=True)
class Golden:
    """What the trained model answers.

    Attributes:
        labels: the labels' names, in the order of their ids.
        answers: the labels' probabilities, in that order, by the key of the row's features.
    """

    labels: Sequence[str]
    answers: Mapping[str, Sequence[float]]


class _Row(NamedTuple):
    key: str
    features: RowFeatures


class Features:
    """Turns texts into features with the graph that Transform wrote, without the export.

    Args:
        transform: Transform's output.
        text_column: the column that holds the text; all others are left empty.
    """

    def __init__(self, transform: "tft.TFTransformOutput", text_column: str) -> None:
        import tensorflow as tf
        import tensorflow_text  # noqa: F401 - registers ops of the graph

        self._graph = tf.saved_model.load(transform.transform_savedmodel_dir)
        self._spec = transform.raw_feature_spec()
        self._text_column = text_column

    def __call__(self, texts: Sequence[bytes]) -> Mapping[str, "tf.Tensor | tf.RaggedTensor"]:
        """Give the features of texts, all that Transform yields."""
        import tensorflow as tf

        from trainer.raw_columns import raw_columns

        given = tf.constant(list(texts), tf.string)
        return self._graph.transform_fn(raw_columns(given, self._text_column, self._spec))

    def keys(self, texts: Sequence[bytes]) -> list[str]:
        """Give the keys under which `Golden` holds the answers to texts."""
        return [row.key for row in _rows(self(texts))]


def golden_answers(
    score: Callable[[Mapping[str, "tf.RaggedTensor"]], Any],
    evaluation: Iterable[Mapping[str, "tf.Tensor | tf.RaggedTensor"]],
    *,
    features: Callable[[Sequence[bytes]], Mapping[str, "tf.Tensor | tf.RaggedTensor"]],
    labels: Sequence[str],
) -> Golden:
    """Answer the hostile texts and a sample of the eval split with the trained model.

    Args:
        score: from ragged features to `[batch, classes]` probabilities, by the model that was
            trained and not by the form of it that is exported.
        evaluation: the transformed rows of the eval split, batch by batch.
        features: gives the features of texts, as `Features`.
        labels: the labels' names, in the order of their ids.
    """
    hostile = _rows(features(list(HOSTILE.values())))
    sampled = _sample(row for batch in evaluation for row in _rows(batch))
    ordered = sorted({row.key: row for row in (*hostile, *sampled)}.values(), key=_size)
    answers: dict[str, Sequence[float]] = {}
    for start in range(0, len(ordered), _ROWS_AT_ONCE):
        together = ordered[start : start + _ROWS_AT_ONCE]
        probabilities = np.asarray(score(_batched([row.features for row in together])))
        answers.update(zip([r.key for r in together], probabilities.tolist(), strict=True))
    return Golden(tuple(labels), answers)


def write(golden: Golden, folder: str) -> None:
    """Write `golden.jsonl`: the labels, then a row's key and probabilities on each line."""
    import tensorflow as tf

    with tf.io.gfile.GFile(_path(folder), "w") as file:
        file.write(json.dumps({"labels": list(golden.labels)}) + "\n")
        for key, probabilities in golden.answers.items():
            file.write(json.dumps({"key": key, "probabilities": list(probabilities)}) + "\n")


def read(folder: str) -> Golden:
    """Read what `write` wrote.

    Raises:
        ValueError: there is no such file, or it is not one of `write`'s.
    """
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(_path(folder)) as file:
            head, *rows = file.read().splitlines()
        answers = {row["key"]: row["probabilities"] for row in map(json.loads, rows)}
        return Golden(tuple(json.loads(head)["labels"]), answers)
    except (tf.errors.OpError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{_path(folder)}: expected training's answers, a JSON object a line "
            f"({type(error).__name__}: {error}); run the pipeline again from Trainer"
        ) from error


def _path(folder: str) -> str:
    return str(PurePosixPath(folder, GOLDEN_FILE))


def _sample(rows: Iterator[_Row]) -> list[_Row]:
    """Draw the rows with the smallest keys: at random, yet the same in whatever order they lie.

    Equal rows count once.
    """
    drawn: dict[str, _Row] = {}
    for row in rows:
        drawn[row.key] = row
        if len(drawn) == 2 * EVAL_ROWS:
            drawn = _smallest(drawn)
    return list(_smallest(drawn).values())


def _smallest(rows: Mapping[str, _Row]) -> dict[str, _Row]:
    return {key: rows[key] for key in heapq.nsmallest(EVAL_ROWS, rows)}


def _rows(features: Mapping[str, Any]) -> Iterator[_Row]:
    """Take a batch apart: its ragged features, which stand for the text, and not the label."""
    import tensorflow as tf

    parts = {
        name: _parts(feature.flat_values.numpy(), feature.row_splits.numpy())
        for name, feature in sorted(features.items())
        if isinstance(feature, tf.RaggedTensor)
    }
    for values in zip(*parts.values(), strict=True):
        row = dict(zip(parts, values, strict=True))
        yield _Row(_key(row), row)


def _parts(values: npt.NDArray[Any], splits: npt.NDArray[Any]) -> list[npt.NDArray[np.int64]]:
    return [values[start:end].astype(np.int64) for start, end in pairwise(splits)]


def _key(row: RowFeatures) -> str:
    digest = hashlib.blake2b(digest_size=_KEY_BYTES)
    for name, values in row.items():
        digest.update(f"{name}={len(values)}\0".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _size(row: _Row) -> tuple[list[int], str]:
    return [len(values) for values in row.features.values()], row.key


def _batched(rows: Sequence[RowFeatures]) -> dict[str, "tf.RaggedTensor"]:
    import tensorflow as tf

    return {
        name: tf.RaggedTensor.from_row_lengths(
            np.concatenate([row[name] for row in rows]),
            [len(row[name]) for row in rows],
        )
        for name in rows[0]
    }
