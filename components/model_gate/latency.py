"""Two models' single requests, taken in turn, so that what else the machine does hits both."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from components.model_gate.evidence import Latency

REQUESTS: Final = 300
"""Texts asked: the ends of the median's 95 % interval are then the 133rd time from either side."""

WARM_UP_REQUESTS: Final = 20
"""Asked before any is timed: the first ones trace, allocate and fill caches."""

_SEED: Final = 300

Ask = Callable[[str], None]


def measure(candidate: Ask, production: Ask, texts: Sequence[str]) -> Latency:
    """Time both models on the same texts, drawn from the eval split.

    Args:
        candidate: answers one text and waits for the answer.
        production: the same.
        texts: one at least; drawn with replacement where they are fewer than the requests.
    """
    random = np.random.default_rng(_SEED)
    chosen = random.choice(len(texts), REQUESTS, replace=len(texts) < REQUESTS)
    for number in chosen[:WARM_UP_REQUESTS]:
        candidate(texts[number])
        production(texts[number])
    pairs = [_pair(candidate, production, texts[n], turn) for turn, n in enumerate(chosen)]
    ours, theirs = np.array(pairs).T
    return Latency(candidate=ours, production=theirs)


def _pair(candidate: Ask, production: Ask, text: str, turn: int) -> tuple[float, float]:
    """Time one text on both; who is first changes every turn."""
    if turn % 2:
        theirs = _seconds(production, text)
        return _seconds(candidate, text), theirs
    ours = _seconds(candidate, text)
    return ours, _seconds(production, text)


def _seconds(ask: Ask, text: str) -> float:
    started = time.perf_counter()
    ask(text)
    return time.perf_counter() - started
