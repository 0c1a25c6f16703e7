"""The Evaluator's configuration, made from the gate's thresholds."""

from typing import Final

import tensorflow_model_analysis as tfma
from google.protobuf.wrappers_pb2 import DoubleValue

from pipeline.config import ModelGateSettings
from trainer.export import LABEL_ID, TEXT_LENGTH

METRICS_MODULE: Final = "components.classification_metrics"
ACCURACY: Final = "accuracy"
MACRO_F1: Final = "macro_f1"


def eval_config(gate: ModelGateSettings, *, label_column: str) -> tfma.EvalConfig:
    """Ask for the metrics overall, by label and by text length, and hold them to the thresholds."""
    accuracy = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound=DoubleValue(value=gate.accuracy)),
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER,
            absolute=DoubleValue(value=-gate.max_accuracy_loss),
        ),
    )
    macro_f1 = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound=DoubleValue(value=gate.macro_f1))
    )
    return tfma.EvalConfig(
        model_specs=[_model_spec(tfma.CANDIDATE_KEY), _model_spec(tfma.BASELINE_KEY)],
        slicing_specs=[
            tfma.SlicingSpec(),
            tfma.SlicingSpec(feature_keys=[label_column]),
            tfma.SlicingSpec(feature_keys=[TEXT_LENGTH]),
        ],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(class_name="ExampleCount"),
                    _metric("Accuracy", accuracy),
                    _metric("MacroF1", macro_f1),
                ]
            )
        ],
    )


def _metric(class_name: str, threshold: tfma.MetricThreshold) -> tfma.MetricConfig:
    """Hold a metric to its threshold over all rows; slices are shown, not judged."""
    overall = tfma.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=threshold)
    return tfma.MetricConfig(
        class_name=class_name, module=METRICS_MODULE, per_slice_thresholds=[overall]
    )


def _model_spec(name: str) -> tfma.ModelSpec:
    return tfma.ModelSpec(
        name=name,
        is_baseline=name == tfma.BASELINE_KEY,
        model_type=tfma.TF_GENERIC,
        signature_name="serving_examples",
        preprocessing_function_names=["evaluation_features"],
        prediction_key="probabilities",
        label_key=LABEL_ID,
    )
