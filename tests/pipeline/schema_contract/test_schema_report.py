"""The same findings for a terminal, for a program and for a pull request."""

import json
from dataclasses import replace

from pipeline.schema_contract.acknowledged import acknowledged
from pipeline.schema_contract.changes import Change
from pipeline.schema_contract.replay import Refusal
from pipeline.schema_contract.report import SchemaReport, as_markdown, as_text, as_tree, passed

REMOVED = Change(
    kind="breaking",
    what="label-removed",
    feature="유형",
    event="label '<b>환불</b>' is removed",
    before="3 labels",
    after="2 labels",
    consequence="the served model still answers with it",
)
LOOSENED = Change(
    kind="loosens",
    what="domain-removed",
    feature="channel",
    event="its domain is removed",
    before="3 values",
    after="none",
    consequence="the data gate lets any value pass",
)
REFUSAL = Refusal(pinned="span-000003", split="train", column="유형", reason="unknown <b>환불</b>")
OPEN = SchemaReport(schema="a", changes=[REMOVED, LOOSENED], pinned=2, refusals=[REFUSAL])
CLOSED = SchemaReport(schema="a", changes=[REMOVED], acknowledged={REMOVED.id: "상담팀과 합의"})


def test_a_terminal_reads_classes_sentences_and_what_to_do() -> None:
    assert as_text([OPEN], base="main").splitlines() == [
        "schema/a",
        "  Breaking for the served model",
        f"    {REMOVED.in_words()}",
        f"      {REMOVED.id}",
        "  Loosens a gate",
        f"    {LOOSENED.in_words()}",
        f"      {LOOSENED.id}",
        "  Replayed over 2 pinned statistics: 1 would now be refused.",
        "    span-000003, train: '유형' would be refused: unknown <b>환불</b>.",
        "  Breaking changes must be acknowledged: take them back, or add to "
        "schema/a/ACKNOWLEDGED.md, each with its reason:",
        f"  - `{REMOVED.id}`: why",
    ]


def test_the_lines_that_acknowledge_stand_one_below_the_other() -> None:
    both = SchemaReport(schema="a", changes=[REMOVED, replace(REMOVED, feature="채널")])
    items = [f"- `{change.id}`: why" for change in both.open]
    assert as_markdown([both], base="main").splitlines()[-2:] == items
    assert list(acknowledged("\n".join(items))) == [change.id for change in both.open]


def test_an_acknowledged_change_is_told_with_its_reason_and_asks_for_nothing() -> None:
    told = as_text([CLOSED], base="main")
    assert f"      {REMOVED.id}, acknowledged: 상담팀과 합의" in told.splitlines()
    assert "must be acknowledged" not in told
    assert (passed([CLOSED]), passed([OPEN]), passed([CLOSED, OPEN])) == (True, False, False)


def test_an_acknowledgement_of_another_change_does_not_count() -> None:
    other = SchemaReport(schema="a", changes=[REMOVED], acknowledged={LOOSENED.id: "합의"})
    assert not passed([other])


def test_a_pull_request_shows_what_a_label_holds_and_does_not_render_it() -> None:
    told = as_markdown([OPEN], base="main")
    assert "<b>" not in told
    assert "&lt;b&gt;환불&lt;/b&gt;" in told
    assert f"`{REMOVED.id}`" in told


def test_a_program_reads_every_field() -> None:
    tree = json.loads(json.dumps(as_tree([OPEN, CLOSED], base="main")))
    assert (tree["base"], tree["passed"]) == ("main", False)
    first, second = tree["schemas"]
    assert first["changes"][0]["acknowledged"] is None
    assert second["changes"][0]["acknowledged"] == "상담팀과 합의"
    assert set(first["changes"][0]) == {
        *("id", "kind", "what", "feature", "event", "before", "after", "consequence"),
        *("sentence", "acknowledged"),
    }
    assert first["refused"][0]["pinned"] == "span-000003"


def test_no_change_is_said_in_one_line() -> None:
    assert as_text([], base="main") == "No schema has changed against main."
    assert as_markdown([], base="main").endswith("No schema has changed against `main`.")
    assert passed([])
