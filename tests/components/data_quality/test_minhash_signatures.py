"""Signatures agree as often as the texts' shingles do."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data_quality.minhash import (
    BANDS,
    MIN_CHARS,
    ORDERS,
    SHINGLE_CHARS,
    signatures,
)

SYLLABLES = [chr(code) for code in range(ord("가"), ord("힣"), 37)]


def made_up(seed: int, chars: int) -> str:
    return "".join(random.Random(seed).choices(SYLLABLES, k=chars))


def similarity(one: str, other: str) -> float:
    a, b = (
        {text[i : i + SHINGLE_CHARS] for i in range(len(text) - SHINGLE_CHARS + 1)}
        for text in (one, other)
    )
    return len(a & b) / len(a | b)


def estimated(one: str, other: str) -> float:
    left, right = signatures([one, other]).sketches
    return float(np.mean(left == right))


@pytest.mark.parametrize("shared", [0, 50, 150, 250, 280, 300])
def test_the_estimate_is_near_the_similarity(shared: int) -> None:
    errors = []
    for seed in range(20):
        base = made_up(seed, 300)
        other = base[:shared] + made_up(seed + 1_000, 300 - shared)
        errors.append(estimated(base, other) - similarity(base, other))
    # Each estimate is off by 0.056 at most (one standard error), their mean by a √20th of it.
    assert abs(np.mean(errors)) < 3 * 0.056 / np.sqrt(20)
    assert np.max(np.abs(errors)) < 5 * 0.056


@given(st.lists(st.text(min_size=MIN_CHARS), min_size=1, max_size=6))
def test_a_text_has_the_same_signature_in_any_company(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    together = signatures(texts)
    assert together.bands.shape == (len(texts), BANDS)
    assert together.sketches.shape == (len(texts), ORDERS)
    for number, text in enumerate(texts):
        alone = signatures([text])
        assert (alone.bands[0] == together.bands[number]).all()
        assert (alone.sketches[0] == together.sketches[number]).all()


def test_a_batch_border_changes_nothing() -> None:
    texts = [f"{number}번째 주문이 아직 안 왔어요" for number in range(2_100)]
    together = signatures(texts)
    assert (signatures(texts[2_040:]).bands == together.bands[2_040:]).all()


@pytest.mark.parametrize("text", ["👍" * 10, "ㅋㅋㅋ 재밌다 abc", made_up(1, 10_000), "가" * 10])
def test_every_band_of_a_text_is_a_different_number(text: str) -> None:
    assert len(set(signatures([text]).bands[0].tolist())) == BANDS
