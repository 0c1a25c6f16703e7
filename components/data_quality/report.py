"""What is known of the data's quality, as `quality.json` tells it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

FILE_NAME: Final = "quality.json"

MOST_EXAMPLES: Final = 10
"""Rows that are named of each fault: enough to see the pattern, few enough for one screen."""


@dataclass(frozen=True)
class Match:
    """Two rows that contradict or repeat each other, each as `file:line`."""

    row: str
    other: str


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Rows that have something in common with other rows.

    Attributes:
        texts: the different texts among them.
        rows: how many rows.
        examples: the first of them, by file and line, each with a row that it goes with.
    """

    texts: int
    rows: int
    examples: tuple[Match, ...]


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Rows that seem to hold one kind of personal data; what they hold is never told.

    Attributes:
        rows: how many, of all splits.
        examples: the first of them, each as `file:line`.
    """

    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Quality:
    """The quality of one set of examples.

    Two texts are the same `verbatim` if no character differs, otherwise if `trainer.text.normalise`
    makes them equal: what is the same verbatim counts in both.

    Attributes:
        labels: rows of each label in each labelled split.
        duplicates: texts that stand in train more than once; `rows` are those too many.
        leakage_verbatim: eval rows whose text stands in train.
        leakage: the same after normalisation.
        conflicts_verbatim: texts of train with more than one label, and all their rows.
        conflicts: the same after normalisation.
        near_duplicates: texts and rows of train that are almost, but not quite, another's.
        near_leakage: texts and rows of eval that are almost, but not quite, one of train.
        personal: rows of all splits by kind of personal data.
    """

    labels: Mapping[str, Mapping[str, int]]
    duplicates: Overlap
    leakage_verbatim: Overlap
    leakage: Overlap
    conflicts_verbatim: Overlap
    conflicts: Overlap
    near_duplicates: Overlap
    near_leakage: Overlap
    personal: Mapping[str, Sightings]

    @property
    def imbalance(self) -> float:
        """Rows of train's largest label for each of its smallest; 1 where there is no label."""
        counts = self.labels.get("train", {}).values()
        return max(counts) / min(counts) if counts else 1.0

    def figures(self) -> dict[str, int | float]:
        """Return the main figures, as the artifact's custom properties bear them."""
        personal = {f"personal_{kind}_rows": seen.rows for kind, seen in self.personal.items()}
        return {
            "duplicate_texts": self.duplicates.texts,
            "duplicate_rows": self.duplicates.rows,
            "leakage_verbatim_rows": self.leakage_verbatim.rows,
            "leakage_rows": self.leakage.rows,
            "conflicts_verbatim_texts": self.conflicts_verbatim.texts,
            "conflicts_texts": self.conflicts.texts,
            "conflicts_rows": self.conflicts.rows,
            "near_duplicate_rows": self.near_duplicates.rows,
            "near_leakage_rows": self.near_leakage.rows,
            "imbalance": self.imbalance,
            **personal,
        }

    def to_json(self) -> str:
        """Write the quality as JSON, for people and programs."""
        fields = {"imbalance": self.imbalance, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Quality":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        del fields["imbalance"]
        labels, personal = fields.pop("labels"), fields.pop("personal")
        return cls(
            labels=labels,
            personal={kind: _sightings(seen) for kind, seen in personal.items()},
            **{name: _overlap(found) for name, found in fields.items()},
        )


def _overlap(fields: Mapping[str, Any]) -> Overlap:
    examples = tuple(Match(**match) for match in fields["examples"])
    return Overlap(texts=fields["texts"], rows=fields["rows"], examples=examples)


def _sightings(fields: Mapping[str, Any]) -> Sightings:
    return Sightings(rows=fields["rows"], examples=tuple(fields["examples"]))
