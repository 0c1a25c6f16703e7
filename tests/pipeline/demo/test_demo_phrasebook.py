from dataclasses import replace

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
