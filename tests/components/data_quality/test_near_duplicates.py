"""Planted near-duplicates among texts that only look like reviews."""

import random

import numpy as np
import pytest

from components.data_quality import near
from components.data_quality.chunk import Chunk
from components.data_quality.fingerprints import band_records, partitioned, text_records
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


def near_records(texts: list[str], partitions: int = 1) -> Records:
    chunk = Chunk([t.encode() for t in texts], [b""] * len(texts), ["a.csv"] * len(texts))
    chunk.lines.extend(range(1, len(texts) + 1))
    found = [np.empty(0, near.NEAR_RECORD)]
    for band in band_records(text_records(chunk, texts, is_eval=False), texts):
        for _, part in partitioned(band, band["band"], partitions):
            found.append(near.near_texts(part, places(part, {"a.csv"})))
    return np.concatenate(found)


def near_rows(texts: list[str], partitions: int = 1) -> Found:
    return near.near_duplicates(near_records(texts, partitions))


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


def test_the_number_of_partitions_changes_nothing() -> None:
    texts = reviews(100)
    texts += [f"{text}~" for text in texts[::3]]
    assert near_rows(texts) == near_rows(texts, partitions=7)
