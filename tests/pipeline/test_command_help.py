"""`malmoi --help` answers at once, and every command shows how it is used."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipeline.console import main
from pipeline.console.main import app

MALMOI = Path(sys.executable).with_name("malmoi")
COMMANDS = [info.callback.__name__ for info in app.registered_commands if info.callback is not None]
HEAVY = (
    *("tensorflow", "tfx", "apache_beam", "pyarrow", "numpy", "sklearn", "google.protobuf"),
    "rich",  # not needed by help, and half of its time
)
OUR_OWN = ("pipeline.config", "components", "serving")
HELP_LIMIT_S = 0.5
ATTEMPTS = 5  # the machine may be busy; the best of them counts


def help_of(*command: str) -> str:
    done = subprocess.run([MALMOI, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def test_help_answers_in_half_a_second() -> None:
    """By the processor's clock: the wall's also tells what else the machine is doing."""
    seconds = []
    for _ in range(ATTEMPTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        help_of()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < HELP_LIMIT_S


def imported_by(*arguments: str) -> set[str]:
    script = (
        "import json, sys\n"
        "from pipeline.console.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_no_configuration_either() -> None:
    assert imported_by("--help") & {*HEAVY, *OUR_OWN, "pydantic"} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    assert imported_by(command, "--help") & {*HEAVY, *OUR_OWN} == set()


def test_help_lists_every_command() -> None:
    told = help_of()
    assert {"init", "run", "predict", "serve", "evaluate", "demo"} <= {*COMMANDS}
    assert [name for name in COMMANDS if name not in told] == []


@pytest.mark.parametrize("group", [(), ("schema",), ("kubeflow",), ("releases",)])
def test_a_group_tells_in_a_whole_line_what_each_command_does(group: tuple[str, ...]) -> None:
    lines = help_of(*group).partition("Commands:")[2].splitlines()
    assert lines[1:]
    assert [line for line in lines if line.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_that_calls_it(command: str) -> None:
    told = help_of(command)
    assert f"Example: malmoi {command} " in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "Error: No such command 'trian'"),
        (["run", "malmoi.yaml", "--epochs", "3"], "Error: No such option: --epochs"),
        (["run"], "Error: Missing argument 'CONFIG'"),
        (["predict", "malmoi.yaml", "--top", "0"], "Error: Invalid value for '--top'"),
        (["releases"], "rollback"),
    ],
)
def test_a_wrong_call_is_a_fault_and_no_refusal_and_says_what_is_right(
    arguments: list[str], message: str
) -> None:
    done = subprocess.run([MALMOI, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Usage: malmoi " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_command_that_ran_ends_with_its_own_status(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        raise typer.Exit(status)

    own = typer.Typer()
    own.command()(end)
    monkeypatch.setattr(main, "app", own)
    monkeypatch.setattr(sys, "argv", ["malmoi"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == status
