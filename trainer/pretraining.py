"""The Pretrainer's `run_fn`: the network reads all texts, unlabelled ones too, before any label."""

import io
import json
import time
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer import assets
from trainer.batches import KEPT_TOKENS, PARSED_ROWS, of_similar_length, records
from trainer.lazy_adam import LazyAdam
from trainer.models import bigru
from trainer.models.cloze import Cloze
from trainer.models.encoder import Encoder
from trainer.preprocessing import LABEL, TOKENS
from trainer.settings import PretrainingSettings

ENCODER_FILE: Final = "encoder.npz"
PRETRAINING_SUMMARY: Final = "pretraining.json"

BATCH_SIZE: Final = 256
DROPOUT: Final = 0.1
"""Of the vectors' channels: texts are many, and hardly one is seen often enough to be known."""

PEAK_RATE: Final = 3e-3
EDGE_SHARE: Final = 0.03
"""The learning rate falls from its peak to this share of it, as a cosine."""

MAX_GRADIENT_NORM: Final = 1.0


def run_fn(fn_args: FnArgs) -> None:
    """Fit the encoder on the texts of all splits but eval and write its weights."""
    settings = PretrainingSettings.model_validate(fn_args.custom_config["settings"])
    tf.keras.utils.set_random_seed(settings.seed)
    started = time.monotonic()
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    texts = read_texts(fn_args.train_files, transform)
    vocabulary = len(assets.subwords(transform))
    encoder = bigru.encoder(
        vocabulary_size=vocabulary,
        embedding_dim=settings.transform.embedding_dim,
        units=settings.units,
        dropout=DROPOUT,
        vectors=assets.embeddings(transform),
    )
    losses = pretrain(encoder, texts, vocabulary_size=vocabulary, settings=settings)
    write(encoder, fn_args.serving_model_dir)
    summary = {
        "texts": int(texts.nrows()),
        "tokens": int(tf.size(texts.flat_values)),
        "losses": losses,
        "seconds": round(time.monotonic() - started, 3),
    }
    _write(fn_args.model_run_dir, PRETRAINING_SUMMARY, json.dumps(summary, indent=2).encode())


def read_texts(patterns: Sequence[str], transform: tft.TFTransformOutput) -> tf.RaggedTensor:
    """Tokenise raw examples with the graph of Transform.

    Args:
        patterns: file patterns of gzipped TFRecords, as ExampleGen writes them.
        transform: Transform's output.

    Returns:
        `[texts, tokens]` int64: the texts of two tokens or more, as far as `KEPT_TOKENS` reach.

    Raises:
        ValueError: there are none.
    """
    layer, spec = transform.transform_features_layer(), transform.raw_feature_spec()

    @tf.function(reduce_retracing=True, autograph=False)
    def tokens_of(serialized: tf.Tensor) -> tf.RaggedTensor:
        """Compute the tokens and, as a function of this output alone, nothing else."""
        return layer(tf.io.parse_example(serialized, spec))[TOKENS]

    parts, seen = [], 0
    for serialized in records(patterns).batch(PARSED_ROWS):
        tokens = tokens_of(serialized)
        parts.append(tf.ragged.boolean_mask(tokens, tokens.row_lengths() > 1))
        seen += int(tf.size(parts[-1].flat_values))
        if seen >= KEPT_TOKENS:
            break
    if not seen:
        raise ValueError(
            "pretraining: expected texts of two tokens or more, found none; "
            "look at the train split, or set training.pretraining_epochs=0"
        )
    return tf.concat(parts, axis=0)


def pretrain(
    encoder: Encoder,
    texts: tf.RaggedTensor,
    *,
    vocabulary_size: int,
    settings: PretrainingSettings,
) -> list[float]:
    """Fit an encoder to tell each token of the texts from those around it.

    Args:
        encoder: fitted in place.
        texts: `[texts, tokens]` ids.
        vocabulary_size: ids, padding and unknown included.
        settings: the epochs, and the seed of the rows' order.

    Returns:
        The mean loss of each epoch's steps, in nats a token against the sampled others.
    """
    model = Cloze(encoder, np.bincount(texts.flat_values, minlength=vocabulary_size))
    steps = settings.epochs * -(-int(texts.nrows()) // BATCH_SIZE)
    rate = tf.keras.optimizers.schedules.CosineDecay(PEAK_RATE, steps, alpha=EDGE_SHARE)
    model.compile(LazyAdam(rate, global_clipnorm=MAX_GRADIENT_NORM, jit_compile=False))
    unlabelled = {TOKENS: texts, LABEL: tf.zeros(texts.nrows(), tf.int64)}
    batches = of_similar_length(
        tf.data.Dataset.from_tensors(unlabelled), batch_size=BATCH_SIZE, seed=settings.seed
    )
    losses: list[float] = model.fit(batches, epochs=settings.epochs, verbose=2).history["loss"]
    return losses


def write(encoder: Encoder, folder: str) -> None:
    """Write an encoder's weights as a file of NumPy arrays."""
    held = io.BytesIO()
    np.savez(held, *_weights(encoder))
    _write(folder, ENCODER_FILE, held.getvalue())


def restore(encoder: Encoder, folder: str) -> None:
    """Give an encoder of the same sizes the weights that `write` wrote."""
    with tf.io.gfile.GFile(str(PurePosixPath(folder, ENCODER_FILE)), "rb") as file:
        arrays = np.load(io.BytesIO(file.read()))
    vectors, *others = (arrays[name] for name in arrays.files)
    encoder.embedding.set_weights([vectors])
    encoder.bidirectional.set_weights(others)


def _weights(encoder: Encoder) -> list[npt.NDArray[Any]]:
    """List the arrays part by part: Keras puts those last that do not train."""
    return [*encoder.embedding.get_weights(), *encoder.bidirectional.get_weights()]


def _write(folder: str, name: str, content: bytes) -> None:
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(str(PurePosixPath(folder, name)), "wb") as file:
        file.write(content)
