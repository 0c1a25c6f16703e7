"""How many rows were read, and what became of them; no row may be lost on the way."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

READ: Final = "read"
WRITTEN: Final = "written"
QUARANTINED: Final = "quarantined"
EXCLUDED: Final = "excluded"

TRAIN: Final = "train"
EVAL: Final = "eval"
UNLABELLED: Final = "unlabelled"
SERVED: Final = "served"
EXCLUDE: Final = "exclude"
"""The files whose ids are left out of the unlabelled rows, named as if they were a split."""

Tally = tuple[tuple[str, str], int]
"""What was counted, for which split, and how often."""


@dataclass(frozen=True)
class Counts:
    """Rows by split.

    Each is counted where it happens: `read` by the reader, `written` by the writer of the example
    files, `quarantined` by the writer of the quarantine file, `excluded` where a row is left out.
    `read`, `quarantined` and `excluded` go by the split that a file belongs to, `written` by the
    split that a row went to: these differ where the evaluation rows are a share of `train`. Of the
    files of ids (`exclude`), `excluded` counts the ids.
    """

    read: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)

    def faults(self, outputs: Mapping[str, Iterable[str]]) -> list[str]:
        """Return the splits whose numbers do not add up; `outputs` are the splits that each fed."""
        return [fault for split, fed in outputs.items() if (fault := self._fault(split, list(fed)))]

    def _fault(self, split: str, fed: list[str]) -> str | None:
        read, quarantined = self.read.get(split, 0), self.quarantined.get(split, 0)
        excluded, kept = self.excluded.get(split, 0), sum(self.written.get(s, 0) for s in fed)
        if read == kept + quarantined + excluded:
            return None
        parts = f"{kept} kept, {quarantined} in quarantine, {excluded} excluded"
        return f"{split}: {read} rows were read, but {parts}"

    def properties(self) -> dict[str, int]:
        """Return the counts as an artifact's custom properties bear them."""
        totals = {
            "rows_read": _of_data(self.read),
            "rows_kept": _of_data(self.written),
            "rows_quarantined": _of_data(self.quarantined),
            "rows_excluded": _of_data(self.excluded),
        }
        by_split = {f"rows_{split}": rows for split, rows in self.written.items()}
        read = {f"rows_read_{split}": rows for split, rows in self.read.items()}
        bad = {f"rows_quarantined_{split}": self.quarantined.get(split, 0) for split in self.read}
        return totals | by_split | read | bad

    def to_json(self) -> str:
        """Return the counts as the file beside the quarantine tells them."""
        return json.dumps(
            {name: dict(sorted(by_split.items())) for name, by_split in vars(self).items()},
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> "Counts":
        """Return the counts that `to_json` wrote."""
        return cls(**json.loads(text))

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> "Counts":
        """Return the sums of single tallies."""
        sums: dict[str, dict[str, int]] = {READ: {}, WRITTEN: {}, QUARANTINED: {}, EXCLUDED: {}}
        for (what, split), rows in tallies:
            sums[what][split] = sums[what].get(split, 0) + rows
        none_bad = dict.fromkeys(sums[READ], 0)
        return cls(**sums | {QUARANTINED: none_bad | sums[QUARANTINED]})


def _of_data(by_split: Mapping[str, int]) -> int:
    """Return the sum over the splits; a file of ids to leave out is no data of its own."""
    return sum(rows for split, rows in by_split.items() if split != EXCLUDE)
