"""A small grammar for sentences: choices, slots, numbers, and endings by speech level.

`[주문|결제]한 {item}이(가) {3~9}일째 안 오{네}` reads: one of two words, a slot, a number from
3 to 9, and an ending that the speech level decides. `{####}` stands for four digits. `hangul.join`
then settles the particles.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from random import Random
from typing import Final, Literal, get_args

from pipeline.demo import hangul

Level = Literal["formal", "polite", "plain", "noun"]
"""합쇼체, 해요체, 해체, and clipped sentences that end in a noun (확인 요망, 안 왔음)."""

LEVELS: Final[tuple[Level, ...]] = get_args(Level)

_TOKENS = re.compile(r"\{[^{}]*\}|[\[\]|]|[^\[\]{}|]+")
_NUMBER = re.compile(r"(\d+)~(\d+)")
_DIGITS = re.compile(r"#+")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences, each as likely as the next."""

    options: tuple["Sequence", ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A name that the grammar knows as a slot or as an ending."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number between two bounds, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Digits:
    """So many random digits, leading zeros kept."""

    count: int


Node = str | Choice | Slot | Number | Digits
Sequence = tuple[Node, ...]


def parse(template: str) -> Sequence:
    """Read one template.

    Raises:
        ValueError: a bracket stands open or closes nothing, or a brace has no partner.
    """
    tokens = _TOKENS.findall(template)
    if "".join(tokens) != template:
        raise ValueError(f"template {template!r}: expected every brace to have a partner")
    rest = iter(tokens)
    options = tuple(_options(rest, template, inside=False))
    return options[0] if len(options) == 1 else (Choice(options),)


def _options(tokens: Iterator[str], template: str, *, inside: bool) -> Iterator[Sequence]:
    nodes: list[Node] = []
    for token in tokens:
        if token == "[":
            nodes.append(Choice(tuple(_options(tokens, template, inside=True))))
        elif token == "|":
            yield tuple(nodes)
            nodes = []
        elif token == "]":
            if not inside:
                raise ValueError(f"template {template!r}: expected '[' before this ']'")
            yield tuple(nodes)
            return
        else:
            nodes.append(_leaf(token))
    if inside:
        raise ValueError(f"template {template!r}: expected ']' before the end")
    yield tuple(nodes)


def _leaf(token: str) -> Node:
    if not token.startswith("{"):
        return token
    name = token[1:-1]
    if number := _NUMBER.fullmatch(name):
        return Number(int(number[1]), int(number[2]))
    return Digits(len(name)) if _DIGITS.fullmatch(name) else Slot(name)


@dataclass(frozen=True, slots=True)
class Grammar:
    """Slots and endings, and the sentences they make.

    Attributes:
        slots: name to its options.
        endings: name to its options at each speech level.
    """

    slots: Mapping[str, tuple[Sequence, ...]]
    endings: Mapping[str, Mapping[Level, tuple[Sequence, ...]]]

    def expand(self, sequence: Sequence, level: Level, rng: Random) -> str:
        """Draw one sentence at a speech level, without the blanks that empty choices leave."""
        return " ".join(hangul.join(self._draw(sequence, level, rng)).split())

    def bind(self, **slots: tuple[Sequence, ...]) -> "Grammar":
        """The same grammar with more slots."""
        return Grammar({**self.slots, **slots}, self.endings)

    def size(self, sequence: Sequence, level: Level) -> int:
        """Count the ways to expand a template at one speech level; its numbers count once."""
        return prod(self._node_size(node, level) for node in sequence)

    def unknown_slots(self, sequence: Sequence) -> set[str]:
        """Names in a template that are neither a slot nor an ending."""
        return {name for name in _names(sequence) if name not in self.slots | self.endings.keys()}

    def _options(self, name: str, level: Level) -> tuple[Sequence, ...]:
        options = self.slots.get(name)
        return self.endings[name][level] if options is None else options

    def _draw(self, sequence: Sequence, level: Level, rng: Random) -> str:
        return "".join(
            node if isinstance(node, str) else self._draw_node(node, level, rng)
            for node in sequence
        )

    def _draw_node(self, node: Node, level: Level, rng: Random) -> str:
        match node:
            case Choice(options):
                return self._draw(rng.choice(options), level, rng)
            case Slot(name):
                return self._draw(rng.choice(self._options(name, level)), level, rng)
            case Number(low, high):
                return str(rng.randint(low, high))
            case Digits(count):
                return "".join(rng.choices("0123456789", k=count))
            case str():
                return node

    def _node_size(self, node: Node, level: Level) -> int:
        match node:
            case Choice(options):
                return sum(self.size(option, level) for option in options)
            case Slot(name):
                return sum(self.size(option, level) for option in self._options(name, level))
            case Number() | Digits() | str():
                return 1


def _names(sequence: Iterable[Node]) -> Iterator[str]:
    for node in sequence:
        if isinstance(node, Slot):
            yield node.name
        elif isinstance(node, Choice):
            for option in node.options:
                yield from _names(option)
