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


def test_texts_that_share_half_of_their_shingles_are_none() -> None:
    originals = reviews(200)
    halves = [
        text[: len(text) // 2] + other[len(other) // 2 :]
        for text, other in zip(originals, reviews(200, seed=1), strict=True)
    ]
    assert near_rows(originals + halves).texts == 0


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
