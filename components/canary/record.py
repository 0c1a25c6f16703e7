"""What the canary saw, beside its blessing: for people, the console and the next question."""

import json
import textwrap
from dataclasses import asdict, dataclass
from typing import Any, Final

from components.data_gate.verdict import Finding

RECORD_FILE: Final = "canary.json"
SERVER_LOG: Final = "server.log"

_MOST_SAID: Final = 600
"""Characters of a server's words that a finding quotes; the log has them all."""


def refusal(rule: str, *, subject: str, figure: str, limit: str, advice: str) -> Finding:
    """Make a finding of the canary, on one line; every one of them refuses the export."""
    return Finding(
        rule=rule,
        level="refuse",
        subject=subject,
        figure=textwrap.shorten(figure, _MOST_SAID, placeholder=" ..."),
        limit=limit,
        advice=advice,
    )


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that validated.

    Attributes:
        backend: `binary` (TensorFlow Serving itself) or `embedded`.
        program: path of what was started.
        version: what it says of its version.
    """

    backend: str
    program: str
    version: str

    def in_words(self) -> str:
        """Name it for people."""
        if self.backend == "embedded":
            return f"the embedded server ({self.version})"
        return f"{self.program} ({self.version})"


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Times of requests with one text each, in ms."""

    requests: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that the canary saw.

    Attributes:
        server: which server validated; None if none was started, the files being at fault.
        ready_s: seconds from the server's start to the loaded model; None if it never was.
        texts: different texts whose answers are known from training.
        replayed: texts that were answered as training answers, over all ways of asking.
        latency: of single texts; None if it was not measured.
        findings: why the export is refused; none if it is blessed.
    """

    server: Server | None = None
    ready_s: float | None = None
    texts: int = 0
    replayed: int = 0
    latency: Latency | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def blessed(self) -> bool:
        """Whether the export may be pushed: a server answered all, and nothing was found."""
        return self.replayed > 0 and not self.findings

    def in_words(self) -> str:
        """Say in a few words what came of it."""
        rules = ", ".join(dict.fromkeys(finding.rule for finding in self.findings))
        if rules:
            return f"refused by {rules}"
        if self.server is None or not self.blessed:
            return "refused: nothing was asked"
        took = f", p50 {self.latency.p50_ms:.1f} ms" if self.latency else ""
        ready = f"{self.ready_s:.1f} s" if self.ready_s is not None else "?"
        answers = f"{self.replayed:,} answers are training's"
        return f"{answers}, ready in {ready}{took}; {self.server.in_words()}"

    def to_json(self) -> str:
        """Write the record as JSON."""
        fields: dict[str, Any] = {"blessed": self.blessed, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        del fields["blessed"]
        findings = (Finding(**{**f, "rows": tuple(f["rows"])}) for f in fields["findings"])
        return cls(
            **{
                **fields,
                "server": Server(**fields["server"]) if fields["server"] else None,
                "latency": Latency(**fields["latency"]) if fields["latency"] else None,
                "findings": tuple(findings),
            }
        )
