"""The gate without a run: the nodes up to DataGate, in a folder that is gone afterwards."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
import typer

from components.data_gate.verdict import Finding, Verdict
from pipeline.config import Config, load
from pipeline.console.schema_check import check as command
from pipeline.console.schema_check import in_words
from pipeline.schema_contract.check import Checked, check, write_pinned
from pipeline.schema_contract.compare import parse
from pipeline.schema_contract.pinned import key_of, pinned_files
from pipeline.schema_contract.replay import replay_files
from serving.releases.accepted import STATISTICS_FOLDER, accepted_statistics
from serving.releases.manifest import Provenance
from serving.releases.publish import push

MALMOI = Path(sys.executable).with_name("malmoi")
SCHEMA = """
feature { name: "본문" type: BYTES presence { min_fraction: 1.0 min_count: 1 } }
feature {
  name: "유형" type: BYTES domain: "labels" presence { min_fraction: 1.0 }
  not_in_environment: "SERVING"
}
string_domain { name: "labels" value: "배송" value: "환불" }
default_environment: "TRAINING"
default_environment: "SERVING"
"""
CONFIG = """name: enquiries
data:
  train: "span-{SPAN}.csv"
  columns: {text: 본문, label: 유형}
  eval_fraction: 0.3
schema: schema.pbtxt
"""


class Heard:
    """Keeps the nodes' names."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def node_started(self, node: str) -> None:
        pass

    def node_ended(self, result: Any) -> None:
        self.ended.append(result.node)


