"""What a verdict of the model gate says, as JSON, as text and as the console's findings."""

from components.model_gate.verdict import Check, Verdict

KEPT = Check(
    rule="size_mb",
    level="refuse",
    state="kept",
    subject="export",
    figure="9.6 MB",
    limit="at most 500 MB",
    sentence="the export has 9.6 MB",
    advice="make the network smaller",
)
WARNED = Check(
    rule="calibration",
    level="warn",
    state="broken",
    subject="all rows",
    figure="0.1200",
    limit="at most 0.1",
    sentence="0.1200 apart",
    advice="train for fewer epochs",
)
REFUSED = Check(
    rule="label_loss",
    level="refuse",
    state="broken",
    subject="label '환불'",
    figure="-0.2000 on 80 rows",
    limit="may lose 0.05",
    sentence="label '환불' went from 0.9000 to 0.7000",
    advice="look at these rows",
)
SILENT = Check(
    rule="latency_ratio",
    level="refuse",
    state="not judged",
    subject="production",
    figure="",
    limit="1.5",
    sentence="no baseline yet",
    advice="",
)
ALL = Verdict(production="model 7", rows=1_223, checks=(KEPT, WARNED, REFUSED, SILENT))


def test_a_refusing_rule_that_is_broken_refuses() -> None:
    assert not ALL.passed
    assert ALL.refusals == (REFUSED,)
    assert ALL.broken == (REFUSED, WARNED)
    assert Verdict(production="", rows=1, checks=(KEPT, WARNED, SILENT)).passed


def test_json_reads_back_the_same() -> None:
    assert Verdict.from_json(ALL.to_json()) == ALL
    assert '"passed": false' in ALL.to_json()
    assert "환불" in ALL.to_json()


def test_the_text_begins_with_the_verdict_and_what_complains() -> None:
    assert ALL.to_text().splitlines() == [
        "refused, on 1,223 eval rows; production: model 7",
        "",
        "Refuses:",
        "  label_loss: label '환불' went from 0.9000 to 0.7000; look at these rows",
        "",
        "Warns:",
        "  calibration: 0.1200 apart; train for fewer epochs",
        "",
        "Kept:",
        "  size_mb: the export has 9.6 MB",
        "",
        "Not judged:",
        "  latency_ratio: no baseline yet",
    ]


def test_findings_for_the_console_carry_the_words_below_the_figures() -> None:
    finding, _ = ALL.findings
    assert (finding.rule, finding.level, finding.figure) == (
        "label_loss",
        "refuse",
        "-0.2000 on 80 rows",
    )
    assert finding.advice == "label '환불' went from 0.9000 to 0.7000; look at these rows"
