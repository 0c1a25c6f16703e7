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


def test_the_same_characters_in_another_order_are_another_text() -> None:
    base = made_up(1, 300)
    assert similarity(base, base[::-1]) == 0
    assert estimated(base, base[::-1]) < 0.1


def test_shingles_of_five_characters_are_compared() -> None:
    syllables = made_up(2, 300)
    fours = "".join(f"{syllables[i : i + 4]}{i % 10}" for i in range(0, 300, 4))
    moved = "".join(f"{syllables[i : i + 4]}{(i + 1) % 10}" for i in range(0, 300, 4))
    assert similarity(fours, moved) == estimated(fours, moved) == 0


@pytest.mark.parametrize(("shared", "at_least", "at_most"), [(264, 0.96, 1), (142, 0.08, 0.23)])
def test_texts_share_a_band_as_often_as_their_similarity_says(
    shared: int, at_least: float, at_most: float
) -> None:
    pairs = [
        (base, base[:shared] + made_up(seed + 1_000, 300 - shared))
        for seed in range(400)
        for base in [made_up(seed, 300)]
    ]
    assert similarity(*pairs[0]) == pytest.approx(0.8 if shared == 264 else 0.3, abs=0.02)
    bands = signatures([text for pair in pairs for text in pair]).bands
    share = np.mean((bands[::2] == bands[1::2]).any(axis=1))
    assert at_least <= share <= at_most
