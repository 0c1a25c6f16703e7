"""Planted near-duplicates among texts that only look like reviews."""

import random
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest

from components.data_quality import near, overlaps
from components.data_quality.chunk import Chunk
from components.data_quality.fingerprints import band_records, partitioned, text_records
from components.data_quality.minhash import ORDERS
from components.data_quality.overlaps import Found
from components.data_quality.records import Records, places

WORDS = [
    *("배우들", "연기가", "정말", "훌륭했고", "음악도", "좋았지만", "결말이", "조금", "아쉬웠다"),
    *("주인공의", "마지막", "장면에서", "눈물이", "났어요", "시간", "가는", "줄", "몰랐네"),
    *("다시", "보고", "싶은", "영화", "감독의", "전작보다", "못하다", "지루해서", "중간에", "껐음"),
    *("아이들과", "함께", "보기에", "딱", "입니다", "영상미가", "뛰어나고", "대사가", "유치하다"),
]


def reviews(count: int, seed: int = 0) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=14)) + f" {chance.random():.6f}" for _ in range(count)]


def made_up(seed: int, chars: int) -> str:
    return "".join(map(chr, random.Random(seed).choices(range(ord("가"), ord("힣")), k=chars)))


def near_records(train: list[str], partitions: int = 1, held_out: Sequence[str] = ()) -> Records:
    """Lines count on from train to eval."""
    texts = [*train, *held_out]
    chunk = Chunk([t.encode() for t in texts], [b""] * len(texts), ["a.csv"] * len(texts))
    chunk.lines.extend(range(1, len(texts) + 1))
    rows = text_records(chunk, texts, is_eval=False)
    rows["is_eval"][len(train) :] = True
    found = [np.empty(0, near.NEAR_RECORD)]
    for band in band_records(rows, texts):
        for _, part in partitioned(band, band["band"], partitions):
            found.append(near.near_texts(part, places(part, {"a.csv"})))
    return np.concatenate(found)


def near_rows(texts: list[str], partitions: int = 1) -> Found:
    return near.near_overlaps(near_records(texts, partitions))["near_duplicates"]


def near_leaks(train: list[str], held_out: Sequence[str]) -> Found:
    return near.near_overlaps(near_records(train, held_out=held_out))["near_leakage"]


def one_band(sketches: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> Records:
    """A text for each sketch, all in one band, in an order of chance; lines are the sketches'."""
    records = np.zeros(len(sketches), near.BAND_RECORD)
    records["sketch"] = sketches
    records["line"] = range(len(sketches))
    records["text"] = np.random.default_rng(7).permutation(len(sketches))
    return np.random.default_rng(8).permutation(records)


def test_of_a_hundred_planted_near_duplicates_almost_all_are_found_and_nothing_else() -> None:
    originals = reviews(2_000)
    changed = [f"{text[:-1]}!" for text in originals[:100]]
    best = near.most_alike(near_records(originals + changed))
    found = {tuple(sorted(pair)) for pair in best[["row", "other"]].tolist()}
    planted = {(number, 2_000 + number) for number in range(1, 101)}
    assert found <= planted
    assert len(found) >= 98


@pytest.mark.parametrize(("similarity", "found"), [(0.9, 20), (0.6, 0), (0.3, 0)])
def test_texts_count_from_a_similarity_of_four_fifths_on(similarity: float, found: int) -> None:
    shingles = 296
    changed = round(shingles * (1 - similarity) / (1 + similarity))
    originals = [made_up(seed, shingles + 4) for seed in range(10)]
    others = [text[:-changed] + made_up(99, changed) for text in originals]
    assert near_rows(originals + others).texts == found


def test_the_text_most_alike_is_told() -> None:
    base = made_up(0, 100)
    texts = [base, base[:-8] + made_up(1, 8), base[:-1] + "!"]
    best = near.most_alike(near_records(texts))
    assert (1, 3) in best[["row", "other"]].tolist()


@pytest.mark.parametrize(("chars", "at_least", "at_most"), [(9, 0, 0), (10, 30, 40)])
def test_the_shortest_text_compared_has_ten_characters(
    chars: int, at_least: int, at_most: int
) -> None:
    texts = [made_up(seed, chars) for seed in range(20)]
    longer = [f"{text}!" for text in texts]
    assert at_least <= near_rows(texts + longer).texts <= at_most


def test_exact_duplicates_are_no_near_duplicates() -> None:
    assert near_rows(reviews(1) * 50) == Found(texts=0, rows=0, pairs=())


def test_every_row_of_a_repeated_text_counts_and_its_first_row_is_told() -> None:
    [review] = reviews(1)
    found = near_rows(["전혀 다른 이야기입니다만", review, f"{review}.", review])
    assert found == Found(texts=2, rows=3, pairs=((2, 3),))


@pytest.mark.parametrize("text", ["", "ㅋㅋㅋ", "최고예요!", "👍👍👍"])
def test_texts_too_short_to_compare_are_left_out(text: str) -> None:
    assert near_rows([text, f"{text}!"]).texts == 0


def test_thousands_of_texts_from_one_template_do_not_cost_the_square() -> None:
    template = "고객님의 소중한 의견에 진심으로 감사드리며 더 나은 서비스로 보답하겠습니다"
    texts = [f"{template} {number}" for number in range(3_000)]
    assert near_rows(texts).texts == 3_000


def test_of_a_hundred_eval_rows_almost_like_trains_almost_all_are_found_and_nothing_else() -> None:
    train = reviews(2_000)
    held_out = [*reviews(1_000, seed=1), *(f"{text[:-1]}!" for text in train[:100])]
    found = near_leaks(train, held_out)
    assert 98 <= found.texts == found.rows <= 100
    assert set(found.pairs) <= {(3_000 + number, number) for number in range(1, 101)}


def test_eval_rows_of_one_text_count_each_and_the_first_is_told_with_trains_likest() -> None:
    base = made_up(0, 100)
    train = [base[:-8] + made_up(1, 8), f"{base[:-1]}!", f"{base[:-1]}!"]
    assert near_leaks(train, [base, "처음 보는 이야기입니다만", base]) == Found(
        texts=1, rows=2, pairs=((4, 2),)
    )


def test_an_eval_text_that_stands_in_train_is_leakage_and_not_almost_so() -> None:
    [review] = reviews(1)
    found = near.near_overlaps(near_records([review, f"{review}."], held_out=[review]))
    assert (found["near_duplicates"].rows, found["near_leakage"].rows) == (2, 0)


def test_eval_texts_almost_alike_have_nothing_to_do_with_train() -> None:
    [review, other] = reviews(2)
    best = near_records([other], held_out=[review, f"{review}."])
    assert near.near_overlaps(best) == dict.fromkeys(
        ("near_duplicates", "near_leakage"), Found(texts=0, rows=0, pairs=())
    )


def test_eval_adds_nothing_to_what_train_almost_repeats() -> None:
    texts = reviews(100)
    texts += [f"{text}~" for text in texts[::3]]
    both = near_records(texts, held_out=[f"{text}?" for text in texts])
    assert near.near_overlaps(both)["near_duplicates"] == near_rows(texts)


def test_the_number_of_partitions_changes_nothing() -> None:
    texts = reviews(100)
    texts += [f"{text}~" for text in texts[::3]]
    assert near_rows(texts) == near_rows(texts, partitions=7)


def test_every_text_stands_in_an_example_beside_the_one_most_like_it() -> None:
    base = made_up(0, 100)
    found = near_rows([base, *(f"{base[:-1]}{ending}" for ending in "!?~")])
    assert found == Found(texts=4, rows=4, pairs=((1, 2), (1, 3), (1, 4)))


def test_a_pair_that_two_partitions_found_is_one_example() -> None:
    [review] = reviews(1)
    best = near.most_alike(near_records(["전혀 다른 이야기입니다만", review, f"{review}."]))
    parts = [near.near_overlaps(part)["near_duplicates"] for part in (best[:1], best[1:])]
    assert overlaps.merged(parts) == Found(texts=2, rows=2, pairs=((2, 3),))


@pytest.mark.parametrize("batch_pairs", [near._BATCH_PAIRS, 3])
def test_every_text_of_a_usual_band_is_compared_with_every_other(
    batch_pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "_BATCH_PAIRS", batch_pairs)
    sketches = np.random.default_rng(1).integers(1, 255, (near.WINDOW + 1, ORDERS), np.uint8)
    first, last = 60, 20
    sketches[last, :-8] = sketches[first, :-8]
    sketches[first, -8:], sketches[last, -8:] = 0, 255  # stand farthest apart in their band
    best = near.near_texts(one_band(sketches), np.arange(len(sketches)))
    assert best["matches"].tolist() == [ORDERS - 8, ORDERS - 8]


def test_texts_that_look_alike_are_compared_in_a_band_of_any_size() -> None:
    sketches = np.random.default_rng(1).integers(0, 255, (3_000, ORDERS), np.uint8)
    sketches[1_500:] = sketches[:1_500]
    sketches[1_500:, 0] += 1
    records = one_band(sketches)
    best = near.near_texts(records, records["line"])
    assert sorted(best[["row", "other"]].tolist()) == [
        (row, (row + 1_500) % 3_000) for row in range(3_000)
    ]


@pytest.mark.parametrize(("matches", "found"), [(64, 2), (63, 0)])
def test_texts_are_alike_from_64_of_80_places_on(matches: int, found: int) -> None:
    sketches = np.zeros((2, ORDERS), np.uint8)
    sketches[1, matches:] = 1
    assert len(near.near_texts(one_band(sketches), np.arange(2))) == found


def test_of_texts_equally_alike_the_first_is_told_in_whatever_order_bands_tell_them() -> None:
    tied = np.array([(7, 3, other, 1, 70, False) for other in (9, 4, 5)], near.NEAR_RECORD)
    for order in permutations(range(3)):
        assert near.most_alike(tied[list(order)])["other"].tolist() == [4]
    better = np.array([(7, 3, 9, 1, 71, False)], near.NEAR_RECORD)
    assert near.most_alike(np.concatenate([tied, better]))["other"].tolist() == [9]
