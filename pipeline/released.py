"""The served model, used in this process."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pipeline.causes import explain
from serving.quiet import quiet
from serving.releases.errors import ReleaseError
from serving.releases.state import served

BATCH_ROWS: Final = 512
"""Rows classified at once: large enough for full speed, some 50 MB of states."""

Ranked = list[tuple[str, float]]
"""Labels with probabilities, best first."""


class NoModelError(Exception):
    """There is no model to ask; the message says why."""


class ReleasedModel:
    """One pushed version; loads TensorFlow.

    Args:
        folder: the version's folder.
    """

    def __init__(self, folder: Path) -> None:
        quiet()
        import trainer  # noqa: F401 - sets the Keras version before TensorFlow is imported
        import tensorflow as tf  # isort: skip
        import tensorflow_text  # noqa: F401 - registers the tokenizer's ops

        self.version = int(folder.name)
        self._constant = tf.constant
        self._model = tf.saved_model.load(str(folder))

    @classmethod
    def served(cls, models: Path) -> "ReleasedModel":
        """Load the stable version: after a rollback it is not the newest.

        Raises:
            NoModelError: nothing was pushed, the stable version is gone or damaged, or which one it
                is cannot be read.
        """
        try:
            version = served(models)
        except ReleaseError as error:
            raise NoModelError(str(error)) from error
        if version is None:
            raise NoModelError(f"no pushed model in {models}: `malmoi run` makes one")
        if not (models / str(version)).is_dir():
            raise NoModelError(
                f"version {version} is stable, but not in {models}: put it back, or choose another "
                "with `malmoi releases rollback CONFIG --to VERSION`"
            )
        try:
            return cls(models / str(version))
        except Exception as error:  # TensorFlow has no one kind of error for it
            raise NoModelError(
                f"version {version} in {models} cannot be loaded; `malmoi releases verify CONFIG` "
                f"tells what has changed since it was pushed: {explain(error)}"
            ) from error

    def classify(self, texts: Iterable[str]) -> Iterator[Ranked]:
        """Rank the labels of each text, a batch in memory: with many labels a rank is large."""
        for batch in _batches(texts):
            yield from self._classify(batch)

    def _classify(self, texts: Sequence[str]) -> Iterator[Ranked]:
        answer: dict[str, Any] = self._model.signatures["serving_default"](
            text=self._constant([text.encode("utf-8", "replace") for text in texts])
        )
        names, values = answer["labels"].numpy(), answer["probabilities"].numpy()
        for labels, probabilities in zip(names, values, strict=True):
            decoded = (label.decode("utf-8") for label in labels)
            yield list(zip(decoded, map(float, probabilities), strict=True))


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch
