"""Accepting loosens exactly the one rule that was named, and TFDV agrees."""

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate import evidence as read
from components.data_gate import executor
from components.data_gate.rules import Evidence, judge
from components.data_quality.report import Overlap, Quality
from pipeline.config import load
from pipeline.console.schema_accept import accept as command
from pipeline.schema_contract import refusals
from pipeline.schema_contract.accept import Accepted, NotAcceptedError, accept, refused_rules
from pipeline.schema_contract.refusals import NotRefusedError

NOTHING = Overlap(texts=0, rows=0, examples=())
SOUND = Quality(
    labels={},
    duplicates=NOTHING,
    leakage_verbatim=NOTHING,
    leakage=NOTHING,
    conflicts_verbatim=NOTHING,
    conflicts=NOTHING,
    near_duplicates=NOTHING,
    near_leakage=NOTHING,
    personal={},
)
MALMOI = Path(sys.executable).with_name("malmoi")

SCHEMA = """# 고객 문의의 계약
feature {
  name: "본문"
  type: BYTES
  presence { min_fraction: 1.0 }  # 빈 문의는 없다
}
feature {
  name: "라벨"
  type: BYTES
  domain: "labels"
  drift_comparator { infinity_norm { threshold: 0.05 } }
}
feature { name: "stars" type: INT int_domain { min: 1 max: 5 } }
feature { name: "channel" type: INT }
string_domain {
  name: "labels"
  value: "환불"  # 100건
  value: "배송"
}
default_environment: "TRAINING"
"""
CONFIG = """# 고객 문의
name: enquiries
data:
  train: rows.csv
  columns: {text: 본문, label: 라벨, side: {stars: int, channel: str}}
schema: schema.pbtxt
gates:
  data:
    drift: {min_rows: 100}
    labels: {limit: 2}  # 둘은 있어야 배울 것이 있다
"""
ROWS = pd.DataFrame(
    {
        "본문": [f"{n}번 문의" for n in range(98)] + [None, None],
        "라벨": ["환불"] * 45 + ["배송"] * 45 + ["환불, 보류 (~1%)"] * 6 + ['"기타"'] * 4,
        "stars": [0] * 50 + [7] * 50,
        "channel": ["app"] * 100,
    }
)
BEFORE = pd.DataFrame({"라벨": ["환불"] * 90 + ["배송"] * 10, "stars": [1] * 100})

RULES = [
    "quarantined",
    "rows_per_label",
    "channel:unexpected_data_type",
    "라벨:value:환불, 보류 (~1%)",
    '라벨:value:"기타"',
    "본문:presence.min_fraction",
    "stars:int_domain.min",
    "stars:int_domain.max",
    "라벨:drift.infinity_norm",
]


def statistics(rows: pd.DataFrame) -> Any:
    return tfdv.generate_statistics_from_dataframe(rows)


def violations(schema: schema_pb2.Schema) -> Any:
    return tfdv.validate_statistics(
        statistics(ROWS), schema, previous_statistics=statistics(BEFORE)
    )


def reasons(schema: Path) -> set[tuple[str, str]]:
    found = violations(text_format.Parse(schema.read_text("utf-8"), schema_pb2.Schema()))
    return {
        (column, f"{reason.type} {reason.description}")
        for column, info in found.anomaly_info.items()
        for reason in info.reason
    }


