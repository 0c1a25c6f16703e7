"""What the data gate's table looks like."""

from components.data_gate.verdict import Finding
from pipeline.console.findings import table

RARE = Finding(
    rule="rows_per_label",
    level="refuse",
    subject="train: label '환불'",
    figure="1 row",
    limit="at least 5",
    advice="add rows",
)
PERSONAL = Finding(
    rule="personal_data",
    level="warn",
    subject="phone",
    figure="2 rows",
    limit="0",
    advice="mask it",
    rows=("문의.csv:3", "문의.csv:9"),
)


def test_findings_stand_in_columns_with_advice_and_rows_below() -> None:
    assert table([PERSONAL, RARE]).splitlines() == [
        "    level   rule            where                found   limit",
        "    refuse  rows_per_label  train: label '환불'  1 row   at least 5",
        "        -> add rows",
        "    warn    personal_data   phone                2 rows  0",
        "        -> mask it",
        "           문의.csv:3",
        "           문의.csv:9",
    ]
