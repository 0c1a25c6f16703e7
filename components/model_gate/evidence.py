"""What the model gate judges, as plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from components.model_gate.slices import Slice

Labels: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Export:
    """What a model costs and says.

    Attributes:
        predicted: the id of its best label for each row, `[rows]`.
        size_bytes: of all files of the SavedModel.
        name: for people, such as `model 7`.
    """

    predicted: Labels
    size_bytes: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Seconds of single requests, taken in turn: `[requests]` each, the same texts in each."""

    candidate: Floats
    production: Floats


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The eval split and what is known of the models' answers to it.

    Attributes:
        actual: label id of each row, `[rows]`.
        candidate: the model to judge.
        probabilities: what the candidate gives its best label, `[rows]`.
        production: the model that serves, or last served; None: no other one is known to have.
        latency: the two models' single requests; None without production.
        baselines: the simple models' answers by name, `[rows]` each.
        slices: parts of the rows.
    """

    actual: Labels
    candidate: Export
    probabilities: Floats
    production: Export | None
    latency: Latency | None
    baselines: Mapping[str, Labels]
    slices: Sequence[Slice]


def numbered(*answers: Sequence[str]) -> list[Labels]:
    """Give every label name an id, the same in all lists, whichever model knows it."""
    ids = {name: number for number, name in enumerate(sorted(set().union(*answers)))}
    return [np.array([ids[name] for name in answer], np.int64) for answer in answers]