def write_run(
    folder: Path,
    name: str,
    *,
    refused: bool = True,
    served: pd.DataFrame | None = None,
    overrides: Sequence[str] = (),
) -> None:
    """Write what a run and its data gate write into the run's folder; `BEFORE` is eval too."""
    run = folder / "output" / "runs" / name
    gate = run / "data_gate"
    gate.mkdir(parents=True)
    config = load(folder / "malmoi.yaml", overrides)
    (run / "config.yaml").write_text(config.to_yaml(), "utf-8")
    schema = text_format.Parse((folder / "schema.pbtxt").read_text("utf-8"), schema_pb2.Schema())
    train, before = statistics(ROWS), statistics(BEFORE if refused else ROWS)
    asked = None if served is None else statistics(served)
    compare = partial(read.comparison, schema=schema, folder=str(gate))
    evidence = Evidence(
        rows_read={"train": 1_000, "eval": 1_000, "unlabelled": 1_000},
        rows_quarantined={"train": 12, "eval": 15, "unlabelled": 13} if refused else {},
        quarantine={"eval": ["rows.csv:3: the text is empty"]},
        label_counts={"환불": 45, "배송": 45, "기타": 4, "보류": 3}
        if refused
        else {"가": 9, "나": 9},
        absent_labels=[],
        anomalies=read.anomalies("train", train, schema, str(gate)) if refused else [],
        quality=SOUND,
        text_shares={},
        drift=compare("drift", train, before),
        skew=compare("skew", train, before),
        served=compare("skew", train, asked, name="served"),
    )
    (gate / "verdict.json").write_text(judge(evidence, config.gates.data).to_json(), "utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    (folder / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (folder / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(folder, "20261121-090000-000000")
    return folder


@pytest.fixture
def loosened(made: Path) -> Callable[[str], Accepted]:
    config = made / "malmoi.yaml"
    return lambda rule: accept(config, load(config), rule)


def test_every_rule_that_refused_has_a_name(made: Path) -> None:
    folder, rules = refused_rules(load(made / "malmoi.yaml"))
    assert {rule.rule for rule in rules} == set(RULES)
    assert folder.parent.name == "20261121-090000-000000"


@pytest.mark.parametrize(
    ("rule", "was", "now"),
    [
        (
            '라벨:value:"기타"',
            '  value: "배송"\n',
            '  value: "배송"\n  value: "\\"기타\\""\n',
        ),
        (
            "라벨:value:환불, 보류 (~1%)",
            '  value: "배송"\n',
            '  value: "배송"\n  value: "환불, 보류 (~1%)"\n',
        ),
        ("본문:presence.min_fraction", "min_fraction: 1.0", "min_fraction: 0.98"),
        ("stars:int_domain.min", "min: 1", "min: 0"),
        ("stars:int_domain.max", "max: 5", "max: 7"),
        ("라벨:drift.infinity_norm", "threshold: 0.05", "threshold: 0.4501"),
    ],
)
def test_a_rule_of_the_schema_is_loosened_and_tfdv_lets_this_alone_pass(
    loosened: Callable[[str], Accepted], tmp_path: Path, rule: str, was: str, now: str
) -> None:
    done = loosened(rule)
    assert (done.before, done.after) == (SCHEMA, SCHEMA.replace(was, now))
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text(done.before, "utf-8")
    new.write_text(done.after, "utf-8")
    gone, come = reasons(old) - reasons(new), reasons(new) - reasons(old)
    assert len(gone) == 1
    # Of two unknown labels the other stays; every other rule complains as before.
    assert len(come) == (1 if ":value:" in rule else 0)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("quarantined", "    quarantined: {limit: 0.0151}"),
        ("rows_per_label", "    rows_per_label: {limit: 3}"),
    ],
)
def test_a_rule_of_the_configuration_is_loosened_by_one_key(
    loosened: Callable[[str], Accepted], rule: str, line: str
) -> None:
    done = loosened(rule)
    assert done.file.name == "malmoi.yaml"
    assert done.after == CONFIG + line + "\n"
    assert done.message.startswith(f"gates(enquiries): set gates.data.{rule}.limit to ")


def test_the_message_says_what_refused_and_asks_why_it_is_right(
    loosened: Callable[[str], Accepted],
) -> None:
    done = loosened('라벨:value:"기타"')
    title, _, *body = done.message.splitlines()
    assert title == ("schema(enquiries): 라벨: label '\"기타\"' is added, 2 labels -> 3 labels")
    assert body == [
        "Run 20261121-090000-000000 was refused: '라벨': the value '\"기타\"' is missing from the "
        "schema",
        "Accepted because: (say why the world has changed and the data is right)",
    ]


def test_another_rule_is_refused_with_the_list_of_those_that_refused(
    loosened: Callable[[str], Accepted],
) -> None:
    with pytest.raises(NotAcceptedError) as caught:
        loosened("라벨:value:교환")
    told = str(caught.value)
    assert told.startswith("rule '라벨:value:교환' did not refuse the run; these did:\n")
    assert [rule for rule in RULES if f"\n  {rule}\n" not in told] == []


def test_what_no_single_edit_accepts_is_refused(loosened: Callable[[str], Accepted]) -> None:
    with pytest.raises(NotAcceptedError, match=r"no single edit accepts 'channel': .*by hand"):
        loosened("channel:unexpected_data_type")


