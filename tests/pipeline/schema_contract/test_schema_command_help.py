"""Every command below `malmoi schema` shows its use without loading what it works with."""

import json
import subprocess
import sys

import pytest

from pipeline.console.schema import app

COMMANDS = [info.callback.__name__ for info in app.registered_commands if info.callback is not None]
HEAVY = ("tensorflow", "tfx", "apache_beam", "google.protobuf", "pipeline.config", "yaml")
SCRIPT = (
    "import json, sys\n"
    "from pipeline.console.main import app\n"
    "app(['schema', sys.argv[1], '--help'], standalone_mode=False)\n"
    "print(json.dumps(sorted(sys.modules)))"
)


def test_there_are_the_four_commands() -> None:
    assert COMMANDS == ["infer", "check", "diff", "accept"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_and_imports_nothing_heavy(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, command], capture_output=True, text=True, check=True
    )
    *told, modules = done.stdout.splitlines()
    assert f"Example: malmoi schema {command} " in "\n".join(told)
    assert not {*HEAVY} & set(json.loads(modules))
