"""Single requests to two models in turn, and the interval of the median ratio."""

import time

import numpy as np
import pytest
from scipy.stats import quantile_test

from components.model_gate.cost_rules import median_interval
from components.model_gate.latency import REQUESTS, WARM_UP_REQUESTS, measure

TEXTS = ["배송이 늦어요", "환불해 주세요 ㅠㅠ", "ㅋㅋㅋ"]


@pytest.mark.parametrize("size", [30, 200, 301])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_medians_interval_is_that_of_scipys_quantile_test(size: int, confidence: float) -> None:
    values = np.random.default_rng(size).lognormal(size=size)
    found = median_interval(values, confidence)
    expected = quantile_test(values, q=0, p=0.5).confidence_interval(confidence)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == np.median(values)


def test_one_value_is_its_own_interval() -> None:
    found = median_interval(np.array([1.25]), 0.95)
    assert (found.low, found.value, found.high) == (1.25, 1.25, 1.25)


def test_both_models_get_the_same_texts_and_take_turns_in_being_first() -> None:
    asked: list[tuple[str, str]] = []
    measure(
        lambda text: asked.append(("ours", text)),
        lambda text: asked.append(("theirs", text)),
        TEXTS,
    )
    timed = asked[2 * WARM_UP_REQUESTS :]
    assert len(timed) == 2 * REQUESTS
    firsts, seconds = timed[::2], timed[1::2]
    assert [text for _, text in firsts] == [text for _, text in seconds]
    assert [who for who, _ in firsts[:4]] == ["ours", "theirs", "ours", "theirs"]
    assert all(one[0] != other[0] for one, other in zip(firsts, seconds, strict=True))


def test_a_model_that_waits_is_found_to_be_slower() -> None:
    found = measure(lambda text: time.sleep(0.003), lambda text: time.sleep(0.001), TEXTS)
    ratio = median_interval(found.candidate / found.production, 0.95)
    assert 1.5 < ratio.low <= ratio.high < 4
    assert found.candidate.shape == found.production.shape == (REQUESTS,)
