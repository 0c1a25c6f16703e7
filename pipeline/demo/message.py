"""One enquiry: the request that decides its label, and what people write around it."""

from dataclasses import dataclass
from random import Random
from typing import Final

from pipeline.demo.grammar import LEVELS, Grammar, Level
from pipeline.demo.phrasebook import Category, Phrasebook, Templates

LEVEL_WEIGHTS: Final = (20, 50, 12, 18)
"""Shares of the speech levels in the order of `LEVELS`, per cent; most people write 해요체."""

LEVEL_SLIP_SHARE: Final = 0.12
"""Sentences that leave the message's speech level, as people do within one message."""

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
    """Write one clean enquiry of a category; its core sentence is always in it."""
    voice = draw_voice(rng)
    sentences = _Composer(book, category, voice, rng).sentences()
    return "".join(_stopped(sentence, voice.stop) for sentence in sentences[:-1]) + sentences[-1]


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
        drawn = [
            self._say(self.book.leads[self.voice.level]) if happens(LEAD_SHARE) else "",
            self._say(self.book.stories) if long_winded or happens(STORY_SHARE) else "",
            self._say(self._neighbour().contexts) if long_winded else "",
            self._context() if long_winded or happens(CONTEXT_SHARE) else "",
            self._other_topic(self.book.topics_before) if two_topics and other_first else "",
            self._say(self.category.cores),
            self._other_topic(self.book.topics_after) if two_topics and not other_first else "",
            self._say(self.book.stories) if long_winded else "",
            self._say(self.book.closings[self.voice.level]) if happens(CLOSING_SHARE) else "",
        ]
        return [sentence for sentence in drawn if sentence]

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share

    def _say(self, templates: Templates, grammar: Grammar | None = None) -> str:
        level = self.rng.choice(LEVELS) if self._happens(LEVEL_SLIP_SHARE) else self.voice.level
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
