"""The workflow's own lines, run in a scratch repository, for every class of change."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tensorflow_metadata.proto.v0 import statistics_pb2

from pipeline.schema_contract.acknowledged import acknowledged
from pipeline.schema_contract.compare import parse
from pipeline.schema_contract.diff import diff
from pipeline.schema_contract.pinned import pin
from pipeline.schema_contract.report import as_markdown
from pipeline.schema_contract.revisions import read_versions

ROOT: Final = Path(__file__).resolve().parents[3]
WORKFLOW: Final = yaml.safe_load((ROOT / ".github/workflows/schema.yml").read_text("utf-8"))
MALMOI: Final = Path(sys.executable).with_name("malmoi")

SCHEMA = """# 고객 문의
feature { name: "text" type: BYTES presence { min_fraction: 1.0 } }
feature {
  name: "label" type: BYTES domain: "labels"
  drift_comparator { infinity_norm { threshold: 0.05 } }
  not_in_environment: "SERVING"
}
string_domain {
  name: "labels"
  value: "배송"
  value: "환불"
}
default_environment: "TRAINING"
default_environment: "SERVING"
"""
CONFIG = "name: a\ndata: {columns: {text: text, label: label}}\nschema: schema/a/schema.pbtxt\n"
MAKEFILE = "install:\n\tln -sfn {prefix} .venv\n"
PATH = "schema/a/schema.pbtxt"
IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str) -> None:
    environment = os.environ | IDENTITY
    subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("origin")
    git(folder, "init", "-q", "-b", "main")
    (folder / "schema" / "a").mkdir(parents=True)
    (folder / PATH).write_text(SCHEMA, "utf-8")
    (folder / "malmoi.yaml").write_text(CONFIG, "utf-8")
    (folder / "Makefile").write_text(MAKEFILE.format(prefix=sys.prefix), "utf-8")
    (folder / ".gitignore").write_text(".venv\n", "utf-8")
    commit(folder, "the contract")
    return folder


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(origin), "clone")
    git(tmp_path / "clone", "checkout", "-q", "-b", "change")
    return tmp_path / "clone"


def edit(folder: Path, was: str, now: str) -> None:
    text = (folder / PATH).read_text("utf-8")
    assert was in text
    (folder / PATH).write_text(text.replace(was, now), "utf-8")


def run_workflow(folder: Path) -> tuple[int, str]:
    """Run each `run:` line as a runner does; returns the exit status and the job's summary."""
    (job,) = WORKFLOW["jobs"].values()
    summary = folder.parent / "summary.md"
    variables = {
        name: value.replace("${{ github.base_ref }}", "main") for name, value in job["env"].items()
    }
    assert not any("${{" in value for value in variables.values())
    environment = os.environ | IDENTITY | variables | {"GITHUB_STEP_SUMMARY": str(summary)}
    status = 0
    for step in job["steps"]:
        if "run" in step and status == 0:
            command = ["bash", "-e", "-c", step["run"]]
            status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    return status, summary.read_text("utf-8")