def write_rows(path: Path, labels: Sequence[str], *, times: int = 30) -> None:
    numbers = range(times)
    rows = [[f"{n}번째 문의, 언제 {label}되나요ㅠㅠ", label] for n in numbers for label in labels]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["본문", "유형"], *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    (folder / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (folder / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_rows(folder / "span-6.csv", ["배송", "환불", "교환"])
    write_rows(folder / "span-7.csv", ["배송", "환불"])
    return folder


@pytest.fixture(scope="module")
def config(folder: Path) -> Config:
    return load(folder / "malmoi.yaml")


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def released(config: Config, folder: Path) -> Path:
    """A released version that keeps the statistics of other data."""
    (folder / "model").mkdir()
    (folder / "model" / "saved_model.pb").write_bytes(b"graph")

    def keep(version: Path) -> None:
        rows = pd.DataFrame({"본문": ["지난주의 문의"] * 9, "유형": ["환불"] * 9})
        path = version / STATISTICS_FOLDER / "Split-train" / "FeatureStats.pb"
        path.parent.mkdir(parents=True)
        path.write_bytes(tfdv.generate_statistics_from_dataframe(rows).SerializeToString())

    origin = Provenance(data_digest="last week")
    push(folder / "model", config.models_dir, provenance=origin, keep=2, prepare=keep)
    return config.models_dir


@pytest.fixture(scope="module")
def checked(config: Config, heard: Heard, released: Path) -> Checked:
    assert accepted_statistics(released) is not None
    return check(config, heard)


def test_good_data_passes_and_nothing_is_left_behind(
    checked: Checked, heard: Heard, config: Config
) -> None:
    assert checked.verdict.passed
    assert heard.ended[-1] == "DataGate"
    assert "Transform" not in heard.ended
    assert [path.name for path in config.output_dir.iterdir()] == ["models"]


def test_drift_from_what_was_released_is_not_measured(checked: Checked) -> None:
    assert checked.verdict.comparisons["drift"].startswith("no baseline yet")


def test_what_passed_is_pinned_by_its_span_and_replays(
    checked: Checked, config: Config, folder: Path
) -> None:
    assert checked.span == 7
    path = write_pinned(config, checked, today=date(2026, 11, 21))
    assert path == folder / "pinned" / "span-000007.json"
    assert [d.name for d in checked.statistics.datasets] == ["train", "eval"]
    assert sum(d.num_examples for d in checked.statistics.datasets) == 60
    assert "번째".encode() not in path.read_bytes()
    schema = parse(SCHEMA, path="schema.pbtxt")
    assert replay_files(schema, pinned_files(folder)) == []
    stricter = parse(SCHEMA.replace('value: "환불"', ""), path="schema.pbtxt")
    splits = [refusal.split for refusal in replay_files(stricter, pinned_files(folder))]
    assert splits == ["train", "eval"]
    key = key_of(path.read_bytes())
    assert key_of(write_pinned(config, checked, today=date.today()).read_bytes()) == key


def test_the_rarest_of_a_thousand_labels_is_pinned_too(tmp_path: Path) -> None:
    labels = [f"{number}번 상품" for number in range(1_300)]
    values = " ".join(f'value: "{label}"' for label in labels)
    schema = SCHEMA.replace('value: "배송" value: "환불"', values)
    (tmp_path / "schema.pbtxt").write_text(schema, "utf-8")
    gates = "gates: {data: {rows_per_label: off, absent_labels: off, near_duplicates: off}}\n"
    (tmp_path / "malmoi.yaml").write_text(CONFIG + gates, "utf-8")
    write_rows(tmp_path / "span-7.csv", labels[:-1], times=2)
    with (tmp_path / "span-7.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["딱 한 번 온 문의", labels[-1]])
    config = load(tmp_path / "malmoi.yaml")
    write_pinned(config, check(config, Heard()), today=date(2026, 11, 21))
    without = parse(schema.replace(f'value: "{labels[-1]}"', ""), path="schema.pbtxt")
    (refusal,) = replay_files(without, pinned_files(tmp_path))
    assert labels[-1] in refusal.reason


def test_an_earlier_pinned_file_that_is_none_is_named(
    checked: Checked, config: Config, folder: Path
) -> None:
    broken = folder / "pinned" / "span-999999.json"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("{}", "utf-8")
    with pytest.raises(ValueError, match=r"span-999999\.json: no pinned statistics"):
        write_pinned(config, checked, today=date(2026, 11, 21))
    broken.unlink()


def test_the_command_refuses_bad_data_with_status_2_and_pins_nothing(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        command(folder / "malmoi.yaml", overrides=["data.span=6"], pin=True, as_json=True)
    told = capfd.readouterr()
    assert ended.value.exit_code == 2
    assert "The data is refused.\n  refuse: anomalies: train: 유형: " in told.err
    assert json.loads(told.out)["passed"] is False
    assert not (folder / "pinned" / "span-000006.json").exists()


def test_a_check_that_is_terminated_leaves_no_copy_of_the_data(folder: Path) -> None:
    check = subprocess.Popen(
        [MALMOI, "schema", "check", "malmoi.yaml", "--set", "output=terminated"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert check.stdout
    for line in check.stdout:
        if line.startswith("+ TextExampleGen"):
            break
    check.terminate()
    _, told = check.communicate(timeout=60)
    assert check.returncode == 1
    assert told.startswith("Interrupted.")
    assert [path.name for path in (folder / "terminated").iterdir()] == ["schema-check.log"]


def test_the_rows_of_each_refusal_stand_below_it() -> None:
    said = {"level": "refuse", "figure": "2.00%", "limit": "1.00%", "advice": "mend them"}
    leaked = Finding(**said, rule="leakage", subject="eval rows", rows=("eval.csv:2",))
    repeated = Finding(**said, rule="duplicates", subject="train rows", rows=("train.csv:9",))
    assert in_words(Verdict((leaked, repeated))).splitlines() == [
        "The data is refused.",
        f"  refuse: {leaked.in_words()}",
        "    eval.csv:2",
        f"  refuse: {repeated.in_words()}",
        "    train.csv:9",
    ]


def test_a_check_that_cannot_start_lists_the_faults(folder: Path) -> None:
    done = subprocess.run(
        [MALMOI, "schema", "check", "malmoi.yaml", "--set", "data.columns.label=없음"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("This check cannot start:\n  data.train: ")
    assert "schema: " in done.stderr
