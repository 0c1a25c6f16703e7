"""The Evaluator measures by label and length; it judges nothing."""

import tensorflow_model_analysis as tfma
from google.protobuf import json_format

from pipeline.evaluation import eval_config


def test_no_metric_has_a_threshold_so_that_the_evaluator_blesses_nothing() -> None:
    config = eval_config(label_column="감성")
    assert not tfma.metrics.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )


def test_the_figures_are_also_given_by_label_and_by_length() -> None:
    config = eval_config(label_column="감성")
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [
        [],
        ["감성"],
        ["text_length"],
    ]


def test_the_candidate_alone_is_measured_by_the_signature_for_examples() -> None:
    (candidate,) = eval_config(label_column="label").model_specs
    assert not candidate.is_baseline
    assert candidate.signature_name == "serving_examples"


def test_the_configuration_survives_the_way_into_the_metadata() -> None:
    config = eval_config(label_column="감성")
    written = json_format.MessageToJson(config)
    assert json_format.Parse(written, tfma.EvalConfig()) == config
