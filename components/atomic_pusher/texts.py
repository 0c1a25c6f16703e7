"""Real texts of the eval split, for a version's warm-up requests."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from tfx.types import Artifact

from components.examples import labelled_rows
from components.text_example_gen.source import Columns

EVAL_SPLIT: Final = "eval"

ROWS_LOOKED_AT: Final = 10_000
"""Rows lie in the order of a hash, so that the first are a sample; 100 MB if each has 10 kB."""


def eval_texts(examples: Artifact, columns: Columns, count: int) -> list[str]:
    """Choose texts of different lengths from the labelled rows of the eval split.

    Args:
        examples: with the split.
        columns: which column plays which part.
        count: texts to choose; 0 reads nothing.
    """
    if not count:
        return []
    rows = islice(labelled_rows(examples, EVAL_SPLIT, columns), ROWS_LOOKED_AT)
    return spread((row.text for row in rows), count)


def spread(texts: Iterable[str], count: int) -> list[str]:
    """Choose texts evenly from the shortest to the longest, each text once.

    Args:
        texts: any number of them.
        count: how many to choose; fewer where there are fewer.
    """
    ordered: Sequence[str] = sorted(set(texts), key=lambda text: (len(text), text))
    if len(ordered) <= count:
        return list(ordered)
    if count == 1:
        return [ordered[len(ordered) // 2]]
    last = len(ordered) - 1
    return [ordered[round(place * last / (count - 1))] for place in range(count)]
