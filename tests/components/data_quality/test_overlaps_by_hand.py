"""Every count agrees with what plain Python, row by row, says of the same rows."""

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data_quality import near, overlaps
from components.data_quality.chunk import Chunk
from components.data_quality.fingerprints import band_records, partitioned, text_records
from components.data_quality.minhash import MIN_CHARS, signatures
from components.data_quality.overlaps import Found, Name
from components.data_quality.records import Records, in_words, places
from trainer.text import normalise


class Row(NamedTuple):
    file: str
    line: int
    is_eval: bool
    text: str
    label: str


Pairs = list[tuple[str, str]]
Counted = tuple[int, int, Pairs]
"""Texts, rows, and every pair of a row with the first that goes with it."""

LONG = "이 제품은 정말 마음에 들어서 주변 사람들에게도 추천하고 다닙니다"
BASES = [
    "배송이 너무 늦어요",
    "배송이  너무 늦어요",
    "\u1107\u1162송이 너무 늦어요",
    "배송이 너무 늦어요!",
    "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
    "ㅋㅋㅋ",
    "",
    "👍👍👍👍 최고의 영화였어요",
    "최고의 movie였어요 2번 봤음",
    "가" * 10_000,
]
NEARLY_ALIKE = [LONG + ending for ending in ("", ".", "!", "!!", " 정말", " 정말요")]
ANY_TEXT = st.text(st.characters(blacklist_categories=("Cs",)))
TEXTS = st.sampled_from(NEARLY_ALIKE) | st.sampled_from(BASES) | ANY_TEXT
ROWS = st.lists(
    st.builds(
        lambda file, is_eval, text, label: (file, is_eval, text, label),
        st.sampled_from(["나.csv", "가.csv"]),
        st.booleans(),
        TEXTS,
        st.sampled_from(["칭찬", "불만", "문의"]),
    ),
    max_size=40,
).map(lambda rows: [Row(row[0], line, *row[1:]) for line, row in enumerate(rows, start=1)])


def found_in(rows: list[Row], *, partitions: int, seed: int) -> dict[Name, Found]:
    """What the records say, chunked, shuffled and partitioned by chance."""
    chance = random.Random(seed)
    shuffled = chance.sample(rows, len(rows))
    texts: list[Records] = []
    bands: list[Records] = []
    while shuffled:
        size = chance.randint(1, len(shuffled))
        some, shuffled = shuffled[:size], shuffled[size:]
        for is_eval in (False, True):
            chunk_rows = [row for row in some if row.is_eval == is_eval]
            chunk = Chunk(
                [row.text.encode() for row in chunk_rows],
                [row.label.encode() for row in chunk_rows],
                [row.file for row in chunk_rows],
                [row.line for row in chunk_rows],
            )
            normalised = [normalise(row.text) for row in chunk_rows]
            records = text_records(chunk, normalised, is_eval=is_eval)
            texts.append(records)
            bands += band_records(records, normalised)
    names = {row.file for row in rows}
    parts: defaultdict[Name, list[Found]] = defaultdict(list)
    every = np.concatenate(texts)
    for _, part in partitioned(every, every["text"], partitions):
        for name, one in overlaps.overlaps(part, places(part, names)).items():
            parts[name].append(one)
    alike = [near.near_texts(band, places(band, names)) for band in bands_by_key(bands, partitions)]
    every_alike = np.concatenate([np.empty(0, near.NEAR_RECORD), *alike])
    nothing = near.near_overlaps(every_alike[:0])
    by_text = [part for _, part in partitioned(every_alike, every_alike["text"], partitions)]
    for one in [nothing, *map(near.near_overlaps, by_text)]:
        for name, some in one.items():
            parts[name].append(some)
    return {name: overlaps.merged(some) for name, some in parts.items()}


def bands_by_key(bands: list[Records], partitions: int) -> list[Records]:
    if not bands:
        return []
    every = np.concatenate(bands)
    return [part for _, part in partitioned(every, every["band"], partitions)]


def place(row: Row) -> str:
    return f"{row.file}:{row.line}"


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.file, row.line))


def by_text(rows: list[Row], *, verbatim: bool) -> dict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in in_order(rows):
        groups[row.text if verbatim else normalise(row.text)].append(row)
    return groups


def naive_duplicates(train: list[Row]) -> Counted:
    groups = [group for group in by_text(train, verbatim=False).values() if len(group) > 1]
    rows = sum(len(group) - 1 for group in groups)
    return len(groups), rows, [(place(group[0]), place(group[1])) for group in groups]


def naive_leakage(train: list[Row], held_out: list[Row], *, verbatim: bool) -> Counted:
    known, texts = by_text(train, verbatim=verbatim), by_text(held_out, verbatim=verbatim)
    leaked = {text: rows for text, rows in texts.items() if text in known}
    pairs = [(place(row), place(known[t][0])) for t, rows in leaked.items() for row in rows]
    return len(leaked), len(pairs), pairs


def naive_conflicts(train: list[Row], *, verbatim: bool) -> Counted:
    groups = [
        group
        for group in by_text(train, verbatim=verbatim).values()
        if len({row.label for row in group}) > 1
    ]
    others = [next(r for r in group if r.label != group[0].label) for group in groups]
    pairs = [(place(group[0]), place(o)) for group, o in zip(groups, others, strict=True)]
    return len(groups), sum(map(len, groups)), pairs


