"""The Evaluator's metrics against scikit-learn, on paper and through TFMA itself."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import tensorflow_model_analysis as tfma
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from components.classification_metrics import accuracy, macro_f1

LABELS = st.integers(-1, 5)
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60)


@settings(max_examples=200)
@given(PAIRS)
def test_the_figures_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    actual, predicted = zip(*pairs, strict=True)
    confusion = Counter(pairs)
    assert accuracy(confusion) == pytest.approx(accuracy_score(actual, predicted))
    assert macro_f1(confusion) == pytest.approx(f1_score(actual, predicted, average="macro"))


@pytest.mark.parametrize(
    ("confusion", "expected"),
    [
        ({(0, 0): 3.0, (1, 1): 2.0}, (1.0, 1.0)),
        ({(0, 1): 3.0, (1, 0): 2.0}, (0.0, 0.0)),
        ({(0, 0): 9.0, (1, 0): 1.0}, (0.9, (18 / 19 + 0) / 2)),
        ({(0, 0): 1.0, (-1, 0): 1.0}, (0.5, (2 / 3 + 0) / 2)),
    ],
    ids=["all right", "all wrong", "one label always", "a label that train lacks"],
)
def test_the_figures_of_small_confusions(
    confusion: dict[tuple[int, int], float], expected: tuple[float, float]
) -> None:
    assert (accuracy(confusion), macro_f1(confusion)) == pytest.approx(expected)


def test_weights_may_be_fractions() -> None:
    assert accuracy({(0, 0): 0.25, (0, 1): 0.75}) == pytest.approx(0.25)


SIDES = ("app", "web")


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """Label ids, some of which train lacks, the probabilities of three labels, and a slice."""
    drawn = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "label": drawn.integers(-1, 3, 60),
            "probabilities": drawn.dirichlet([0.8] * 3, 60).astype(np.float32).tolist(),
            "side": drawn.choice(SIDES, 60),
        }
    )


@pytest.fixture(scope="module")
def reported(judged: pd.DataFrame) -> dict[str, dict[str, float]]:
    """TFMA's figures of all rows, under "", and of each side."""
    module = "components.classification_metrics"
    metrics = [tfma.MetricConfig(class_name=n, module=module) for n in ("Accuracy", "MacroF1")]
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="label", prediction_key="probabilities")],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["side"])],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
    )
    result = tfma.analyze_raw_data(judged, config)
    return {
        key[0][1] if key else "": {
            name: value["doubleValue"] for name, value in figures[""][""].items()
        }
        for key, figures in result.slicing_metrics
    }


@pytest.mark.parametrize("side", ["", *SIDES])
def test_tfma_reports_the_figures_of_scikit_learn_overall_and_by_slice(
    judged: pd.DataFrame, reported: dict[str, dict[str, float]], side: str
) -> None:
    rows = judged[judged["side"] == side] if side else judged
    predicted = np.stack(rows["probabilities"]).argmax(axis=1)
    assert reported[side] == {
        "accuracy": pytest.approx(accuracy_score(rows["label"], predicted)),
        "macro_f1": pytest.approx(f1_score(rows["label"], predicted, average="macro")),
    }


def test_the_slices_differ_so_that_a_mix_up_would_be_seen(
    reported: dict[str, dict[str, float]],
) -> None:
    assert len({figures["accuracy"] for figures in reported.values()}) == 3
