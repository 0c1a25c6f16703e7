"""What the gate says of a model: every check with its figure, in numbers and in words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from components.data_gate.verdict import Finding
from components.gate_rules import Level

VERDICT_FILE: Final = "verdict.json"
TEXT_FILE: Final = "verdict.txt"

State = Literal["kept", "broken", "not judged"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One rule held against one figure.

    Attributes:
        rule: the rule's name in the configuration.
        level: how seriously the configuration takes it.
        state: whether the figure keeps to the limit; `not judged` where there is no figure.
        subject: the rows, slice or baseline that it is about.
        figure: what was measured, with its interval; empty where nothing was.
        limit: what was allowed.
        sentence: all of it in words.
        advice: what to do next if it is broken.
    """

    rule: str
    level: Level
    state: State
    subject: str
    figure: str
    limit: str
    sentence: str
    advice: str

    def in_words(self) -> str:
        """Say what was found and, of a broken rule, what to do next, on one line."""
        advice = f"; {self.advice}" if self.state == "broken" else ""
        return f"{self.rule}: {self.sentence}{advice}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All that the gate has looked at.

    Attributes:
        production: the model that the candidate was compared with, or that there is none yet.
        rows: eval rows that were judged.
        checks: of every rule that is not off.
    """

    production: str
    rows: int
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no broken rule refuses the model."""
        return not self.refusals

    @property
    def broken(self) -> tuple[Check, ...]:
        """The checks that complain, those that refuse first."""
        found = (check for check in self.checks if check.state == "broken")
        return tuple(sorted(found, key=lambda check: check.level != "refuse"))

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The checks that keep the model from being pushed."""
        return tuple(check for check in self.broken if check.level == "refuse")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The broken checks as the data gate tells its own, the words below each."""
        return tuple(
            Finding(
                rule=check.rule,
                level=check.level,
                subject=check.subject,
                figure=check.figure,
                limit=check.limit,
                advice=f"{check.sentence}; {check.advice}",
            )
            for check in self.broken
        )

    def to_json(self) -> str:
        """Write the verdict as JSON, for people and programs."""
        fields: dict[str, Any] = {"passed": self.passed, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        checks = tuple(Check(**check) for check in fields["checks"])
        return cls(production=fields["production"], rows=fields["rows"], checks=checks)

    def to_text(self) -> str:
        """Write the verdict for reading: what complains, what was kept, what was not judged."""
        judged = "blessed" if self.passed else "refused"
        head = f"{judged}, on {self.rows:,} eval rows; production: {self.production}"
        return "\n".join([head, *self._sections()]) + "\n"

    def _sections(self) -> Iterator[str]:
        for title, level, state in _SECTIONS:
            told = [c for c in self.checks if c.state == state and level in (c.level, None)]
            if told:
                yield from ("", title, *_lines(told))


_SECTIONS: Final[Sequence[tuple[str, Level | None, State]]] = (
    ("Refuses:", "refuse", "broken"),
    ("Warns:", "warn", "broken"),
    ("Kept:", None, "kept"),
    ("Not judged:", None, "not judged"),
)


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    return (f"  {check.in_words()}" for check in checks)
