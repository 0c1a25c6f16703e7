"""The phrases behind the demo corpus, read from the YAML files beside this module and checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml

from pipeline.demo.grammar import LEVELS, Grammar, Level, Sequence, parse

SHARED_FILE: Final = "phrases.yaml"
CATEGORY_FILES: Final = (
    "enquiries_delivery.yaml",
    "enquiries_returns.yaml",
    "enquiries_faults.yaml",
    "enquiries_payment.yaml",
    "enquiries_account.yaml",
    "enquiries_product.yaml",
)

BOUND_LATER: Final = frozenset({"aside", "request"})
"""Slots that another category fills when a message is composed."""

# The C loader reads the files in a tenth of the time; PyYAML lacks it where libyaml was missing.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Templates = tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One of the 31 shelves.

    Attributes:
        label: what the classifier answers with.
        rank: 1 is the most frequent category.
        neighbours: labels that people confuse with this one.
        asides: noun phrases that mention it in passing.
        contexts: sentences that set the scene and may fit a neighbour as well.
        cores: sentences that decide the label.
    """

    label: str
    rank: int
    neighbours: tuple[str, ...]
    asides: Templates
    contexts: Templates
    cores: Templates


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The categories by label, the most frequent first, and what all enquiries share."""

    grammar: Grammar
    categories: Mapping[str, Category]
    leads: Mapping[Level, Templates]
    closings: Mapping[Level, Templates]
    stories: Templates
    topics_before: Templates
    topics_after: Templates


@lru_cache(maxsize=1)
def load() -> Phrasebook:
    """Read and check the phrases that the package ships.

    Raises:
        ValueError: templates name unknown slots, or neighbours unknown categories; all are listed.
    """
    shared = _read(SHARED_FILE)
    entries = [entry for file in CATEGORY_FILES for entry in _read(file).items()]
    categories = sorted((_category(*entry) for entry in entries), key=lambda one: one.rank)
    book = Phrasebook(
        grammar=Grammar(
            slots={name: _lines(text) for name, text in shared["slots"].items()},
            endings={name: _by_level(options) for name, options in shared["endings"].items()},
        ),
        categories={category.label: category for category in categories},
        leads=_by_level(shared["leads"]),
        closings=_by_level(shared["closings"]),
        stories=_lines(shared["stories"]),
        topics_before=_lines(shared["two_topics"]["before"]),
        topics_after=_lines(shared["two_topics"]["after"]),
    )
    if found := faults(book):
        raise ValueError("pipeline/demo/*.yaml:\n  " + "\n  ".join(found))
    return book


def _read(file: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=_Loader))


def _lines(text: str) -> Templates:
    return tuple(parse(line) for line in text.splitlines())


def _by_level(options: Mapping[str, list[str]]) -> dict[Level, Templates]:
    return {level: tuple(map(parse, options[level])) for level in LEVELS}


def _category(label: str, entry: Mapping[str, Any]) -> Category:
    return Category(
        label=label,
        rank=entry["rank"],
        neighbours=tuple(entry["neighbours"]),
        asides=_lines(entry["asides"]),
        contexts=_lines(entry["contexts"]),
        cores=_lines(entry["cores"]),
    )


def faults(book: Phrasebook) -> list[str]:
    """List what does not hold together: neighbours without a category, slots without options."""
    found = [
        f"{category.label}: neighbour {label!r} is no category"
        for category in book.categories.values()
        for label in category.neighbours
        if label not in book.categories
    ]
    for place, templates in _places(book):
        unknown = set().union(*map(book.grammar.unknown_slots, templates)) - BOUND_LATER
        found += [
            f"{place}: {{{name}}} is neither a slot nor an ending" for name in sorted(unknown)
        ]
    return found


def _places(book: Phrasebook) -> Iterable[tuple[str, Templates]]:
    for label, category in book.categories.items():
        yield label, category.asides + category.contexts + category.cores
    for name, options in book.grammar.slots.items():
        yield f"slot {name}", options
    for level in LEVELS:
        yield f"leads and closings, {level}", book.leads[level] + book.closings[level]
    yield "stories", book.stories
    yield "two topics", book.topics_before + book.topics_after
