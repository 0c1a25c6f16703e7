"""What `malmoi schema diff` found, for people, for programs and for a pull request."""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.schema_contract.acknowledged import ACKNOWLEDGED_FILE
from pipeline.schema_contract.changes import KINDS, Change
from pipeline.schema_contract.replay import Refusal


@dataclass(frozen=True, kw_only=True)
class SchemaReport:
    """The changes of one schema.

    Attributes:
        schema: its name.
        changes: what changed, the gravest first.
        acknowledged: the reasons of acknowledged changes, by id.
        pinned: number of pinned statistics it was replayed over.
        refusals: what it says against them.
    """

    schema: str
    changes: Sequence[Change]
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    pinned: int = 0
    refusals: Sequence[Refusal] = ()

    @property
    def open(self) -> list[Change]:
        """The breaking changes that nobody has acknowledged."""
        return [c for c in self.changes if c.kind == "breaking" and c.id not in self.acknowledged]

    @property
    def acknowledgements_file(self) -> str:
        """Where an acknowledgement goes."""
        return f"schema/{self.schema}/{ACKNOWLEDGED_FILE}"


def passed(reports: Iterable[SchemaReport]) -> bool:
    """Tell whether every breaking change is acknowledged."""
    return not any(report.open for report in reports)


def as_text(reports: Sequence[SchemaReport], *, base: str) -> str:
    """Write the reports for a terminal."""
    if not reports:
        return f"No schema has changed against {base}."
    return "\n".join(line for report in reports for line in _text_lines(report))


def as_tree(reports: Sequence[SchemaReport], *, base: str) -> dict[str, Any]:
    """Write the reports as one JSON object's tree."""
    return {
        "base": base,
        "passed": passed(reports),
        "schemas": [
            {
                "schema": report.schema,
                "changes": [
                    {
                        "id": change.id,
                        **asdict(change),
                        "sentence": change.in_words(),
                        "acknowledged": report.acknowledged.get(change.id),
                    }
                    for change in report.changes
                ],
                "pinned": report.pinned,
                "refused": [asdict(refusal) for refusal in report.refusals],
            }
            for report in reports
        ],
    }


def as_markdown(reports: Sequence[SchemaReport], *, base: str) -> str:
    """Write the reports for a pull request."""
    lines = ["# The data's contract", ""]
    if not reports:
        return "\n".join([*lines, f"No schema has changed against `{base}`."])
    for report in reports:
        lines += [f"## `schema/{report.schema}`", "", *_markdown_lines(report)]
    return "\n".join(lines).rstrip()


def _text_lines(report: SchemaReport) -> Iterator[str]:
    yield f"schema/{report.schema}"
    for kind, changes in _by_kind(report.changes):
        yield f"  {kind}"
        for change in changes:
            yield f"    {change.in_words()}"
            yield f"      {_standing(report, change)}"
    yield f"  {_replayed(report)}"
    yield from (f"    {refusal.in_words()}" for refusal in report.refusals)
    yield from (f"  {line}" for line in _to_do(report))


def _markdown_lines(report: SchemaReport) -> Iterator[str]:
    for kind, changes in _by_kind(report.changes):
        yield f"### {kind}\n"
        for change in changes:
            yield f"- {html.escape(change.in_words(), quote=False)} `{change.id}`"
            if change.id in report.acknowledged:
                yield f"  - acknowledged: {html.escape(report.acknowledged[change.id])}"
        yield ""
    yield f"{_replayed(report)}\n"
    yield from (f"- {html.escape(r.in_words(), quote=False)}" for r in report.refusals)
    if report.open:
        yield "\n**Refused.** " + "\n".join(_to_do(report))
    yield ""


def _by_kind(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    for kind, heading in KINDS.items():
        found = [change for change in changes if change.kind == kind]
        if found:
            yield heading, found


def _standing(report: SchemaReport, change: Change) -> str:
    reason = report.acknowledged.get(change.id)
    return f"{change.id}, acknowledged: {reason}" if reason else change.id


def _replayed(report: SchemaReport) -> str:
    if all(change.kind == "cosmetic" for change in report.changes):
        return "Nothing to replay: what data must be has not changed."
    if not report.pinned:
        return "No pinned statistics to replay it over."
    count = f"{report.pinned} pinned statistics"
    if not report.refusals:
        return f"Replayed over {count}: all would still be accepted."
    refused = len({refusal.pinned for refusal in report.refusals})
    return f"Replayed over {count}: {refused} would now be refused."


def _to_do(report: SchemaReport) -> Iterator[str]:
    if report.open:
        yield (
            "Breaking changes must be acknowledged: take them back, or add to "
            f"{report.acknowledgements_file}, each with its reason:"
        )
        yield from (f"- `{change.id}`: why" for change in report.open)
