"""The demo corpus: customer enquiries of an online shop in 31 categories, drawn from a seed.

The same seed gives the same rows on every machine; a shorter corpus is the beginning of a longer
one.
"""

import csv
import os
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from itertools import cycle, repeat
from pathlib import Path
from random import Random
from typing import Final

from pipeline.demo import message, noise, phrasebook

ROWS: Final = 12_000
SEED: Final = 7
COLUMNS: Final = ("id", "date", "text", "label", "channel")

RANK_SHIFT: Final = 3
RANK_EXPONENT: Final = 0.9716
"""A category's weight is (rank + shift) ** -exponent, Zipf-Mandelbrot: the largest of 31
is 8 times the smallest and stays below 12 % of the rows."""

BLOCK_ROWS: Final = 100
WRONG_LABELS_PER_BLOCK: Final = 3
"""Exactly so many labels in each full block of rows name a neighbouring category."""

CHANNELS: Final = ("app", "web", "phone")
CHANNEL_WEIGHTS: Final = (55, 30, 15)

FIRST_DAY: Final = date(2026, 9, 7)
ROWS_BY_WEEKDAY: Final = (270, 245, 230, 220, 215, 150, 170)
"""Enquiries a day from Monday to Sunday, 1,500 a week: 12,000 rows are eight weeks."""

MIN_CHARACTERS: Final = 5
MAX_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One row, and the truth about it.

    Attributes:
        id: unique, in the order of arrival.
        date: the day of arrival, ISO 8601.
        text: what the customer wrote.
        label: the category that the row claims.
        channel: app, web or phone.
        topic: the category that the text was written for; no column of the file.
    """

    id: str
    date: str
    text: str
    label: str
    channel: str
    topic: str

    @property
    def mislabelled(self) -> bool:
        """Whether the label is one of the wrong ones."""
        return self.label != self.topic


def generate(rows: int = ROWS, seed: int = SEED) -> Iterator[Enquiry]:
    """Draw enquiries in the order of their dates.

    Raises:
        ValueError: `rows` is negative.
    """
    if rows < 0:
        raise ValueError(f"rows: expected 0 or more, received {rows}")
    return _draw(rows, Random(seed))


def write(path: Path, *, rows: int = ROWS, seed: int = SEED) -> int:
    """Write the corpus as CSV in UTF-8, whole or not at all, and return the number of rows."""
    enquiries = generate(rows, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    unfinished = Path(name)
    try:
        os.fchmod(handle, 0o644)  # mkstemp's file is for its owner alone
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(astuple(enquiry)[: len(COLUMNS)] for enquiry in enquiries)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _draw(rows: int, rng: Random) -> Iterator[Enquiry]:
    book = phrasebook.load()
    categories = list(book.categories.values())
    weights = [(category.rank + RANK_SHIFT) ** -RANK_EXPONENT for category in categories]
    wrong: list[int] = []
    for number, day in zip(range(rows), _days(), strict=False):
        if number % BLOCK_ROWS == 0:
            wrong = rng.sample(range(BLOCK_ROWS), WRONG_LABELS_PER_BLOCK)
        (category,) = rng.choices(categories, weights)
        (channel,) = rng.choices(CHANNELS, CHANNEL_WEIGHTS)
        text = _text(book, category, channel, rng)
        mislabelled = number % BLOCK_ROWS in wrong
        label = rng.choice(category.neighbours) if mislabelled else category.label
        yield Enquiry(f"Q{number + 1:06}", day, text, label, channel, category.label)


def _text(
    book: phrasebook.Phrasebook, category: phrasebook.Category, channel: str, rng: Random
) -> str:
    while True:
        clean = message.compose(book, category, rng)
        text = noise.roughen(clean, channel, rng).strip()
        if len(clean) >= MIN_CHARACTERS and MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
            return text


def _days() -> Iterator[str]:
    day = FIRST_DAY
    for count in cycle(ROWS_BY_WEEKDAY):
        yield from repeat(day.isoformat(), count)
        day += timedelta(days=1)
