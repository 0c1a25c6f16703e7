"""Near-duplicates, within train and of eval in train, among texts that share a band."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from components.data_quality.minhash import ORDERS
from components.data_quality.overlaps import Found, Name, found
from components.data_quality.records import (
    Hashes,
    Places,
    Records,
    group_sizes,
    group_starts,
)

Indices = npt.NDArray[np.intp]

SIMILARITY: Final = 0.8
"""Estimated Jaccard similarity of the shingles from which on two texts are nearly the same: an
ending or a sign changed in a sentence, not a sentence said in other words."""

_LEAST_MATCHES: Final = round(SIMILARITY * ORDERS)

WINDOW: Final = 200
"""Texts after itself that a text is compared with in its band, where those that look alike stand
together. Real texts share a band with fewer (NSMC: 173 of 150,000 rows at most), so that all are
compared; texts from one template share it by the hundred thousand, and must not cost the square."""

_BATCH_PAIRS: Final = 65_536
"""Pairs compared at once: 2 x 5 MB of sketches."""

BAND_RECORD: Final = np.dtype(
    [
        ("band", "<u8"),
        ("text", "<u8"),
        ("file", "<u8"),
        ("line", "<u8"),
        ("is_eval", "?"),
        ("sketch", "u1", (ORDERS,)),
    ]
)
"""One band of one row."""

NEAR_RECORD: Final = np.dtype(
    [
        ("text", "<u8"),
        ("row", "<u8"),  # place of the text's first row
        ("other", "<u8"),  # place of the first row of the text of train most like it
        ("rows", "<i8"),  # that have this text
        ("matches", "<i8"),
        ("is_eval", "?"),  # and in train is no such text
    ]
)
"""A text that has a near-duplicate in train."""


def near_texts(records: Records, places: Places) -> Records:
    """Compare the texts that share a band.

    Args:
        records: of `BAND_RECORD`, every one of the partition's bands.
        places: where each stands.

    Returns:
        One `NEAR_RECORD` for each text that has a near-duplicate of train here.
    """
    shared = _shared(records["band"])
    shared = shared[~_leaked(records[shared])]
    rows, row_places = records[shared], places[shared]
    likeness = np.ascontiguousarray(rows["sketch"][:, -8:]).view("<u8").ravel()
    order = np.lexsort((row_places, rows["text"], likeness, rows["band"]))
    starts = group_starts(rows["band"][order], rows["text"][order])
    counts = group_sizes(starts, len(order))
    texts = rows[order[starts]]
    best = np.zeros(len(texts), NEAR_RECORD)
    best["text"], best["rows"] = texts["text"], counts
    best["row"], best["is_eval"] = row_places[order[starts]], texts["is_eval"]
    for left, right, matches in _alike(texts):
        _keep_better(best, left, right, matches)
        _keep_better(best, right, left, matches)
    return most_alike(best[best["matches"] > 0])


def most_alike(records: Records) -> Records:
    """Keep each text's best match; among equals the first by place."""
    worst_first = ORDERS - records["matches"]
    order = np.lexsort((records["other"], worst_first, records["text"]))
    return records[order[group_starts(records["text"][order])]]


def near_overlaps(records: Records) -> dict[Name, Found]:
    """Count the texts and rows that have a near-duplicate in train.

    Each text and the one most like it are an example: of two texts of train the earlier row first,
    else that of eval.
    """
    best = most_alike(records)
    train, held_out = best[~best["is_eval"]], best[best["is_eval"]]
    pairs = np.sort(np.stack([train["row"], train["other"]]), axis=0)
    row, other = np.unique(pairs, axis=1)  # two texts most like each other are one example
    return {
        "near_duplicates": _counted(train, pairs=(row, other)),
        "near_leakage": _counted(held_out, pairs=(held_out["row"], held_out["other"])),
    }


def _counted(best: Records, *, pairs: tuple[Places, Places]) -> Found:
    return found(texts=len(best), rows=best["rows"].sum(), pairs=pairs)


def _leaked(records: Records) -> npt.NDArray[np.bool_]:
    """Tell the rows of eval whose very text stands in train: that is leakage, and not near."""
    is_eval = records["is_eval"]
    return is_eval & np.isin(records["text"], records["text"][~is_eval])


def _shared(bands: Hashes) -> Indices:
    """Return the indices of the records whose band another has too."""
    order = np.argsort(bands)
    starts = group_starts(bands[order])
    sizes = group_sizes(starts, len(order))
    return order[np.repeat(sizes > 1, sizes)]


def _alike(texts: Records) -> Iterator[tuple[Indices, Indices, Indices]]:
    """Yield the indices of pairs that are near-duplicates, and how many places agree in each.

    No text stands on the same side twice within one batch.
    """
    bands, sketches = texts["band"], texts["sketch"]
    left = np.arange(len(texts))
    for step in range(1, WINDOW + 1):
        left = left[left + step < len(texts)]
        left = left[bands[left] == bands[left + step]]
        if not len(left):
            return
        for start in range(0, len(left), _BATCH_PAIRS):
            some = left[start : start + _BATCH_PAIRS]
            matches = np.count_nonzero(sketches[some] == sketches[some + step], axis=1)
            alike = matches >= _LEAST_MATCHES
            yield some[alike], some[alike] + step, matches[alike]


def _keep_better(best: Records, one: Indices, other: Indices, matches: Indices) -> None:
    """Note the other text of each pair, if train has it and none before was as much like the one.

    In place, not pair by pair: texts from one template make hundreds of pairs each.
    """
    known, place = best["matches"][one], best["row"][other]
    is_better = (matches > known) | ((matches == known) & (place < best["other"][one]))
    is_better &= ~best["is_eval"][other]
    best["matches"][one[is_better]] = matches[is_better]
    best["other"][one[is_better]] = place[is_better]
