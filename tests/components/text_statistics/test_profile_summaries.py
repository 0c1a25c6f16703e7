"""Sums over batches: parts put together are the whole, and the buckets never move."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.text_statistics.summaries import (
    LENGTH_EDGES,
    SHARE_EDGES,
    NumberSummary,
    Presence,
)
from components.text_statistics.tokens import FrequentTokens
from components.text_statistics.vocabulary import known_characters

lengths = st.lists(st.integers(0, 3_000_000), max_size=20)


def of_lengths(numbers: list[int]) -> NumberSummary:
    return NumberSummary.of(np.array(numbers, np.int64), edges=LENGTH_EDGES)


@given(lengths, lengths)
def test_numbers_put_together_are_the_numbers_of_all_rows(one: list[int], two: list[int]) -> None:
    merged, whole = (of_lengths(one) + of_lengths(two)).to_proto(), of_lengths(one + two).to_proto()
    assert merged == whole


@given(lengths)
def test_mean_deviation_and_extremes_are_those_of_the_numbers(numbers: list[int]) -> None:
    found = of_lengths(numbers).to_proto()
    if not numbers:
        assert not found.histograms
        return
    assert found.mean == pytest.approx(np.mean(numbers))
    assert found.std_dev == pytest.approx(np.std(numbers), abs=1.0, rel=1e-6)
    assert (found.min, found.max) == (min(numbers), max(numbers))
    assert found.num_zeros == numbers.count(0)
    assert sum(bucket.sample_count for bucket in found.histograms[0].buckets) == len(numbers)


def test_zeros_have_a_bucket_of_their_own_and_each_bound_belongs_to_the_bucket_below() -> None:
    found = NumberSummary.of(np.array([0.0, 0.0, 0.04, 0.05, 0.051, 1.0]), edges=SHARE_EDGES)
    buckets = found.to_proto().histograms[0].buckets
    assert [bucket.sample_count for bucket in buckets][:3] == [2, 2, 1]
    assert (buckets[0].low_value, buckets[0].high_value) == (0, 0)
    assert buckets[-1].sample_count == 1


def test_the_buckets_are_the_same_whatever_the_numbers() -> None:
    def bounds(numbers: list[int]) -> list[tuple[float, float]]:
        buckets = of_lengths(numbers).to_proto().histograms[0].buckets
        return [(bucket.low_value, bucket.high_value) for bucket in buckets]

    assert bounds([1]) == bounds([0, 10_000_000])
    assert all(math.isfinite(high) for _, high in bounds([10_000_000]))


@pytest.mark.parametrize(
    ("one", "two"), [([], []), ([0, 0], [1]), ([2, 0, 5], [0]), ([3], [1, 1, 0]), ([], [4, 2])]
)
def test_presence_put_together_is_the_presence_of_all_rows(one: list[int], two: list[int]) -> None:
    parts = [Presence.of(np.array(counts, np.int64)) for counts in (one, two)]
    assert parts[0] + parts[1] == Presence.of(np.array(one + two, np.int64))


def test_a_row_without_a_value_is_missing() -> None:
    found = Presence.of(np.array([0, 2, 4])).to_proto()
    assert (found.num_missing, found.num_non_missing, found.tot_num_values) == (1, 2, 6)
    assert (found.min_num_values, found.max_num_values, found.avg_num_values) == (2, 4, 3)


def test_tokens_are_ranked_by_the_texts_that_have_them_across_parts() -> None:
    one, two = FrequentTokens(), FrequentTokens()
    one.add(pa.array([b"a", b"b", b"a"], pa.large_binary()))
    two.add(pa.array(["영화".encode(), b"b", b"b"], pa.large_binary()))
    one.merge(two)
    found = one.to_proto()
    assert [(top.value, top.frequency) for top in found.top_values] == [
        ("b", 3),
        ("a", 2),
        ("영화", 1),
    ]
    assert found.unique == 3
    assert found.avg_length == pytest.approx((5 + 6) / 6)


def test_a_flood_of_different_tokens_does_not_push_the_frequent_ones_out() -> None:
    tokens = FrequentTokens()
    rare = pa.array([f"token{n}".encode() for n in range(60_000)], pa.large_binary())
    for start in range(0, 60_000, 1_000):
        tokens.add(rare[start : start + 1_000])
        tokens.add(pa.array([b"frequent"] * 10, pa.large_binary()))
    [top, *_] = tokens.to_proto().rank_histogram.buckets
    assert top.label == "frequent"
    assert abs(top.sample_count - 600) <= 60_600 / 16_384


@pytest.mark.parametrize(
    ("subwords", "known"),
    [
        (["[PAD]\n", "[UNK]\n", "가\n", "##나\n", "영화\n", "##입니\n"], "가나"),
        (["#\n", "##\n", "###\n", "##!\n"], "!#"),
        (["😀\n", "ㅋ\n", "##ㅋ\n"], "ㅋ😀"),
        ([" \n", "ᄋ\n", "ᅩ\n", "ᆺ\n", "ㅋ\n"], " 옷ㅋ오옷"),
        ([], ""),
    ],
)
def test_a_character_is_known_if_it_is_a_subword_by_itself(subwords: list[str], known: str) -> None:
    assert known_characters(subwords) == known
