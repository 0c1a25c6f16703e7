"""A run through the real command: what it prints, what it writes, how it talks."""

import json
from collections.abc import Callable
from typing import Any

import yaml

NODES = [
    "ImportSchemaGen",
    "TextExampleGen",
    "DataQuality",
    "Production",
    "TextStatisticsGen",
    "LastAccepted",
    "DataGate",
    "DataGateHalt",
    "SimpleBaselines",
    "Transform",
    "Trainer",
    "Baseline",
    "Evaluator",
    "ModelGate",
    "Canary",
    "AtomicPusher",
]
TOLD = [node for node in NODES if node not in ("DataGateHalt", "LastAccepted", "Production")]
SECTIONS = [
    *("Model", "Training", "Model gate", "Canary", "Data gate", "Data quality", "Text"),
    *("Nearest neighbours", "Nodes", "Configuration"),
]
FOREIGN = ("WARNING", "INFO", "tensorflow", "absl", "Traceback", "Epoch")


def test_json_is_one_object_with_verdict_version_metrics_and_seconds(
    house: Any, first: Any
) -> None:
    assert first.status == 0
    assert len(first.out.splitlines()) == 1
    summary = first.json()
    assert summary["verdict"] == "pushed"
    assert summary["reasons"] == []
    assert [summary["pushed"]["version"]] == house.versions()[:1]
    assert summary["pushed"]["path"] == str(house.models / summary["pushed"]["version"])
    assert (house.models / summary["pushed"]["version"] / "saved_model.pb").is_file()
    assert set(summary["metrics"]) >= {"accuracy", "macro_f1", "example_count"}
    assert summary["metrics"]["accuracy"] > 0.5
    assert sorted(summary["seconds"]) == sorted(NODES)
    assert all(seconds >= 0 for seconds in summary["seconds"].values())
    assert sum(summary["seconds"].values()) < summary["total_seconds"] < first.seconds
    assert summary["cached"] == []


def test_the_runs_folder_keeps_log_configuration_verdict_report_and_summary(
    house: Any, first: Any
) -> None:
    summary = first.json()
    (folder,) = (f for f in (house.output / "runs").iterdir() if str(f) == summary["run_folder"])
    assert json.loads((folder / "summary.json").read_text("utf-8")) == summary
    kept = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    assert kept["data"]["train"] == str(house.folder / "rows.csv")
    for gate in ("data_gate", "model_gate"):
        assert json.loads((folder / gate / "verdict.json").read_text("utf-8"))["passed"]
    assert (folder / "data_gate" / "anomalies-train.pbtxt").is_file()
    assert "Epoch 1/" in (folder / "log.txt").read_text("utf-8")
    assert summary["report"] == str(folder / "report.html")
    report = (folder / "report.html").read_text("utf-8")
    assert f"Pushed version {summary['pushed']['version']} in " in report
    assert [heading for heading in SECTIONS if f"<h2>{heading}</h2>" not in report] == []
    assert [node for node in NODES if f'<th scope="row">{node}</th>' not in report] == []


def test_a_run_tells_a_line_for_each_node_and_nothing_of_the_libraries(first: Any) -> None:
    told = [line for line in first.err.splitlines() if not line.startswith(" ")]
    opening, *nodes, closing, report = told
    assert opening.startswith("enquiries: run folder ")
    assert [line.split()[:2] for line in nodes] == [["+", node] for node in TOLD]
    assert closing.startswith(f"Pushed version {first.json()['pushed']['version']} in ")
    assert report == f"Report: {first.json()['report']}"
    assert [word for word in FOREIGN if word in first.err] == []


def test_verbose_brings_the_libraries_words_back(
    house: Any, second: Any, malmoi: Callable[..., Any]
) -> None:
    quiet, loud = malmoi("run", house.config), malmoi("run", house.config, "--verbose")
    assert quiet.status == loud.status == 0
    assert quiet.err == ""
    assert "WARNING:absl" in loud.err
    told = [line for line in loud.out.splitlines() if not line.startswith(" ")]
    assert [line.split()[1] for line in told[1:-2]] == TOLD
