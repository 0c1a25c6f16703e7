"""`malmoi --help` answers at once, and every command shows how it is used."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.console.main import app

MALMOI = Path(sys.executable).with_name("malmoi")
COMMANDS = [info.callback.__name__ for info in app.registered_commands if info.callback is not None]
HEAVY = ("tensorflow", "tfx", "apache_beam", "pydantic", "pyarrow", "numpy", "sklearn", "google")
HELP_LIMIT_S = 0.5
ATTEMPTS = 5  # the machine may be busy; the best of them counts


def help_of(*command: str) -> str:
    done = subprocess.run([MALMOI, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def test_help_answers_in_half_a_second() -> None:
    seconds = []
    for _ in range(ATTEMPTS):
        started = time.perf_counter()
        help_of()
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < HELP_LIMIT_S


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_nothing_heavy(command: str) -> None:
    script = (
        "import json, sys\n"
        "from pipeline.console.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    arguments = [*([command] if command else []), "--help"]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert modules & set(HEAVY) == set()


def test_help_lists_every_command() -> None:
    told = help_of()
    assert COMMANDS == ["init", "run", "predict", "serve", "evaluate", "demo"]
    assert [name for name in COMMANDS if name not in told] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_that_calls_it(command: str) -> None:
    told = help_of(command)
    assert f"Example: malmoi {command} " in told


def test_an_unknown_command_and_an_unknown_option_are_refused() -> None:
    for arguments in (["trian"], ["run", "malmoi.yaml", "--epochs", "3"]):
        done = subprocess.run([MALMOI, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
