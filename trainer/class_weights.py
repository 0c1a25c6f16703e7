"""Weights that let rare labels count as much as frequent ones."""

from collections.abc import Mapping, Sequence
from typing import Literal


def class_weights(
    counts: Mapping[str, int], labels: Sequence[str], kind: Literal["off", "balanced"]
) -> dict[int, float] | None:
    """Weigh each class by rows / (classes * rows of the class); King and Zeng 2001.

    Args:
        counts: rows of each label in the train split.
        labels: label names, in the order of their ids.
        kind: `off` weighs all rows alike.

    Returns:
        The weight of each label id, or None for `off`.
    """
    if kind == "off":
        return None
    rows = sum(counts[label] for label in labels)
    return {i: rows / (len(labels) * counts[label]) for i, label in enumerate(labels)}
