"""Texts with the answers of training: the hostile ones, and some of the eval split."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from components.canary.record import refusal
from components.data_gate.verdict import Finding
from trainer.golden import Golden
from trainer.hostile import HOSTILE

Keys = Callable[[Sequence[bytes]], Sequence[str]]
"""Gives the keys under which training's answers to texts stand, by Transform's graph."""


class Row(NamedTuple):
    """A row of the eval split; its place, `<file>:<line>`, names it without showing its text."""

    place: str
    text: bytes


@dataclass(frozen=True)
class Case:
    """A text, what to call it, and the probability that training gives to each label."""

    name: str
    text: bytes
    expected: Mapping[str, float]


def hostile_cases(golden: Golden, keys: Keys) -> list[Case]:
    """The fixed list of texts that have broken text models; those of no known answer are left out.

    Args:
        golden: training's answers.
        keys: of texts.
    """
    rows = [Row(f"hostile text {name!r}", text) for name, text in HOSTILE.items()]
    return [case for _, case in _known(rows, golden, keys)]


def eval_cases(
    chunks: Iterable[Sequence[Row]], golden: Golden, keys: Keys, *, rows: int
) -> list[Case]:
    """The first texts of the eval split that training has answered, of equal ones the first.

    Args:
        chunks: the eval split, some rows at a time; no more are read than are needed.
        golden: training's answers.
        keys: of texts.
        rows: how many to draw, at most.
    """
    drawn: dict[str, Case] = {}
    for chunk in chunks:
        for key, case in _known(chunk, golden, keys):
            drawn.setdefault(key, case)
            if len(drawn) == rows:
                return list(drawn.values())
    return list(drawn.values())


def missing(
    golden: Golden, *, hostile: Sequence[Case], drawn: Sequence[Case], rows: int
) -> tuple[Finding, ...]:
    """Refuse to judge by less than training has answered: then it saw other features.

    Args:
        golden: training's answers.
        hostile: of `hostile_cases`.
        drawn: of `eval_cases`.
        rows: how many `eval_cases` was to draw.
    """
    findings = []
    if len(hostile) < len(HOSTILE):
        findings.append(_unknown("hostile texts", len(hostile), len(HOSTILE)))
    # What is no hostile text's answer comes from the eval split, and must be found there.
    expected = max(1, min(rows, len(golden.answers) - len(HOSTILE)))
    if len(drawn) < expected:
        findings.append(_unknown("texts of the eval split", len(drawn), expected))
    return tuple(findings)


def _known(rows: Sequence[Row], golden: Golden, keys: Keys) -> list[tuple[str, Case]]:
    found = keys([row.text for row in rows])
    return [
        (key, Case(row.place, row.text, dict(zip(golden.labels, golden.answers[key], strict=True))))
        for row, key in zip(rows, found, strict=True)
        if key in golden.answers
    ]


def _unknown(subject: str, found: int, expected: int) -> Finding:
    return refusal(
        "golden",
        subject=subject,
        figure=f"training has answered {found} of {expected}",
        limit="all of them",
        advice="run the pipeline again from Transform: its graph, the eval split and the model do "
        "not belong together",
    )
