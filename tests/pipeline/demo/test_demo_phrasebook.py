import re
from dataclasses import replace
from random import Random

import pytest

from pipeline.demo import phrasebook
from pipeline.demo.grammar import parse


@pytest.fixture
def book() -> phrasebook.Phrasebook:
    return phrasebook.load()


def test_the_shipped_phrases_hold_together(book: phrasebook.Phrasebook) -> None:
    assert phrasebook.faults(book) == []


def test_there_are_31_categories_each_with_its_own_rank(book: phrasebook.Phrasebook) -> None:
    ranks = [category.rank for category in book.categories.values()]
    assert ranks == list(range(1, 32))


def test_every_category_has_neighbours_other_than_itself(book: phrasebook.Phrasebook) -> None:
    for label, category in book.categories.items():
        assert len(category.neighbours) >= 2
        assert label not in category.neighbours


def test_no_template_stands_twice_or_in_two_categories(book: phrasebook.Phrasebook) -> None:
    cores = [core for category in book.categories.values() for core in category.cores]
    assert len(set(cores)) == len(cores)


def test_a_request_that_asks_why_ends_as_a_question(book: phrasebook.Phrasebook) -> None:
    rng = Random(2)
    cores = [core for category in book.categories.values() for core in category.cores]
    drawn = [book.grammar.expand(core, "formal", rng) for core in cores * 30]
    asked = [text.split(" 왜 ")[1] for text in drawn if " 왜 " in text]
    assert len(asked) > 100
    assert not [rest for rest in asked if "까" not in rest and "지 " not in rest]


def test_plain_speech_says_neither_the_humble_i_nor_honours_the_shop(
    book: phrasebook.Phrasebook,
) -> None:
    rng = Random(3)
    cores = [core for category in book.categories.values() for core in category.cores]
    drawn = [book.grammar.expand(core, "plain", rng) for core in cores * 10]
    wrong = re.compile(
        r"(?<![가-힣])(저|제가|저는|저도|저한테|제 것|제 건)(?![가-힣])|보내시|보내주시|보내 주셨"
    )
    assert not [text for text in drawn if wrong.search(text)]


def test_every_fault_is_listed_with_its_place(book: phrasebook.Phrasebook) -> None:
    label = "환불 요청"
    broken = replace(
        book.categories[label], neighbours=("환불",), cores=(parse("{colour} [말고|{까}] {size}"),)
    )
    faulty = replace(
        book, categories={**book.categories, label: broken}, stories=(parse("{wether}"),)
    )
    assert phrasebook.faults(faulty) == [
        "환불 요청: neighbour '환불' is no category",
        "환불 요청: {colour} is neither a slot nor an ending",
        "stories: {wether} is neither a slot nor an ending",
    ]
