"""A SavedModel's answers to raw texts, by the signature that clients ask."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the tokenizer's ops
from numpy.typing import NDArray

SIGNATURE: Final = "serving_default"
_OUTPUTS: Final = ("labels", "probabilities")

BATCH_ROWS: Final = 512
"""Texts asked at once: large enough for full speed, some 50 MB of states."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A model's best labels.

    Attributes:
        labels: by name, `[texts]`; two models may know different ones.
        probabilities: of these labels, `[texts]`.
    """

    labels: Sequence[str]
    probabilities: NDArray[np.float64]


class ServedModel:
    """A loaded SavedModel.

    Args:
        folder: of the SavedModel.

    Raises:
        ValueError: it cannot be loaded, or lacks the signature or an output of it.
    """

    def __init__(self, folder: str) -> None:
        self._loaded = _loaded(folder)  # keeps the variables alive
        self._answer = _signature(self._loaded, folder)

    def answer(self, text: str) -> None:
        """Ask for one text, as a client does, and wait for the labels."""
        self._ask([text])["labels"].numpy()

    def answers(self, texts: Sequence[str]) -> Answered:
        """Ask for all texts, those of like length together: a batch is as long as its longest."""
        labels, probabilities = np.empty(len(texts), np.object_), np.empty(len(texts))
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), BATCH_ROWS):
            rows = order[start : start + BATCH_ROWS]
            found = self._ask([texts[row] for row in rows])
            labels[rows] = [name.decode() for name in found["labels"][:, 0].numpy()]
            probabilities[rows] = found["probabilities"][:, 0].numpy()
        return Answered(labels=labels.tolist(), probabilities=probabilities)

    def _ask(self, texts: Sequence[str]) -> dict[str, tf.Tensor]:
        raw = [text.encode("utf-8", "replace") for text in texts]
        return self._answer(text=tf.constant(raw))


def size_bytes(folder: str) -> int:
    """Sum the files of an export."""
    return sum(
        tf.io.gfile.stat(os.path.join(top, name)).length
        for top, _, names in tf.io.gfile.walk(folder)
        for name in names
    )


def _loaded(folder: str) -> Any:
    try:
        return tf.saved_model.load(folder)
    except Exception as error:  # noqa: BLE001 - TensorFlow has no one kind of error for it
        raise ValueError(
            f"model {folder}: expected a whole SavedModel, found none that can be loaded "
            f"({type(error).__name__}: {error}); put its files back, or, if it is production's, "
            "let another version serve with `malmoi releases rollback`"
        ) from None


def _signature(model: Any, folder: str) -> Callable[..., dict[str, tf.Tensor]]:
    found = model.signatures.get(SIGNATURE)
    if found is None:
        raise ValueError(
            f"model {folder}: expected a signature {SIGNATURE!r}, found "
            f"{', '.join(sorted(model.signatures)) or 'none'}; export it with trainer.export"
        )
    missing = [name for name in _OUTPUTS if name not in found.structured_outputs]
    if missing:
        raise ValueError(
            f"model {folder}: signature {SIGNATURE!r} lacks the output {', '.join(missing)}, found "
            f"{', '.join(sorted(found.structured_outputs))}; export it with trainer.export"
        )
    return found
