import re
from dataclasses import replace
from random import Random

import pytest

from pipeline.demo import message, phrasebook
from pipeline.demo.grammar import LEVELS, parse

REQUEST = "본론만 씁니다"


@pytest.fixture(scope="module")
def messages() -> list[str]:
    book = phrasebook.load()
    category = replace(book.categories["환불 요청"], cores=(parse(REQUEST),))
    rng = Random(4)
    return [message.compose(book, category, rng) for _ in range(1_000)]


def test_the_request_is_in_every_message_once(messages: list[str]) -> None:
    assert {text.count(REQUEST) for text in messages} == {1}


def test_a_message_may_be_the_bare_request_or_have_much_around_it(messages: list[str]) -> None:
    bare = sum(text == REQUEST for text in messages)
    assert 20 < bare < 250
    assert max(map(len, messages)) > 120


def test_other_categories_are_mentioned_before_and_behind_the_request(messages: list[str]) -> None:
    aside = "쿠폰"
    assert any(aside in text.split(REQUEST)[0] for text in messages)
    assert any(aside in text.split(REQUEST)[1] for text in messages)


def test_no_sentence_is_stopped_twice(messages: list[str]) -> None:
    doubled = ("?.", "!.", "?!", "?,", "~~", ",.", ", ,")
    assert not [text for text in messages if any(stop in text for stop in doubled)]


def test_an_order_number_stands_in_a_message_once_at_most(
    messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for share in ("LEAD_SHARE", "CONTEXT_SHARE", "CLOSING_SHARE"):
        monkeypatch.setattr(message, share, 1)
    book = phrasebook.load()
    ordered = replace(
        book,
        leads=dict.fromkeys(LEVELS, (parse("{order}"),)),
        closings=dict.fromkeys(LEVELS, (parse("{order}{이다}"),)),
    )
    numbers = re.compile(r"주문번호|order no\.")
    category = book.categories["환불 요청"]
    drawn = [message.compose(ordered, category, Random(seed)) for seed in range(200)]
    assert {len(numbers.findall(text)) for text in drawn} == {1}
    assert {len(numbers.findall(text)) for text in messages} == {0, 1}


def test_who_writes_politely_never_falls_into_plain_speech() -> None:
    for level in ("formal", "polite"):
        assert "plain" not in message.NEARBY_LEVELS[level]
    assert all(level in nearby for level, nearby in message.NEARBY_LEVELS.items())


def test_all_speech_levels_are_drawn_and_polite_most_often() -> None:
    rng = Random(6)
    levels = [message.draw_voice(rng).level for _ in range(1_000)]
    assert set(levels) == set(LEVELS)
    assert max(set(levels), key=levels.count) == "polite"


def test_the_shares_of_speech_levels_are_per_cent() -> None:
    assert len(message.LEVEL_WEIGHTS) == len(LEVELS)
    assert sum(message.LEVEL_WEIGHTS) == 100
