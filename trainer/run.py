"""The Trainer's `run_fn`: read it from top to bottom."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer import assets, export, golden, pretraining, traits
from trainer.batches import KEPT_TOKENS, FeatureSpec, batches, parsed
from trainer.channels import fit_linear, fit_mixture
from trainer.class_weights import class_weights
from trainer.embeddings.neighbours import frequent_words, nearest
from trainer.fitting import fit
from trainer.models import bigru
from trainer.preprocessing import LABEL
from trainer.settings import TrainerSettings

TRAINING_SUMMARY: Final = "training.json"


def run_fn(fn_args: FnArgs) -> None:
    """Fit the channels on the train split, mix them on eval, export the mixture."""
    settings = TrainerSettings.model_validate(fn_args.custom_config["settings"])
    training = settings.training
    tf.keras.utils.set_random_seed(training.seed)
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.transformed_feature_spec()
    labels, counts = assets.labels(transform), assets.label_counts(transform)
    size, rows = training.batch_size, sum(counts.values())
    kept = rows * settings.transform.text.kept_tokens <= KEPT_TOKENS
    train = batches(fn_args.train_files, spec, batch_size=size, seed=training.seed, kept=kept)
    _require_labels(fn_args.eval_files, spec)
    evaluation = batches(fn_args.eval_files, spec, batch_size=size)
    weights = class_weights(counts, labels, training.class_weights)

    subwords, vectors = assets.subwords(transform), assets.embeddings(transform)

    model = bigru.build(
        training, vocabulary_size=len(subwords), classes=len(labels), vectors=vectors
    )
    if fn_args.base_model:
        pretraining.restore(model.get_layer("encoder"), fn_args.base_model)
    summary = fit(
        model,
        train,
        evaluation,
        settings=training,
        train_rows=rows,
        class_weights=weights,
        log_dir=fn_args.model_run_dir,
    )
    side = fit_linear(
        fn_args.train_files, spec, settings=settings, classes=len(labels), class_weights=weights
    )
    scorer = bigru.Scorer(model, pooling=training.pooling)
    mixed = fit_mixture(scorer, side, fn_args.eval_files, spec)
    classifier = export.Classifier(transform, mixed.around(scorer), settings.transform)
    export.save(classifier, fn_args.serving_model_dir)
    # A GPU's short products would be further from those of the server than its canary lets pass.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    answers = golden.golden_answers(
        mixed.around(partial(bigru.log_probabilities, model)),
        parsed(fn_args.eval_files, spec),
        features=golden.Features(transform, settings.transform.text_column),
        labels=labels,
    )
    golden.write(answers, fn_args.model_run_dir)

    files = {"train": fn_args.train_files, "eval": fn_args.eval_files}
    text = asdict(traits.measure(transform, files, settings.transform.text))
    alike = {} if vectors is None else nearest(vectors, subwords, frequent_words(subwords))
    neighbours = {word: [asdict(other) for other in others] for word, others in alike.items()}
    _write_summary(
        {**summary, **mixed.report, "text": text, "neighbours": neighbours}, fn_args.model_run_dir
    )


def _require_labels(patterns: Sequence[str], spec: FeatureSpec) -> None:
    """Raise ValueError if the eval split has no row to measure by."""
    if not any(len(batch[LABEL]) for batch in parsed(patterns, {LABEL: spec[LABEL]})):
        raise ValueError(
            "eval split: expected rows with a label that the train split has, found none; "
            "look at data.eval or data.eval_fraction"
        )


def _write_summary(summary: dict[str, Any], folder: str) -> None:
    with tf.io.gfile.GFile(str(PurePosixPath(folder, TRAINING_SUMMARY)), "w") as file:
        json.dump(summary, file, indent=2)
