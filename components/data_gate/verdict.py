"""What a gate says: its findings, and whether the run may go on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from components.gate_rules import Level


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a rule complains of.

    Attributes:
        rule: the rule's name in the configuration.
        level: how seriously the configuration takes it.
        subject: the split, column or label that it is about.
        figure: what was measured, as text with its unit.
        limit: what was allowed.
        advice: what to do next.
        rows: up to ten rows, each by file and line.
    """

    rule: str
    level: Level
    subject: str
    figure: str
    limit: str
    advice: str
    rows: tuple[str, ...] = ()

    def in_words(self) -> str:
        """Say what was found, what was allowed and what to do next, on one line."""
        return f"{self.rule}: {self.subject}: {self.figure}, limit {self.limit}; {self.advice}"


@dataclass(frozen=True)
class Verdict:
    """All findings of a gate.

    Attributes:
        findings: what the rules complain of.
        comparisons: what came of the comparisons with other data, `no baseline yet` included.
    """

    findings: tuple[Finding, ...]
    comparisons: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no finding refuses the run."""
        return not self.refusals

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that stop the run."""
        return tuple(f for f in self.findings if f.level == "refuse")

    def to_json(self) -> str:
        """Write the verdict as JSON, for people and programs."""
        fields: dict[str, Any] = {"passed": self.passed, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        findings = (Finding(**{**f, "rows": tuple(f["rows"])}) for f in fields["findings"])
        return cls(tuple(findings), fields["comparisons"])


def heard(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out what rules that are off have found."""
    return tuple(finding for finding in findings if finding.level != "off")
