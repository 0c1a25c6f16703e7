"""Examples per second of training, against the stock Keras BiGRU padded to the 99th percentile.

    python benchmarks/training_speed.py          # NSMC; needs MALMOI_DATA

Both train on the same transformed rows with the same units, batch size and epochs, in turns of one
epoch, so that what else runs on the machine slows both alike. The clock leaves out the first
batches, in which TensorFlow traces the functions. The stock model is what one writes
first: every row padded or cut to the 99th percentile of the lengths, an embedding that masks, a
bidirectional GRU, a dense layer, Adam. Its rows lie in memory and, like ours, are read without
tf.data's tuner, whose thread can hold up the end of an epoch for a minute. Ours is trained by the
default settings and, as the preset has it, adversarially, which takes two passes a step.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from trained_run import SHORT, TrainedRun, parts_of, trained_run

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use

LONG_PERCENTILE = 99
WARM_BATCHES = 12


def stock(run: TrainedRun, parts: dict[str, Any]) -> Any:
    """The textbook's model, at equal units."""
    import tensorflow as tf

    layers, training = tf.keras.layers, run.settings.training
    model = tf.keras.Sequential(
        [
            layers.Embedding(parts["vocabulary_size"], training.embedding_dim, mask_zero=True),
            layers.Bidirectional(layers.GRU(training.units)),
            layers.Dense(parts["classes"], activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def ours(run: TrainedRun, parts: dict[str, Any], rows: int, **changed: Any) -> Any:
    """The pipeline's model, compiled as it is trained."""
    from trainer.fitting import compiled
    from trainer.models import bigru

    training = run.settings.training.model_copy(update=changed)
    return compiled(bigru.build(training, **parts), training, train_rows=rows)


def padded(pattern: str, run: TrainedRun, length: int | None) -> tuple[Any, Any, int]:
    """Read a split as one padded matrix; the length is its 99th percentile unless given."""
    import tensorflow as tf
    import tensorflow_transform as tft

    from trainer.batches import parsed

    spec = tft.TFTransformOutput(run.transform).transformed_feature_spec()
    batches = list(parsed([pattern], {name: spec[name] for name in ("tokens", "label")}))
    tokens = tf.concat([batch["tokens"] for batch in batches], axis=0)
    labels = np.concatenate([batch["label"] for batch in batches])
    length = length or int(np.percentile(tokens.row_lengths(), LONG_PERCENTILE))
    return tokens.to_tensor(0, shape=[None, length]).numpy(), labels, length


def shuffled(tokens: Any, labels: Any, size: int) -> Any:
    """Batches of rows in memory, in another order in every epoch, as Keras makes them of arrays."""
    import tensorflow as tf

    from trainer.batches import READY_BATCHES, untuned

    rows = untuned(tf.data.Dataset.range(len(labels))).shuffle(len(labels)).batch(size)
    held = tf.constant(tokens), tf.constant(labels)
    batches = rows.map(lambda taken: tuple(tf.gather(part, taken) for part in held))
    return batches.prefetch(READY_BATCHES)


def main() -> None:
    """Train both and print the rates, the ratio and the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    epochs = parser.parse_args().epochs
    if not os.environ.get("MALMOI_DATA"):
        raise SystemExit("skipped: MALMOI_DATA names no folder with the data")
    with tempfile.TemporaryDirectory(prefix="malmoi-training-speed-") as folder:
        compare(trained_run("nsmc", Path(folder), *SHORT), epochs)


def compare(run: TrainedRun, epochs: int) -> None:
    """Train in turns."""
    import tensorflow as tf
    import tensorflow_transform as tft

    from trainer.averaging import AveragedWeights
    from trainer.batches import batches

    training = run.settings.training
    tokens, labels, length = padded(run.train, run, None)
    eval_tokens, eval_labels, _ = padded(run.evaluation, run, length)
    spec = tft.TFTransformOutput(run.transform).transformed_feature_spec()
    size, seed = training.batch_size, training.seed
    read = batches([run.train], spec, batch_size=size, seed=seed, kept=True)
    rows = {"stock": shuffled(tokens, labels, size), "malmoi": read, "adversarial": read}
    measured = (batches([run.evaluation], spec, batch_size=size),)
    asked = {"stock": (eval_tokens, eval_labels), "malmoi": measured, "adversarial": measured}
    tf.keras.utils.set_random_seed(seed)
    parts = parts_of(run)
    models = {
        "stock": stock(run, parts),
        "malmoi": ours(run, parts, len(labels), adversarial=0.0),
        "adversarial": ours(run, parts, len(labels)),
    }
    print(
        f"{len(labels):,} rows, padded to {length} tokens; mean {np.mean((tokens > 0).sum(1)):.1f}"
    )
    callbacks: dict[str, list[Any]] = {
        name: [AveragedWeights(training.averaged_steps)] for name in models
    }
    callbacks["stock"] = []
    for name, model in models.items():
        model.fit(rows[name].take(WARM_BATCHES), callbacks=callbacks[name], verbose=0)
    seconds: dict[str, float] = dict.fromkeys(models, 0.0)
    best: dict[str, float] = dict.fromkeys(models, 0.0)
    for epoch in range(1, epochs + 1):
        for name, model in models.items():
            started = time.perf_counter()
            model.fit(rows[name], callbacks=callbacks[name], verbose=0)
            took = time.perf_counter() - started
            seconds[name] += took
            accuracy = model.evaluate(*asked[name], callbacks=callbacks[name], verbose=0)[1]
            best[name] = max(best[name], accuracy)
            rate = len(labels) / took
            print(
                f"  epoch {epoch} {name:<11} {rate:8,.0f} examples/s, eval {accuracy:.4f}",
                flush=True,
            )
    rates = {name: epochs * len(labels) / took for name, took in seconds.items()}
    for name in ("malmoi", "adversarial"):
        print(
            f"{name}: ratio {rates[name] / rates['stock']:.1f}; eval accuracy, best epoch: "
            f"{best[name]:.4f}, stock {best['stock']:.4f}"
        )


if __name__ == "__main__":
    main()
