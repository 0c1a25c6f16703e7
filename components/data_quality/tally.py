"""What is counted of each row by itself: its label, and personal data in its text."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from components.data_quality import personal
from components.data_quality.chunk import Chunk
from components.data_quality.personal import Kind
from components.data_quality.report import MOST_EXAMPLES, Sightings

Row = tuple[str, int]
"""A row's file and line."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Of one chunk, or of several merged.

    Attributes:
        labels: rows by split and label.
        files: the names of the files that the rows stand in.
        personal_rows: rows by kind of personal data.
        personal_examples: the first rows of each kind.
    """

    labels: Counter[tuple[str, str]]
    files: frozenset[str]
    personal_rows: Counter[Kind]
    personal_examples: dict[Kind, list[Row]]

    def labels_by_split(self) -> dict[str, dict[str, int]]:
        """Return the rows of each label of each split, in the labels' order."""
        by_split: dict[str, dict[str, int]] = {}
        for (split, label), rows in sorted(self.labels.items()):
            by_split.setdefault(split, {})[label] = rows
        return by_split

    def sightings(self) -> dict[str, Sightings]:
        """Return what personal data was seen, every kind with its first rows."""
        return {
            kind: Sightings(
                rows=self.personal_rows[kind],
                examples=tuple(f"{file}:{line}" for file, line in self.personal_examples[kind]),
            )
            for kind in personal.KINDS
        }


def tally(split: str, chunk: Chunk, texts: Iterable[str], *, is_labelled: bool) -> Tally:
    """Count the rows of a chunk; `texts` are the chunk's, decoded."""
    seen: dict[Kind, list[Row]] = {kind: [] for kind in personal.KINDS}
    for text, file, line in zip(texts, chunk.files, chunk.lines, strict=True):
        for kind in personal.kinds(text):
            seen[kind].append((file, line))
    labels = Counter(chunk.labels) if is_labelled else Counter[bytes]()
    return Tally(
        labels=Counter(
            {(split, label.decode(errors="replace")): rows for label, rows in labels.items()}
        ),
        files=frozenset(chunk.files),
        personal_rows=Counter({kind: len(rows) for kind, rows in seen.items()}),
        personal_examples=_first(seen),
    )


def merged(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    labels: Counter[tuple[str, str]] = Counter()
    files: set[str] = set()
    rows: Counter[Kind] = Counter()
    seen: dict[Kind, list[Row]] = {kind: [] for kind in personal.KINDS}
    for one in tallies:
        labels.update(one.labels)
        files |= one.files
        rows.update(one.personal_rows)
        for kind, examples in one.personal_examples.items():
            seen[kind] += examples
    return Tally(
        labels=labels,
        files=frozenset(files),
        personal_rows=rows,
        personal_examples=_first(seen),
    )


def _first(rows: dict[Kind, list[Row]]) -> dict[Kind, list[Row]]:
    return {kind: sorted(every)[:MOST_EXAMPLES] for kind, every in rows.items()}
