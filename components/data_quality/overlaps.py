"""Duplicates, leakage and conflicting labels among the records of one partition.

A partition holds every record of its texts, so what is found in each adds up to what is true of
all. Sorting, never a loop over rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from components.data_quality.records import (
    Hashes,
    Places,
    Records,
    group_sizes,
    group_starts,
)
from components.data_quality.report import MOST_EXAMPLES

Name = Literal[
    "duplicates",
    "leakage_verbatim",
    "leakage",
    "conflicts_verbatim",
    "conflicts",
    "near_duplicates",
    "near_leakage",
]
"""The overlaps of a `Quality`."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """An `Overlap` whose rows are told by their places, the first of them in order."""

    texts: int
    rows: int
    pairs: tuple[tuple[int, int], ...]


def found(*, texts: int, rows: int, pairs: tuple[Places, Places]) -> Found:
    """Return what was found, with the first of all pairs."""
    row, other = pairs
    first = np.lexsort((other, row))[:MOST_EXAMPLES]
    told = zip(row[first].tolist(), other[first].tolist(), strict=True)
    return Found(texts=int(texts), rows=int(rows), pairs=tuple(told))


def merged(parts: Iterable[Found]) -> Found:
    """Return what all partitions found together; a pair that two of them found is one."""
    every = list(parts)
    pairs = sorted({pair for part in every for pair in part.pairs})
    return Found(
        texts=sum(part.texts for part in every),
        rows=sum(part.rows for part in every),
        pairs=tuple(pairs[:MOST_EXAMPLES]),
    )


def overlaps(records: Records, places: Places) -> dict[Name, Found]:
    """Compare the records of one partition.

    Args:
        records: of `TEXT_RECORD`, every one of the partition's texts.
        places: where each stands.
    """
    is_train = ~records["is_eval"]
    train, train_places = records[is_train], places[is_train]
    held_out, held_out_places = records[~is_train], places[~is_train]
    return {
        "duplicates": duplicates(train["text"], train_places),
        "leakage_verbatim": leakage(train["raw"], train_places, held_out["raw"], held_out_places),
        "leakage": leakage(train["text"], train_places, held_out["text"], held_out_places),
        "conflicts_verbatim": conflicts(train["raw"], train["label"], train_places),
        "conflicts": conflicts(train["text"], train["label"], train_places),
    }


def duplicates(texts: Hashes, places: Places) -> Found:
    """Find texts that stand more than once; `rows` are those after the first."""
    order = np.lexsort((places, texts))
    starts = group_starts(texts[order])
    sizes = group_sizes(starts, len(order))
    repeated = starts[sizes > 1]
    return found(
        texts=len(repeated),
        rows=len(order) - len(starts),
        pairs=(places[order[repeated]], places[order[repeated + 1]]),
    )


def leakage(
    train: Hashes, train_places: Places, held_out: Hashes, held_out_places: Places
) -> Found:
    """Find held-out rows whose text stands in train, each with the first such row."""
    order = np.lexsort((train_places, train))
    starts = order[group_starts(train[order])]
    known = train[starts]
    leaked = np.isin(held_out, known)
    return found(
        texts=len(np.unique(held_out[leaked])),
        rows=np.count_nonzero(leaked),
        pairs=(
            held_out_places[leaked],
            train_places[starts[np.searchsorted(known, held_out[leaked])]],
        ),
    )


def conflicts(texts: Hashes, labels: Hashes, places: Places) -> Found:
    """Find texts with more than one label: each text's first row, and the first labelled otherwise.

    `rows` are all rows of such texts.
    """
    order = np.lexsort((places, labels, texts))
    starts = group_starts(texts[order], labels[order])
    rows = group_sizes(starts, len(order))
    first = _Labelled(texts[order[starts]], places[order[starts]], rows).in_order()
    by_text = group_starts(first.texts)
    disputed = by_text[group_sizes(by_text, len(first.texts)) > 1]
    return found(
        texts=len(disputed),
        rows=first.rows[np.isin(first.texts, first.texts[disputed])].sum(),
        pairs=(first.places[disputed], first.places[disputed + 1]),
    )


@dataclass(frozen=True)
class _Labelled:
    """A text with one of its labels: the first place of the two together, and their rows."""

    texts: Hashes
    places: Places
    rows: npt.NDArray[np.intp]

    def in_order(self) -> "_Labelled":
        """Sort by text, then by place."""
        order = np.lexsort((self.places, self.texts))
        return _Labelled(self.texts[order], self.places[order], self.rows[order])