def test_a_domain_that_two_features_share_is_not_loosened_for_both(tmp_path: Path) -> None:
    shared = SCHEMA.replace('channel" type: INT', 'channel" type: INT domain: "labels"')
    shared = shared.replace("INT domain", "BYTES domain")
    (tmp_path / "schema.pbtxt").write_text(shared, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(tmp_path, "20261121-090000-000000")
    config = tmp_path / "malmoi.yaml"
    with pytest.raises(ValueError, match="features may share the domain"):
        accept(config, load(config), '라벨:value:"기타"')


@pytest.mark.parametrize(
    ("rule", "file"), [('라벨:value:"기타"', "schema.pbtxt"), ("quarantined", "malmoi.yaml")]
)
def test_lines_that_end_as_on_windows_stay_so(tmp_path: Path, rule: str, file: str) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8", newline="\r\n")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8", newline="\r\n")
    write_run(tmp_path, "20261121-090000-000000")
    command(tmp_path / "malmoi.yaml", rule)
    before = {"schema.pbtxt": SCHEMA, "malmoi.yaml": CONFIG}[file].splitlines()
    after = (tmp_path / file).read_bytes().decode().split("\r\n")
    assert not any("\n" in line for line in after)
    assert len(set(after) - set(before) - {""}) == 1


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (SCHEMA.removesuffix('"\n'), r"schema\.pbtxt:\d+:\d+ .*mend it there"),
        (SCHEMA + 'feature { name: "라벨" }', "declared more than once: '라벨'"),
    ],
)
def test_a_schema_broken_since_the_run_is_told(tmp_path: Path, schema: str, message: str) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(tmp_path, "20261121-090000-000000")
    (tmp_path / "schema.pbtxt").write_text(schema, "utf-8")
    config = tmp_path / "malmoi.yaml"
    with pytest.raises(ValueError, match=message):
        accept(config, load(config), '라벨:value:"기타"')


def test_a_distance_that_was_not_judged_is_no_rule_to_loosen(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    few = ["gates.data.drift.min_rows=101"]  # of a column whose new labels are refused
    write_run(tmp_path, "20261121-090000-000000", overrides=few)
    _, rules = refused_rules(load(tmp_path / "malmoi.yaml"))
    assert {rule.rule for rule in rules} == set(RULES) - {"라벨:drift.infinity_norm"}


def test_served_requests_too_few_to_judge_do_not_move_the_threshold(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA.replace("drift_comp", "skew_comp"), "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG.replace("drift:", "skew:"), "utf-8")
    served = pd.DataFrame({"라벨": ["배송"] * 99})
    write_run(tmp_path, "20261121-090000-000000", served=served)
    _, rules = refused_rules(load(tmp_path / "malmoi.yaml"))
    (skew,) = (rule for rule in rules if rule.rule == "라벨:skew.infinity_norm")
    assert skew.words == "'라벨': skew by infinity_norm is 0.45, limit 0.05"


def test_another_pipelines_run_in_the_same_output_folder_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(tmp_path, "20261120-090000-000000")
    write_run(tmp_path, "20261121-090000-000000", refused=False, overrides=["name=reviews"])
    folder, _ = refused_rules(load(tmp_path / "malmoi.yaml"))
    assert folder.parent.name == "20261120-090000-000000"
    with pytest.raises(NotRefusedError, match=r"no run of complaints in .* has come to the data"):
        refused_rules(load(tmp_path / "malmoi.yaml", ["name=complaints"]))


def test_only_the_newest_run_counts(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    config = load(tmp_path / "malmoi.yaml")
    with pytest.raises(NotRefusedError, match=r"no run of enquiries in .* has come to"):
        refused_rules(config)
    write_run(tmp_path, "20261120-090000-000000")
    assert len(refused_rules(config)[1]) == len(RULES)
    write_run(tmp_path, "20261121-090000-000000", refused=False)
    with pytest.raises(NotRefusedError, match="let the newest run pass"):
        refused_rules(config)


def test_the_command_shows_the_edit_makes_it_and_lists_the_rules(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(tmp_path, "20261121-090000-000000")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [MALMOI, "schema", "accept", "malmoi.yaml", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert "\n  quarantined\n    quarantined: train files: 1.20%" in run().stdout
    rule = ("--rule", "stars:int_domain.max")
    trial = run(*rule, "--dry-run")
    assert (tmp_path / "schema.pbtxt").read_text("utf-8") == SCHEMA
    done = run(*rule)
    assert done.returncode == 0
    assert (tmp_path / "schema.pbtxt").read_text("utf-8") == SCHEMA.replace("max: 5", "max: 7")
    shown = '-feature { name: "stars" type: INT int_domain { min: 1 max: 5 } }\n'
    assert shown in done.stdout
    assert shown in trial.stdout
    assert "    schema(enquiries): stars: its largest value is moved, 5 -> 7\n" in done.stdout
    again = run(*rule)
    assert again.returncode == 1
    assert "the schema may be loose enough already" in again.stderr


def test_a_full_disk_leaves_the_old_schema_whole(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    write_run(tmp_path, "20261121-090000-000000")
    done = subprocess.run(
        [MALMOI, "schema", "accept", "malmoi.yaml", "--rule", "stars:int_domain.max"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )
    assert done.returncode == 1
    assert str(tmp_path / "schema.pbtxt") in done.stderr
    assert (tmp_path / "schema.pbtxt").read_text("utf-8") == SCHEMA


def test_the_gate_writes_its_verdict_where_it_is_looked_for() -> None:
    assert refusals.VERDICT_FILE == executor.VERDICT_FILE