def naive_near_duplicates(train: list[Row]) -> Counted:
    groups = by_text(train, verbatim=False)
    alike = likest(groups, groups)
    order = {text: number for number, text in enumerate(groups)}
    pairs = {tuple(sorted(pair, key=order.__getitem__)) for pair in alike.items()}
    rows = sum(len(groups[text]) for text in alike)
    told = [(place(groups[one][0]), place(groups[other][0])) for one, other in pairs]
    return len(alike), rows, told


def naive_near_leakage(train: list[Row], held_out: list[Row]) -> Counted:
    known, texts = by_text(train, verbatim=False), by_text(held_out, verbatim=False)
    alike = likest([text for text in texts if text not in known], known)
    rows = sum(len(texts[text]) for text in alike)
    told = [(place(texts[text][0]), place(known[other][0])) for text, other in alike.items()]
    return len(alike), rows, told


def likest(texts: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Of each text that has near-duplicates among the known, the one most like it, the first."""
    known = [text for text in known if len(text) >= MIN_CHARS]
    found = {}
    for text in texts:
        if len(text) >= MIN_CHARS and known:
            signed, others = signatures([text]), signatures(known)
            shares_a_band = (signed.bands == others.bands).any(axis=1)
            estimates = (signed.sketches == others.sketches).mean(axis=1)
            alike = shares_a_band & (estimates >= near.SIMILARITY) & (np.array(known) != text)
            if alike.any():
                found[text] = known[int(np.argmax(np.where(alike, estimates, -1)))]
    return found


@settings(deadline=None, max_examples=60)
@given(rows=ROWS.filter(bool), partitions=st.integers(1, 4), seed=st.integers(0, 99))
def test_every_overlap_is_what_plain_python_counts(
    rows: list[Row], partitions: int, seed: int
) -> None:
    found = found_in(rows, partitions=partitions, seed=seed)
    train = [row for row in rows if not row.is_eval]
    held_out = [row for row in rows if row.is_eval]
    expected: dict[Name, Counted] = {
        "duplicates": naive_duplicates(train),
        "leakage_verbatim": naive_leakage(train, held_out, verbatim=True),
        "leakage": naive_leakage(train, held_out, verbatim=False),
        "conflicts_verbatim": naive_conflicts(train, verbatim=True),
        "conflicts": naive_conflicts(train, verbatim=False),
        "near_duplicates": naive_near_duplicates(train),
        "near_leakage": naive_near_leakage(train, held_out),
    }
    names = sorted({row.file for row in rows})
    lines = {place(row): (row.file, row.line) for row in rows}
    for name, (texts, count, pairs) in expected.items():
        first = sorted(pairs, key=lambda pair: (lines[pair[0]], lines[pair[1]]))[:10]
        told = [(in_words(r, names), in_words(o, names)) for r, o in found[name].pairs]
        assert (found[name].texts, found[name].rows, told) == (texts, count, first), name


@pytest.mark.parametrize(
    ("train", "held_out", "verbatim", "normalised"),
    [
        ("가나다", "가나다", 1, 1),
        ("가나다", " 가나다", 0, 1),
        ("가나다", "\u1100\u1161나다", 0, 1),
        ("ㅋㅋㅋ", "ㅋㅋㅋㅋㅋ", 0, 1),
        ("ㅋㅋㅋ", "ㅋㅋ", 0, 0),
        ("Good", "good", 0, 0),
        ("👍🏽", "👍", 0, 0),
    ],
)
def test_leakage_is_counted_verbatim_and_after_normalisation(
    train: str, held_out: str, verbatim: int, normalised: int
) -> None:
    rows = [Row("a.csv", 1, False, train, "가"), Row("a.csv", 2, True, held_out, "가")]
    found = found_in(rows, partitions=3, seed=0)
    assert (found["leakage_verbatim"].rows, found["leakage"].rows) == (verbatim, normalised)


@pytest.mark.parametrize("partitions", [1, 4])
def test_the_first_ten_are_told_of_many(partitions: int) -> None:
    texts = [f"{number}번 주문" for number in range(30)]
    rows = [Row("a.csv", line, False, text, "가") for line, text in enumerate(texts * 2, start=1)]
    found = found_in(rows, partitions=partitions, seed=1)["duplicates"]
    assert (found.texts, found.rows) == (30, 30)
    assert found.pairs == tuple((line, line + 30) for line in range(1, 11))


def test_the_first_ten_are_told_by_the_row_not_by_the_one_that_it_goes_with() -> None:
    rows = np.arange(30, dtype=np.uint64)
    told = overlaps.found(texts=30, rows=30, pairs=(rows, rows[::-1])).pairs
    assert told == tuple((row, 29 - row) for row in range(10))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_conflict_is_told_by_its_first_rows_in_whatever_order_they_come(
    order: tuple[int, ...],
) -> None:
    labels, rows = np.array([8, 8, 3, 3], np.uint64), np.arange(4, dtype=np.uint64)
    texts = np.full(4, 77, np.uint64)
    found = overlaps.conflicts(texts, labels[list(order)], rows[list(order)])
    assert found == Found(texts=1, rows=4, pairs=((0, 2),))
