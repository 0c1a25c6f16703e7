"""TFMA metrics of a classifier, from one confusion matrix, without Keras.

Keras metrics cost the Evaluator five seconds of autograph, and TFMA's own F1 counts a class as
predicted from a probability of 0.5 on, which is not what the best label of many means.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.metrics.multi_class_confusion_matrix_metrics import (
    Matrices,
    multi_class_confusion_matrices,
)
from tensorflow_model_analysis.proto import config_pb2

_ANY: Final = -1.0
"""Threshold that every best probability passes."""

Confusion = Mapping[tuple[int, int], float]
"""Rows by (actual, predicted) label id."""


def accuracy(confusion: Confusion) -> float:
    """Share of rows whose best label is the right one."""
    right = sum(rows for (actual, predicted), rows in confusion.items() if actual == predicted)
    return right / sum(confusion.values())


def macro_f1(confusion: Confusion) -> float:
    """Mean over all labels, actual or predicted, of 2 TP / (2 TP + FP + FN)."""
    hits: Counter[int] = Counter()
    mentions: Counter[int] = Counter()
    for (actual, predicted), rows in confusion.items():
        mentions.update({actual: rows})
        mentions.update({predicted: rows})
        if actual == predicted:
            hits.update({actual: rows})
    return sum(2 * hits[label] / mentions[label] for label in mentions) / len(mentions)


class Accuracy(metric_types.Metric):
    """`accuracy` for TFMA's configuration."""

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(metric_util.merge_per_key_computations(_computing(accuracy)), name=name)


class MacroF1(metric_types.Metric):
    """`macro_f1` for TFMA's configuration."""

    def __init__(self, name: str = "macro_f1") -> None:
        super().__init__(metric_util.merge_per_key_computations(_computing(macro_f1)), name=name)


def _computing(
    figure: Callable[[Confusion], float],
) -> Callable[..., metric_types.MetricComputations]:
    """Make the function that TFMA calls, with the arguments that it looks for by name."""

    def computations(
        name: str = "",
        eval_config: config_pb2.EvalConfig | None = None,
        model_name: str = "",
        output_name: str = "",
        example_weighted: bool = False,
    ) -> metric_types.MetricComputations:
        key = metric_types.MetricKey(
            name=name,
            model_name=model_name,
            output_name=output_name,
            example_weighted=example_weighted,
        )
        matrices = multi_class_confusion_matrices(
            thresholds=[_ANY],
            eval_config=eval_config,
            model_name=model_name,
            output_name=output_name,
            example_weighted=example_weighted,
        )
        source = matrices[-1].keys[-1]

        def result(
            metrics: dict[metric_types.MetricKey, Matrices],
        ) -> dict[metric_types.MetricKey, float]:
            return {key: figure(metrics[source][_ANY])}

        return [*matrices, metric_types.DerivedMetricComputation(keys=[key], result=result)]

    return computations
