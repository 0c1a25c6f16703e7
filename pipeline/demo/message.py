"""One enquiry: the request that decides its label, and what people write around it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from pipeline.demo.grammar import LEVELS, Grammar, Level, Slot, parse
from pipeline.demo.phrasebook import Category, Phrasebook, Templates

LEVEL_WEIGHTS: Final = (20, 50, 12, 18)
"""Shares of the speech levels in the order of `LEVELS`, per cent; most people write 해요체."""

LEVEL_SLIP_SHARE: Final = 0.12
"""Sentences that leave the message's speech level, as people do within one message."""

NEARBY_LEVELS: Final[Mapping[Level, tuple[Level, ...]]] = {
    "formal": ("formal", "polite", "noun"),
    "polite": ("polite", "formal", "noun"),
    "plain": ("plain", "polite"),
    "noun": ("noun", "formal", "polite", "plain"),
}
"""Where such a sentence goes: who begins in 합쇼체 or 해요체 does not fall into 해체."""

LEAD_SHARE: Final = 0.34
STORY_SHARE: Final = 0.20
LONG_WINDED_SHARE: Final = 0.06
"""Messages that tell two stories and two scenes around the request."""
TWO_TOPICS_SHARE: Final = 0.45
NEIGHBOUR_TOPIC_SHARE: Final = 0.75
"""Second topics taken from a neighbouring category; the others come from anywhere."""
OTHER_FIRST_SHARE: Final = 0.6
"""Of messages with two topics, those that mention the other one before the request."""
CONTEXT_SHARE: Final = 0.55
NEIGHBOUR_CONTEXT_SHARE: Final = 0.4
"""Scenes taken from a neighbouring category: the same parcel, another wish."""
CLOSING_SHARE: Final = 0.30

STOPS: Final = (". ", " ", ", ", ".. ", "~ ", "! ", "... ")
STOP_WEIGHTS: Final = (30, 38, 8, 10, 6, 4, 4)
CLOSED_BY: Final = frozenset("?!.~,")
"""A sentence that ends so needs no stop."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How one customer writes: a speech level and a way to end sentences."""

    level: Level
    stop: str


def draw_voice(rng: Random) -> Voice:
    """Draw a customer."""
    (level,) = rng.choices(LEVELS, LEVEL_WEIGHTS)
    (stop,) = rng.choices(STOPS, STOP_WEIGHTS)
    return Voice(level, stop)


def compose(book: Phrasebook, category: Category, rng: Random) -> str:
    """Write one clean enquiry of a category.

    Its core sentence is always in it; an order number stands in it at most once.
    """
    voice = draw_voice(rng)
    order = book.grammar.expand((Slot("order"),), voice.level, rng)
    one_order = replace(book, grammar=book.grammar.bind(order=(parse(order),)))
    drawn = _Composer(one_order, category, voice, rng).sentences()
    *before, last = _once(order, drawn)
    return "".join(_stopped(sentence, voice.stop) for sentence in before) + last


def _once(part: str, sentences: list[str]) -> list[str]:
    """Keep the first of the sentences with that part, and all without it."""
    holders = [number for number, sentence in enumerate(sentences) if part in sentence]
    return [sentence for number, sentence in enumerate(sentences) if number not in holders[1:]]


def _stopped(sentence: str, stop: str) -> str:
    return sentence + (" " if sentence[-1] in CLOSED_BY else stop)


@dataclass(frozen=True, slots=True)
class _Composer:
    book: Phrasebook
    category: Category
    voice: Voice
    rng: Random

    def sentences(self) -> list[str]:
        """Draw the request and what stands before and behind it."""
        happens = self._happens
        long_winded = happens(LONG_WINDED_SHARE)
        two_topics = happens(TWO_TOPICS_SHARE)
        other_first = happens(OTHER_FIRST_SHARE)
        story, second_story = self.rng.sample(self.book.stories, 2)
        drawn = [
            self._say(self.book.leads[self.voice.level]) if happens(LEAD_SHARE) else "",
            self._say((story,)) if long_winded or happens(STORY_SHARE) else "",
            self._say(self._neighbour().contexts) if long_winded else "",
            self._context() if long_winded or happens(CONTEXT_SHARE) else "",
            self._other_topic(self.book.topics_before) if two_topics and other_first else "",
            self._say(self.category.cores),
            self._other_topic(self.book.topics_after) if two_topics and not other_first else "",
            self._say((second_story,)) if long_winded else "",
            self._say(self.book.closings[self.voice.level]) if happens(CLOSING_SHARE) else "",
        ]
        return [sentence for sentence in drawn if sentence]

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share

    def _say(self, templates: Templates, grammar: Grammar | None = None) -> str:
        own = self.voice.level
        level = self.rng.choice(NEARBY_LEVELS[own]) if self._happens(LEVEL_SLIP_SHARE) else own
        template = self.rng.choice(templates)
        return (grammar or self.book.grammar).expand(template, level, self.rng)

    def _context(self) -> str:
        source = self._neighbour() if self._happens(NEIGHBOUR_CONTEXT_SHARE) else self.category
        return self._say(source.contexts)

    def _other_topic(self, templates: Templates) -> str:
        near = self._happens(NEIGHBOUR_TOPIC_SHARE)
        other = self._neighbour() if near else self._stranger()
        return self._say(templates, self.book.grammar.bind(aside=other.asides, request=other.cores))

    def _neighbour(self) -> Category:
        return self.book.categories[self.rng.choice(self.category.neighbours)]

    def _stranger(self) -> Category:
        others = [other for other in self.book.categories.values() if other is not self.category]
        return self.rng.choice(others)
