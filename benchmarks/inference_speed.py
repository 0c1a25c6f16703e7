"""Latency and throughput of the export from raw text, against the naive Keras SavedModel.

    python benchmarks/inference_speed.py         # NSMC; needs MALMOI_DATA

Both are SavedModels with the same weights, the same text graph, the same linear channel and the
same answers to 1e-5. The naive one pads every row to 64 tokens and runs Keras's layers, as a model
saved from Keras does. Both run in a session, as TensorFlow Serving runs them. Rounds alternate; the
medians are compared. The texts are those of the test file, in its order, but for the few that the
naive model would cut; then those of one length alone, which pad each other not at all. A third
model, of text graph and linear channel alone, tells what of both times is the same, and what the
networks take beyond it.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from trained_run import SHORT, TrainedRun, parts_of, trained_run

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use

PADDED = 64
"""Tokens of the naive model: the 99th percentile of the reviews."""

TOLERANCE = 1e-5
ROUNDS = {1: 400, 32: 60}
"""By batch size: enough for a median that repeats to a few per cent."""

COUNTED_ROWS = 1_000
ONE_LENGTH = 11
"""Tokens of each text, where all are to have as many: the median of the reviews."""

TARGETS = {1: 6.0, 32: 5.0}

Answer = Callable[[list[str]], tuple[Any, Any]]
"""From texts to `[batch, classes]` labels, the best first, and their probabilities."""


def keras_model(export: Any, run: TrainedRun) -> Any:
    """Put the export's weights back into Keras's own layers."""
    import tensorflow as tf

    from trainer.models.pooling import MaskedPooling

    network, training = export._scorer._network, run.settings.training
    layers, parts = tf.keras.layers, parts_of(run)
    gru = layers.GRU(training.units, return_sequences=True)
    model = tf.keras.Sequential(
        [
            layers.Embedding(parts["vocabulary_size"], training.embedding_dim, mask_zero=True),
            layers.Bidirectional(gru),
            MaskedPooling(training.pooling),
            layers.Dense(parts["classes"], activation="softmax"),
        ]
    )
    model(tf.zeros([1, PADDED], tf.int64))
    ways = [part for way in (network._forward, network._backward) for part in keras_weights(way)]
    model.set_weights([network._embedding, *ways, network._dense, network._dense_bias])
    return model


def keras_weights(way: Any) -> tuple[Any, Any, Any]:
    """Give kernel, recurrent kernel and biases of a direction as a Keras GRU holds them."""
    kernel, inputs = (
        np.concatenate([part.numpy() for part in parts], axis=-1)
        for parts in (way._kernels, way._biases)
    )
    recurrent = way._recurrent.numpy()
    states = np.zeros_like(inputs)  # those of the gates are among the inputs'
    states[2 * recurrent.shape[0] :] = way._recurrent_bias
    return kernel, recurrent, np.stack([inputs, states])


def save_rivals(export: Any, run: TrainedRun, folder: Path) -> None:
    """Save the model as Keras does, padded, masked, layer by layer; and one without a network."""
    import tensorflow as tf
    import tensorflow_transform as tft

    from trainer.export import Classifier
    from trainer.models.mixture import Mixture, Shares

    class Padded(tf.Module):  # so that a SavedModel finds the layers' variables
        def __init__(self, model: Any) -> None:
            super().__init__()
            self._model = model

        def __call__(self, tokens: Any) -> Any:
            padded = tokens.to_tensor(0, shape=[None, PADDED])
            return tf.math.log(tf.maximum(self._model(padded, training=False), 1e-30))

    def no_network(tokens: Any) -> Any:
        return tf.cast(tokens.row_lengths()[:, None], tf.float32)  # so that tokens are made

    linear, shares = linear_scorer(export, run), Shares(**run.training["shares"])
    transform = tft.TFTransformOutput(run.transform)
    for name, way in {"naive": Padded(keras_model(export, run)), "shared": no_network}.items():
        saved = Classifier(transform, Mixture(way, linear, shares), run.settings.transform)
        signatures = {"serving_default": saved.serving_default}
        tf.saved_model.save(saved, str(folder / name), signatures=signatures)


def linear_scorer(export: Any, run: TrainedRun) -> Any:
    """Put the linear channel's weights back into its ops."""
    from trainer.models.linear import LinearModel
    from trainer.models.linear_scorer import LinearScorer

    side = export._scorer._linear
    parts = {n: getattr(side, f"_{n}").numpy() for n in ("keys", "idf", "weights", "step", "bias")}
    parts |= {n: parts[n][:-1] for n in ("idf", "weights")}  # without the row of the unknown
    return LinearScorer(LinearModel(**parts, rows=run.training["linear_rows"]))


