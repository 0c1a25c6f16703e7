"""Which subwords the vectors hold to be alike."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.vocabulary import PADDING, UNKNOWN


@dataclass(frozen=True)
class Neighbour:
    """A subword and the cosine of the angle between its vector and another's."""

    subword: str
    cosine: float


def nearest(
    table: npt.NDArray[np.float32],
    subwords: Sequence[str],
    words: Sequence[str],
    *,
    count: int = 10,
) -> Mapping[str, list[Neighbour]]:
    """Find the neighbours of some words.

    Args:
        table: `[subwords, dim]`, a vector each.
        subwords: the vocabulary, in the order of the ids.
        words: those whose neighbours are wanted; one that is no subword is left out.
        count: neighbours of each.

    Returns:
        The nearest subwords of each word, the nearest first, without the word itself, the special
        subwords and those with a zero vector.
    """
    norms = np.linalg.norm(table, axis=1, keepdims=True)
    directions = table / np.where(norms > 0, norms, 1.0)
    ids = {subword: i for i, subword in enumerate(subwords)}
    hidden = norms[:, 0] == 0
    hidden[[ids[special] for special in (PADDING, UNKNOWN) if special in ids]] = True
    found = {}
    for word in words:
        if word in ids and not hidden[ids[word]]:
            cosines = directions @ directions[ids[word]]
            cosines[hidden] = -np.inf
            cosines[ids[word]] = -np.inf
            order = np.argsort(-cosines, kind="stable")[:count]
            best = order[np.isfinite(cosines[order])]
            found[word] = [Neighbour(subwords[i], float(cosines[i])) for i in best]
    return found


def frequent_words(subwords: Sequence[str], *, count: int = 10) -> list[str]:
    """Choose words to show: the vocabulary's first that start a word, of two characters or more.

    Byte-pair encoding merges the most frequent pair first, so that early subwords are frequent.
    """
    return [subword for subword in subwords if len(subword) > 1 and _is_spoken(subword)][:count]


def _is_spoken(subword: str) -> bool:
    """Tell whether there are letters alone, with their marks, without which हिंदी is no word.

    So neither a special subword nor one that goes on a word, with its `##`, is spoken.
    """
    return all(unicodedata.category(character)[0] in "LM" for character in subword)