def test_the_workflow_runs_on_changes_of_the_schema_with_the_history_that_it_compares() -> None:
    # PyYAML reads the key `on` as true, as YAML 1.1 has it.
    assert WORKFLOW[True]["pull_request"]["paths"] == ["schema/**"]
    (job,) = WORKFLOW["jobs"].values()
    (checkout,) = (s for s in job["steps"] if s.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["fetch-depth"] == 0
    assert sum("malmoi schema diff" in step.get("run", "") for step in job["steps"]) == 1


@pytest.mark.parametrize(
    ("was", "now", "heading", "status"),
    [
        ('  value: "환불"\n', "", "Breaking for the served model", 2),
        ('"환불"', '"환불"\n  value: "교환"', "Needs retraining", 0),
        ("0.05", "0.07", "Loosens a gate", 0),
        ("0.05", "0.03", "Tightens a gate", 0),
        ("# 고객 문의", "# 온라인 쇼핑몰의 고객 문의", "Cosmetic", 0),
    ],
)
def test_every_class_of_change_is_told_in_the_summary(
    clone: Path, was: str, now: str, heading: str, status: int
) -> None:
    edit(clone, was, now)
    commit(clone, "change")
    done, summary = run_workflow(clone)
    assert done == status
    assert f"### {heading}\n" in summary
    assert ("**Refused.**" in summary) == bool(status)


def test_an_acknowledged_breaking_change_passes_with_its_reason(clone: Path) -> None:
    edit(clone, '  value: "환불"\n', "")
    commit(clone, "change")
    status, summary = run_workflow(clone)
    assert status == 2
    (line,) = (line for line in summary.splitlines() if line.endswith(": why"))
    item = line.replace(": why", ": 환불 문의는 상담사가 직접 받는다")
    (clone / "schema" / "a" / "ACKNOWLEDGED.md").write_text(f"# 확인한 변경\n\n{item}\n", "utf-8")
    commit(clone, "acknowledge")
    (clone.parent / "summary.md").unlink()
    status, summary = run_workflow(clone)
    assert status == 0
    assert "  - acknowledged: 환불 문의는 상담사가 직접 받는다\n" in summary
    assert "**Refused.**" not in summary


def pinned_statistics(**labels: int) -> bytes:
    found = statistics_pb2.DatasetFeatureStatisticsList()
    rows = sum(labels.values())
    dataset = found.datasets.add(name="train", num_examples=rows)
    for name, values in (("text", {}), ("label", labels)):
        feature = dataset.features.add(type="STRING")
        feature.path.step.append(name)
        common = feature.string_stats.common_stats
        common.num_non_missing = common.tot_num_values = rows
        common.min_num_values = common.max_num_values = 1
        for value, count in values.items():
            feature.string_stats.rank_histogram.buckets.add(label=value, sample_count=count)
    return pin(found, parse(SCHEMA, path=PATH), key=bytes(16))


def test_pinned_spans_that_the_new_schema_would_refuse_are_named(clone: Path) -> None:
    pinned = clone / "schema" / "a" / "pinned"
    pinned.mkdir()
    (pinned / "span-000001.json").write_bytes(pinned_statistics(배송=50, 환불=50))
    (pinned / "span-000002.json").write_bytes(pinned_statistics(배송=54, 환불=46))
    edit(clone, "0.05", "0.03")
    commit(clone, "change")
    # In this process: another one would take seconds to import TFDV once more.
    summary = as_markdown(diff("origin/main", clone), base="origin/main")
    assert "Replayed over 2 pinned statistics: 1 would now be refused.\n" in summary
    assert "- span-000002, train: 'label' would be refused: The Linfty distance" in summary


def test_a_replay_says_nothing_but_what_it_finds(clone: Path) -> None:
    """TFDV, TensorFlow and Google's packages have dozens of lines to say where they are loaded."""
    pinned = clone / "schema" / "a" / "pinned"
    pinned.mkdir()
    (pinned / "span-000001.json").write_bytes(pinned_statistics(배송=50, 환불=50))
    edit(clone, "0.05", "0.03")
    done = subprocess.run(
        [MALMOI, "schema", "diff"],
        cwd=clone,
        env=os.environ | IDENTITY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Replayed over 1 pinned statistics: all would still be accepted." in done.stdout
    assert done.stderr == ""


def diff_as_json(folder: Path, *arguments: str) -> tuple[int, Any]:
    done = subprocess.run(
        [MALMOI, "schema", "diff", "--json", *arguments],
        cwd=folder,
        env=os.environ | IDENTITY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def add_another(folder: Path) -> None:
    (folder / "schema" / "b").mkdir()
    (folder / "schema" / "b" / "schema.pbtxt").write_text(SCHEMA, "utf-8")


def rename_text(folder: Path) -> None:
    edit(folder, '"text"', '"본문"')
    (folder / "malmoi.yaml").write_text(CONFIG.replace("text: text", "text: 본문"), "utf-8")


@pytest.mark.parametrize(
    ("change", "status", "what"),
    [
        (add_another, 0, "schema-added"),
        (lambda folder: shutil.rmtree(folder / "schema" / "a"), 2, "schema-removed"),
        (rename_text, 2, "text-renamed"),
    ],
)
def test_the_working_tree_is_compared_uncommitted_too(
    clone: Path, change: Callable[[Path], None], status: int, what: str
) -> None:
    change(clone)
    done, tree = diff_as_json(clone)
    assert (done, tree["passed"]) == (status, status == 0)
    (schema,) = tree["schemas"]
    (told,) = schema["changes"]
    assert told["what"] == what
    assert told["sentence"].endswith(".")


def test_what_others_have_merged_meanwhile_does_not_appear_undone(
    origin: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(origin), "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "-q", "-b", "change")
    git(clone, "checkout", "-q", "main")
    edit(clone, "0.05", "0.5")
    commit(clone, "theirs")
    git(clone, "checkout", "-q", "change")
    assert diff_as_json(clone, "--base", "main") == (
        0,
        {"base": "main", "passed": True, "schemas": []},
    )


def test_a_revision_that_is_not_there_is_a_fault_that_says_what_to_type(clone: Path) -> None:
    status, told = diff_as_json(clone, "--base", "origin/none")
    assert status == 1
    assert told.startswith("git cannot compare with origin/none: ")
    assert "git fetch --unshallow" in told


def test_the_command_in_another_folder_is_a_fault_and_no_approval(clone: Path) -> None:
    (clone / "docs").mkdir()
    status, told = diff_as_json(clone / "docs", "--base", "HEAD")
    assert status == 1
    assert told.endswith("run the command in the folder that holds schema/\n")


def test_lines_that_end_as_on_windows_are_no_change(clone: Path) -> None:
    (clone / PATH).write_bytes(SCHEMA.replace("\n", "\r\n").encode())
    assert diff("HEAD", clone) == []
    commit(clone, "line ends")
    assert diff("HEAD", clone) == []
    (clone / PATH).write_text(SCHEMA, "utf-8")
    assert diff("HEAD", clone) == []


def test_a_schema_in_another_encoding_is_named_and_other_yaml_is_let_be(clone: Path) -> None:
    (clone / "배포.yaml").write_bytes("이름: 문의\n".encode("cp949"))
    assert diff("HEAD", clone) == []
    (clone / PATH).write_bytes(SCHEMA.encode("cp949"))
    with pytest.raises(ValueError, match=r"schema/a/schema\.pbtxt: expected UTF-8, got byte 0xb0"):
        diff("HEAD", clone)


def test_a_base_that_is_no_schema_is_told_as_the_version_before(clone: Path) -> None:
    (clone / PATH).write_text("<<<<<<< HEAD\n" + SCHEMA, "utf-8")
    commit(clone, "a merge gone wrong")
    assert diff("HEAD", clone) == []  # nothing has changed
    (clone / PATH).write_text(SCHEMA, "utf-8")
    with pytest.raises(ValueError, match=r"pbtxt \(before\):1:1 .*name a revision with --base"):
        diff("HEAD", clone)


def test_a_feature_that_a_merge_has_doubled_is_refused_and_its_repair_is_not(clone: Path) -> None:
    twice = SCHEMA + 'feature { name: "text" type: INT }\n'
    (clone / PATH).write_text(twice, "utf-8")
    with pytest.raises(ValueError, match=r"pbtxt: declared more than once: 'text'; keep one"):
        diff("HEAD", clone)
    commit(clone, "a merge gone wrong")
    (clone / PATH).write_text(SCHEMA, "utf-8")
    (report,) = diff("HEAD", clone)
    assert [change.what for change in report.changes] == ["layout-changed"]


def test_configurations_are_read_once_for_all_schemas(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "bcd":
        (clone / "schema" / name).mkdir()
        (clone / "schema" / name / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    commit(clone, "more contracts")
    run, shown = subprocess.run, []

    def counted(command: list[str], **options: Any) -> Any:
        shown.append(command[-1])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    assert len(read_versions("HEAD", clone)) == 4
    assert sum(path.endswith("malmoi.yaml") for path in shown) == 1


def test_korean_folder_names_are_read(clone: Path) -> None:
    (clone / "schema" / "고객 문의").mkdir()
    (clone / "schema" / "고객 문의" / "schema.pbtxt").write_text(SCHEMA, "utf-8")
    commit(clone, "another")
    assert [v.name for v in read_versions("HEAD", clone)] == ["a", "고객 문의"]
    assert {v.before.schema for v in read_versions("HEAD", clone)} == {SCHEMA}


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("- `label-removed-0123abcd`: 상담팀과 합의했다", True),
        ("  * `label-removed-0123abcd` : 합의", True),
        ("- `label-removed-0123abcd`:", False),
        ("- `label-removed-0123abcd`", False),
        ("- label-removed-0123abcd: 합의", False),
        ("`label-removed-0123abcd`: 합의", False),
        ("- `label-removed-0123abc`: 합의", False),
    ],
)
def test_an_acknowledgement_is_a_list_item_with_id_and_reason(line: str, counts: bool) -> None:
    found = acknowledged(f"# 확인한 변경\n{line}\n")
    assert list(found) == (["label-removed-0123abcd"] if counts else [])


def test_an_acknowledgement_of_an_earlier_change_does_not_count_again() -> None:
    line = "- `label-removed-0123abcd`: 합의"
    assert acknowledged(line, base=line) == {}
    assert list(acknowledged(f"{line}\n{line}, 두 번째", base=line)) == ["label-removed-0123abcd"]
