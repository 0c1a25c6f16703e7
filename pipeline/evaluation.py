"""The Evaluator's configuration: what it measures; what is enough, the model gate says."""

from typing import Final

import tensorflow_model_analysis as tfma

from trainer.export import LABEL_ID, TEXT_LENGTH

METRICS_MODULE: Final = "components.classification_metrics"
ACCURACY: Final = "accuracy"
MACRO_F1: Final = "macro_f1"
EXAMPLE_COUNT: Final = "example_count"

_METRICS: Final = ("Accuracy", "MacroF1")


def eval_config(*, label_column: str) -> tfma.EvalConfig:
    """Ask for the candidate's metrics overall, by label and by text length, without thresholds.

    Without thresholds the Evaluator blesses nothing. Production is left to the model gate too: it
    matches labels by name, where TFMA compares the ids of two vocabularies.
    """
    metrics = [tfma.MetricConfig(class_name=n, module=METRICS_MODULE) for n in _METRICS]
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                model_type=tfma.TF_GENERIC,
                signature_name="serving_examples",
                preprocessing_function_names=["evaluation_features"],
                prediction_key="probabilities",
                label_key=LABEL_ID,
            )
        ],
        slicing_specs=[
            tfma.SlicingSpec(),
            tfma.SlicingSpec(feature_keys=[label_column]),
            tfma.SlicingSpec(feature_keys=[TEXT_LENGTH]),
        ],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name="ExampleCount"), *metrics])
        ],
    )
