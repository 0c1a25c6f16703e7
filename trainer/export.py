"""The export: raw text in, label names and probabilities out, by the graph of training."""

import tensorflow as tf
import tensorflow_transform as tft

from trainer import assets
from trainer.models.mixture import Mixture
from trainer.preprocessing import LABEL, one_value
from trainer.raw_columns import raw_columns
from trainer.settings import TransformSettings

LENGTH_BOUNDS = (10, 20, 40, 80, 160)
"""Upper bounds, in characters, of the slices by text length."""

LABEL_ID = "label_id"
TEXT_LENGTH = "text_length"


class Classifier(tf.Module):
    """A plain module of TensorFlow ops; its `signatures` are what a server sees.

    Args:
        transform: Transform's output, whose graph and vocabularies become part of the export.
        scorer: from the graph's features to `[batch, classes]` probabilities.
        settings: names the text and the label column.
    """

    def __init__(
        self, transform: tft.TFTransformOutput, scorer: Mixture, settings: TransformSettings
    ) -> None:
        super().__init__(name="classifier")
        self._graph = tf.saved_model.load(transform.transform_savedmodel_dir)
        self._graph.assets = []  # the tables hold the files they read; the others stay behind
        self._spec = transform.raw_feature_spec()
        self._scorer = scorer
        self._settings = settings
        self._labels = tf.constant(assets.labels(transform))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify raw text.

        Args:
            text: `[batch]` strings.

        Returns:
            `labels`, `[batch, classes]` strings, best first, and their `probabilities`, float32.
        """
        columns = raw_columns(text, self._settings.text_column, self._spec)
        scores = self._scorer(self._graph.transform_fn(columns))
        probabilities, order = tf.math.top_k(scores, k=self._labels.shape[0])
        return {"labels": tf.gather(self._labels, order), "probabilities": probabilities}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serving_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score serialized tf.Examples that have the text column.

        Args:
            examples: `[batch]` strings.

        Returns:
            `probabilities`, `[batch, classes]` float32, in the order of the label ids.
        """
        return {"probabilities": self._scorer(self._graph.transform_fn(self._parse(examples)))}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def evaluation_features(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Give the Evaluator what it compares with and slices by.

        TFMA calls functions by signature alone, so this is one, though no client needs it.

        Args:
            examples: `[batch]` strings.

        Returns:
            `label_id`, `[batch]` int64, and `text_length`, `[batch]` strings such as `10-19`.
        """
        raw = self._parse(examples)
        texts = one_value(raw[self._settings.text_column], default="")
        lengths = tf.strings.length(texts, unit="UTF8_CHAR")
        slices = tf.searchsorted(LENGTH_BOUNDS, lengths, side="right")
        return {
            LABEL_ID: self._graph.transform_fn(raw)[LABEL],
            TEXT_LENGTH: tf.gather(length_slices(), slices),
        }

    def _parse(self, examples: tf.Tensor) -> dict[str, tf.SparseTensor]:
        return tf.io.parse_example(examples, self._spec)


def length_slices() -> list[str]:
    """Name the slices by text length, in characters: `0-9`, `10-19`, ... `160+`."""
    starts = (0, *LENGTH_BOUNDS)
    closed = [f"{start}-{end - 1}" for start, end in zip(starts, LENGTH_BOUNDS, strict=False)]
    return [*closed, f"{LENGTH_BOUNDS[-1]}+"]


def save(classifier: Classifier, folder: str) -> None:
    """Write the SavedModel with the two signatures for clients and the Evaluator's third."""
    signatures = {
        "serving_default": classifier.serving_default,
        "serving_examples": classifier.serving_examples,
        "evaluation_features": classifier.evaluation_features,
    }
    tf.saved_model.save(classifier, folder, signatures=signatures)
