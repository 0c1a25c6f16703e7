"""The Evaluator's thresholds are those of the configuration, and of nothing else."""

import tensorflow_model_analysis as tfma
from google.protobuf import json_format

from pipeline.config import ModelGateSettings
from pipeline.evaluation import eval_config

GATE = ModelGateSettings(accuracy=0.81, macro_f1=0.62, max_accuracy_loss=0.015)


def thresholds(config: tfma.EvalConfig) -> dict[str, tfma.MetricThreshold]:
    (metrics,) = config.metrics_specs
    return {
        metric.class_name: metric.per_slice_thresholds[0].threshold
        for metric in metrics.metrics
        if metric.per_slice_thresholds
    }


def test_the_thresholds_come_from_the_configuration() -> None:
    found = thresholds(eval_config(GATE, label_column="감성"))
    assert found["Accuracy"].value_threshold.lower_bound.value == 0.81
    assert found["Accuracy"].change_threshold.absolute.value == -0.015
    assert found["Accuracy"].change_threshold.direction == tfma.MetricDirection.HIGHER_IS_BETTER
    assert found["MacroF1"].value_threshold.lower_bound.value == 0.62
    assert not found["MacroF1"].HasField("change_threshold")


def test_a_threshold_of_zero_is_still_one() -> None:
    gate = ModelGateSettings(accuracy=0.0, macro_f1=0.0, max_accuracy_loss=0.0)
    found = thresholds(eval_config(gate, label_column="label"))
    assert found["Accuracy"].value_threshold.HasField("lower_bound")
    assert found["Accuracy"].change_threshold.HasField("absolute")


def test_only_all_rows_together_are_judged() -> None:
    (metrics,) = eval_config(GATE, label_column="감성").metrics_specs
    judged = [metric for metric in metrics.metrics if metric.per_slice_thresholds]
    assert [list(m.per_slice_thresholds[0].slicing_specs) for m in judged] == [
        [tfma.SlicingSpec()],
        [tfma.SlicingSpec()],
    ]


def test_the_figures_are_also_given_by_label_and_by_length() -> None:
    config = eval_config(GATE, label_column="감성")
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [
        [],
        ["감성"],
        ["text_length"],
    ]


def test_one_model_is_the_baseline_of_the_other() -> None:
    candidate, baseline = eval_config(GATE, label_column="label").model_specs
    assert (candidate.name, candidate.is_baseline) == (tfma.CANDIDATE_KEY, False)
    assert (baseline.name, baseline.is_baseline) == (tfma.BASELINE_KEY, True)
    assert candidate.signature_name == baseline.signature_name == "serving_examples"


def test_the_configuration_survives_the_way_into_the_metadata() -> None:
    config = eval_config(GATE, label_column="감성")
    written = json_format.MessageToJson(config)
    assert json_format.Parse(written, tfma.EvalConfig()) == config