def main() -> None:
    """Train a model, save it both ways, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    if not os.environ.get("MALMOI_DATA"):
        raise SystemExit("skipped: MALMOI_DATA names no folder with the data")
    with tempfile.TemporaryDirectory(prefix="malmoi-inference-speed-") as folder:
        compare(trained_run("nsmc", Path(folder, "run"), *SHORT), Path(folder))


def compare(run: TrainedRun, folder: Path) -> None:
    """Load both and print medians and ratios."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers ops of the graph

    export = tf.saved_model.load(run.model)
    save_rivals(export, run, folder)
    serve = {name: served(str(folder / name)) for name in ("naive", "shared")}
    serve["malmoi"] = served(run.model)
    texts = pd.read_csv(Path(os.environ["MALMOI_DATA"], "nsmc/test.csv.gz"), dtype=str)["text"]
    rows = pd.DataFrame({"text": texts.fillna("")})
    rows["tokens"] = token_counts(export, run, rows["text"].tolist())
    over = rows["tokens"] > PADDED
    print(f"{rows['tokens'].mean():.1f} tokens a text; {over.mean():.1%} have over {PADDED}")
    uncut = rows["text"][~over].tolist()
    agree(serve["naive"], serve["malmoi"], uncut[:512])
    print("texts as they come")
    time_them(serve, uncut)
    print(f"texts of {ONE_LENGTH} tokens")
    time_them(serve, rows["text"][rows["tokens"] == ONE_LENGTH].tolist())


def time_them(serve: dict[str, Answer], texts: list[str]) -> None:
    """Print medians and ratios of both sizes of batches."""
    for size, rounds in ROUNDS.items():
        batches = [texts[i * size : (i + 1) * size] for i in range(rounds)]
        medians = {name: 1e3 * value for name, value in median_seconds(serve, batches).items()}
        ratio = medians["naive"] / medians["malmoi"]
        rate = size / medians["malmoi"] * 1e3
        print(
            f"batch {size:>2}: naive {medians['naive']:6.2f} ms, malmoi {medians['malmoi']:6.2f} ms"
            f" ({rate:,.0f} rows/s), ratio {ratio:.1f}, asked {TARGETS[size]:g}"
        )
        naive, ours = (medians[name] - medians["shared"] for name in ("naive", "malmoi"))
        print(
            f"          of both {medians['shared']:.2f} ms for text graph and linear channel; the"
            f" networks beyond it {naive:.2f} and {ours:.2f} ms, ratio {naive / ours:.1f}"
        )


def token_counts(export: Any, run: TrainedRun, texts: list[str]) -> list[int]:
    """Count the tokens of each text, by the export's own graph."""
    import tensorflow as tf
    import tensorflow_transform as tft

    from trainer.preprocessing import TOKENS
    from trainer.raw_columns import raw_columns

    spec = tft.TFTransformOutput(run.transform).raw_feature_spec()
    counts: list[int] = []
    for start in range(0, len(texts), COUNTED_ROWS):
        part = tf.constant(texts[start : start + COUNTED_ROWS])
        columns = raw_columns(part, run.settings.transform.text_column, spec)
        counts += export._graph.transform_fn(columns)[TOKENS].row_lengths().numpy().tolist()
    return counts


def served(model: str) -> Answer:
    """Load a SavedModel into a session."""
    import tensorflow as tf

    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], model)
        signature = loaded.signature_def["serving_default"]
        fetches = [signature.outputs[name].name for name in ("labels", "probabilities")]
        answer: Answer = session.make_callable(fetches, [signature.inputs["text"].name])
    return answer


def median_seconds(serve: dict[str, Answer], batches: list[list[str]]) -> dict[str, float]:
    """Ask in turns, the first tenth unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in serve}
    for texts in batches:
        for name, answer in serve.items():
            started = time.perf_counter()
            answer(texts)
            seconds[name].append(time.perf_counter() - started)
    return {name: float(np.median(taken[len(taken) // 10 :])) for name, taken in seconds.items()}


def agree(naive: Answer, malmoi: Answer, rows: list[str]) -> None:
    """Stop if the two do not answer alike."""
    (labels, probabilities), (other_labels, others) = naive(rows), malmoi(rows)
    gap = float(np.abs(probabilities - others).max())
    clear = probabilities[:, 0] - probabilities[:, -1] > TOLERANCE
    if not np.array_equal(labels[clear], other_labels[clear]):
        raise SystemExit("expected the same labels of both")
    print(f"largest difference of {len(rows)} answers: {gap:.1e}")
    if gap > TOLERANCE:
        raise SystemExit(f"expected at most {TOLERANCE:g}")


if __name__ == "__main__":
    main()
