"""The gates: what they refuse, what a refusal says, and what it leaves behind."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

REFUSED = 2
Row = tuple[str, str]


def metadata(house: Any) -> MetadataStore:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(house.output / "metadata.sqlite")
    return MetadataStore(config)


def one_label(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] == "배송 지연"]


def a_rare_label(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] != "주문 취소"] + [("딱 하나뿐인 문의예요", "주문 취소")]


def an_unknown_label(rows: list[Row]) -> list[Row]:
    return [*rows, *((f"칭찬하고 싶어요 {number}", "칭찬") for number in range(30))]


def many_bad_rows(rows: list[Row]) -> list[Row]:
    return [("", "환불 요청")] * 15 + rows


CASES = [
    (one_label, "labels: train: 1 (배송 지연), limit at least 2; check data.columns.label"),
    (a_rare_label, "rows_per_label: train: label '주문 취소': 1 row, limit at least 5; add rows"),
    (an_unknown_label, "Examples contain values missing from the schema: 칭찬"),
    (many_bad_rows, "quarantined: train files: 10.00% of 150 rows (15), limit 1.00%; mend"),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0].__name__)
def refusal(
    request: pytest.FixtureRequest,
    build: Callable[..., Any],
    malmoi: Callable[..., Any],
    corpus_rows: list[Row],
) -> tuple[Any, Any, str]:
    """A house whose data the gate refuses, the run, and what is to be said of it."""
    rows, reason = request.param
    house = build(rows(corpus_rows[:135]))
    return house, malmoi("run", house.config, "--json"), reason


def test_bad_data_ends_with_status_2_and_a_reason_before_any_training(
    refusal: tuple[Any, Any, str],
) -> None:
    house, done, reason = refusal
    assert done.status == REFUSED
    summary = done.json()
    assert summary["verdict"] == "data refused"
    assert any(reason in told for told in summary["reasons"])
    assert summary["pushed"] is None
    assert list(summary["seconds"])[-1] == "DataGate"
    assert not house.models.exists()
    assert "The data gate refused this run; nothing was trained." in done.err
    _, *parts, advice = re.split(": |, limit |; ", reason)
    assert all(part in done.err for part in (*parts, advice))
    assert "Traceback" not in done.err


def test_a_data_refusal_stays_in_the_metadata_and_in_the_runs_folder(
    refusal: tuple[Any, Any, str],
) -> None:
    house, done, _ = refusal
    store = metadata(house)
    (artifact,) = store.get_artifacts_by_type("Verdict")
    assert artifact.custom_properties["passed"].int_value == 0
    assert artifact.state == metadata_store_pb2.Artifact.LIVE
    for folder in (Path(artifact.uri), Path(done.json()["run_folder"]) / "data_gate"):
        verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
        assert verdict["passed"] is False
        assert (folder / "anomalies-train.pbtxt").is_file()
        assert (folder / "anomalies-eval.pbtxt").is_file()
    report = unescape(Path(done.json()["report"]).read_text("utf-8"))
    assert '<h1 class="refused">The data gate refused this run; nothing was trained.</h1>' in report
    assert all(told in report for told in done.json()["reasons"])
    ran = {kind.name.rsplit(".", 1)[-1] for kind in store.get_execution_types()}
    assert "DataGate" in ran
    assert not ran & {"Transform", "Trainer"}


def test_the_first_ten_bad_rows_are_named_with_file_line_and_reason(
    refusal: tuple[Any, Any, str],
) -> None:
    house, done, reason = refusal
    first_ten = [
        f"{house.folder / 'rows.csv'}:{line}: column 'text': the text is empty"
        for line in range(2, 12)
    ]
    named = [
        line.strip() for line in done.err.splitlines() if "rows.csv:" in line and ": column" in line
    ]
    assert named == done.json()["rows"] == first_ten * reason.startswith("quarantined")


@pytest.mark.parametrize(
    ("eval_fraction", "figure"), [(0.01, "1 row, limit"), (0.99, "0 rows, limit")]
)
def test_a_label_seen_once_is_refused_on_either_side_of_the_split(
    build: Callable[..., Any],
    malmoi: Callable[..., Any],
    corpus_rows: list[Row],
    eval_fraction: float,
    figure: str,
) -> None:
    house = build(a_rare_label(corpus_rows))
    off = "gates.data.labels.level=off"  # with nearly all rows in eval, train may lack others too
    fraction = f"data.eval_fraction={eval_fraction}"
    done = malmoi("run", house.config, "--json", "--set", fraction, "--set", off)
    assert done.status == REFUSED
    assert any(
        told.startswith(f"rows_per_label: train: label '주문 취소': {figure}")
        for told in done.json()["reasons"]
    )


def test_a_rule_that_only_warns_lets_the_run_go_on(
    build: Callable[..., Any], malmoi: Callable[..., Any], corpus_rows: list[Row]
) -> None:
    house = build(an_unknown_label(corpus_rows[:135]))
    done = malmoi(
        *("run", house.config),
        *("--set", "gates.data.anomalies.level=warn", "--set", "gates.data.labels.limit=9"),
    )
    assert done.status == REFUSED
    assert "DataGate" in done.out
    assert re.search(r"refuse +labels +train +4", done.out)
    assert re.search(r"warn +anomalies", done.out)
    assert not re.search(r"refuse +anomalies", done.out)


def test_a_model_below_the_threshold_is_not_pushed(house: Any, too_strict: Any) -> None:
    assert too_strict.status == REFUSED
    summary = too_strict.json()
    assert summary["verdict"] == "model refused"
    assert summary["pushed"] is None
    accuracy = summary["metrics"]["accuracy"]
    (told,) = summary["reasons"]
    assert told.startswith(f"accuracy: accuracy is {accuracy:.4f}, with 95% confidence between ")
    assert "the lower end is below 1; look at the labels" in told
    assert "The model gate refused this model; nothing was pushed." in too_strict.err
    assert re.search(r"refuse +accuracy +all rows +0\.\d+ .* at least 1\n", too_strict.err)
    assert told.removeprefix("accuracy: ") in too_strict.err


def test_the_first_model_is_said_to_have_no_baseline(first: Any) -> None:
    (line,) = (line for line in first.err.splitlines() if "ModelGate" in line)
    assert line.endswith(
        "production: no baseline yet: no other model is known to have served before this one"
    )


def test_a_model_refusal_stays_beside_the_blessing_and_in_the_runs_folder(
    house: Any, too_strict: Any
) -> None:
    kept = Path(too_strict.json()["run_folder"]) / "model_gate"
    assert (kept / "NOT_BLESSED").is_file()
    assert json.loads((kept / "verdict.json").read_text("utf-8"))["passed"] is False
    text = (kept / "verdict.txt").read_text("utf-8")
    assert text.startswith("refused, on ")
    assert all(reason in text for reason in too_strict.json()["reasons"])
    report = unescape(Path(too_strict.json()["report"]).read_text("utf-8"))
    assert "The model gate refused this model; nothing was pushed.</h1>" in report
    assert all(reason in report for reason in too_strict.json()["reasons"])
    judged = [
        blessing
        for blessing in metadata(house).get_artifacts_by_type("ModelBlessing")
        if (Path(blessing.uri) / "NOT_BLESSED").is_file()
    ]
    assert judged
    assert all(blessing.custom_properties["blessed"].int_value == 0 for blessing in judged)


def test_a_worse_model_than_the_blessed_one_is_not_pushed(house: Any, worse: Any) -> None:
    assert worse.status == REFUSED
    summary = worse.json()
    assert summary["verdict"] == "model refused"
    assert summary["pushed"] is None
    told = {reason.partition(":")[0]: reason for reason in summary["reasons"]}
    assert set(told) >= {"accuracy_loss", "macro_f1_loss"}
    assert told["accuracy_loss"].startswith("accuracy_loss: accuracy differs by -0.")
    assert "worse than production beyond the margin of 0.005" in told["accuracy_loss"]


def test_a_refused_model_leaves_the_versions_as_they_were(
    house: Any, versions_before_refusals: list[str], too_strict: Any, worse: Any
) -> None:
    assert house.versions()[: len(versions_before_refusals)] == versions_before_refusals
    assert too_strict.json()["pushed"] is worse.json()["pushed"] is None
