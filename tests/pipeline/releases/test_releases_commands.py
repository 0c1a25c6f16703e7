"""`malmoi releases`: what each command says, and the status it ends with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.console.main import app
from pipeline.console.releases import app as group
from serving.releases.folder import versions
from serving.releases.manifest import Metric, Provenance
from serving.releases.publish import push
from serving.releases.state import read_state

Ask = Callable[..., Result]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "output" / "models" / "reviews"


@pytest.fixture
def ask(config_file: Path) -> Ask:
    def call(command: str, *arguments: object) -> Result:
        return CliRunner().invoke(
            app, ["releases", command, str(config_file), *map(str, arguments)]
        )

    return call


@pytest.fixture
def two(tmp_path: Path, base: Path) -> tuple[int, int]:
    model = tmp_path / "model"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"graph")
    origin = Provenance(
        model_uri="artifacts/Trainer/model/7",
        run_id="2026-11-21T08:00:00",
        span=3,
        rows={"train": 1200, "eval": 130},
        metrics={
            "accuracy": Metric(value=0.91, low=0.89, high=0.93),
            "example_count": Metric(value=130),
        },
        verdicts={"data": {"passed": True}},
        libraries={"tensorflow": "2.16.2"},
    )
    later = origin.model_copy(update={"run_id": "2026-11-22T08:00:00"})
    first, second = (push(model, base, provenance=o, keep=5).version for o in (origin, later))
    return first, second


def test_every_command_has_an_example_that_calls_it() -> None:
    names = [
        info.name or info.callback.__name__ for info in group.registered_commands if info.callback
    ]
    assert names == ["list", "show", "verify", "rollback", "pin", "files"]
    for name in names:
        told = CliRunner().invoke(app, ["releases", name, "--help"], terminal_width=200).output
        assert f"Example: malmoi releases {name} malmoi.yaml" in told


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("command", ["show", "verify", "pin"])
def test_before_the_first_push_there_is_nothing_to_ask_about(ask: Ask, command: str) -> None:
    done = ask(command)
    assert done.exit_code == 1
    assert "no version in " in done.stderr


def test_a_disk_that_fails_is_a_fault_and_no_change(
    ask: Ask, base: Path, two: tuple[int, int]
) -> None:
    damaged = base / str(two[0]) / "saved_model.pb"
    damaged.unlink()
    damaged.symlink_to("/proc/self/mem")  # it opens, and reading from its start fails
    done = ask("verify")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{base} cannot be read: [Errno 5] Input/output error" in done.stderr


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "command", [("list",), ("verify",), ("show", 3), ("pin", 3), ("rollback",)]
)
def test_a_folder_that_cannot_be_listed_is_told_in_one_line(
    ask: Ask, base: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    done = ask(*command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"[Errno 13] Permission denied: '{base}'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_list_tells_what_to_do(ask: Ask) -> None:
    done = ask("list")
    assert done.exit_code == 0
    assert "`malmoi run` pushes one" in done.stdout


def test_the_list_shows_the_newest_first_with_parts_and_figures(
    ask: Ask, two: tuple[int, int]
) -> None:
    heading, newest, oldest = ask("list").stdout.splitlines()
    assert heading.split() == ["version", "pushed", "(UTC)", "span", "metrics"]
    assert newest.split()[:2] == [str(two[1]), "stable"]
    assert newest.endswith("3  accuracy 0.9100")
    assert oldest.split()[:2] == [str(two[0]), "before"]


def test_the_list_as_json_has_the_history_too(ask: Ask, two: tuple[int, int], base: Path) -> None:
    tree = json.loads(ask("list", "--json").stdout)
    assert (tree["folder"], tree["stable"], tree["canary"]) == (str(base), two[1], None)
    assert [row["version"] for row in tree["versions"]] == [two[1], two[0]]
    assert [entry["action"] for entry in tree["history"]] == ["push", "push"]


def test_a_version_without_papers_is_listed_with_the_reason(
    ask: Ask, two: tuple[int, int], base: Path
) -> None:
    (base / "5").mkdir()
    assert "version 5 has no malmoi/manifest.json" in ask("list").stdout


@pytest.mark.parametrize(
    ("content", "cause"),
    [("{", "Invalid JSON: EOF while parsing"), ('{"version": "x"}', "model: Field required")],
)
def test_a_version_whose_papers_are_damaged_is_listed_on_one_line_with_the_reason(
    ask: Ask, two: tuple[int, int], base: Path, content: str, cause: str
) -> None:
    (base / str(two[0]) / "malmoi" / "manifest.json").write_text(content, "utf-8")
    _, _, told = ask("list").stdout.splitlines()
    assert f"manifest.json cannot be read: {cause}" in told


def test_show_tells_the_stable_versions_papers(ask: Ask, two: tuple[int, int]) -> None:
    told = ask("show").stdout
    assert f"version   {two[1]} of reviews  stable" in told
    assert "data      span 3: 1,200 train, 130 eval" in told
    assert "metric    accuracy 0.9100 (0.8900 to 0.9300)" in told
    assert "verdict   data: passed" in told
    assert "push to stable by " in told
    tree = json.loads(ask("show", two[0], "--json").stdout)
    assert tree["manifest"]["provenance"]["model_uri"] == "artifacts/Trainer/model/7"
    assert tree["roles"] == []


def test_show_of_a_version_that_is_not_there_lists_what_there_is(
    ask: Ask, two: tuple[int, int]
) -> None:
    done = ask("show", 3)
    assert done.exit_code == 1
    assert "no version 3 in" in done.stderr
    assert f"there are {two[0]}, {two[1]}" in done.stderr


def test_verify_ends_with_0_if_all_is_whole_and_2_if_a_byte_has_changed(
    ask: Ask, two: tuple[int, int], base: Path
) -> None:
    done = ask("verify")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 2)
    assert f"{two[0]}: 1 files are as they were pushed" in done.stdout
    (base / str(two[0]) / "saved_model.pb").write_bytes(b"grapH")
    done = ask("verify", "--json")
    assert done.exit_code == 2
    tree = json.loads(done.stdout)
    assert not tree["whole"]
    assert tree["changes"][str(two[0])][0]["path"] == "saved_model.pb"
    assert tree["changes"][str(two[1])] == []
    assert ask("verify", two[1]).exit_code == 0
    assert ask("verify", 3).exit_code == 1


def test_rollback_says_from_where_to_where_and_is_recorded(
    ask: Ask, two: tuple[int, int], base: Path
) -> None:
    done = ask("rollback", "--reason", "환불 문의를 놓침")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"stable: {two[1]} -> {two[0]}\n")
    assert "--model_base_path serves the newest version still" in done.stdout
    assert read_state(base).history[-1].reason == "환불 문의를 놓침"
    assert versions(base) == list(two)


def test_rollback_to_a_changed_version_ends_with_2(
    ask: Ask, two: tuple[int, int], base: Path
) -> None:
    (base / str(two[0]) / "saved_model.pb").unlink()
    done = ask("rollback")
    assert done.exit_code == 2
    assert "missing saved_model.pb" in done.stderr
    assert read_state(base).stable == two[1]


def test_rollback_without_a_way_back_ends_with_1(ask: Ask, two: tuple[int, int]) -> None:
    assert ask("rollback").exit_code == 0
    done = ask("rollback")
    assert done.exit_code == 1
    assert "choose one with --to" in done.stderr
    assert ask("rollback", "--to", two[1]).exit_code == 0


def test_rollback_before_the_first_push_tells_what_pushes_one(ask: Ask, base: Path) -> None:
    done = ask("rollback")
    assert done.exit_code == 1
    assert done.stderr == f"no version in {base}: `malmoi run` pushes one\n"


def test_pin_holds_and_off_lifts(ask: Ask, two: tuple[int, int], base: Path) -> None:
    assert ask("pin", two[0]).exit_code == 0
    assert read_state(base).pinned == read_state(base).stable == two[0]
    assert ask("pin", two[0], "--off").exit_code == 1
    assert ask("pin", "--off").stdout == f"unpinned {two[0]}\n"
    assert ask("pin", "--off").exit_code == 1
    assert read_state(base).stable == two[0]


def test_files_are_written_and_named(ask: Ask, tmp_path: Path) -> None:
    done = ask("files", "-o", tmp_path / "deploy")
    assert done.exit_code == 0
    for name in ("compose.yaml", "kubernetes.yaml", "kserve.yaml", "monitoring.config"):
        assert (tmp_path / "deploy" / name).is_file()
        assert str(tmp_path / "deploy" / name) in done.stdout
    (tmp_path / "a-file").write_text("in the way")
    assert ask("files", "-o", tmp_path / "a-file").exit_code == 1
