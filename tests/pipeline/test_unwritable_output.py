"""An answer that cannot be written is a fault in one line, and no success."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULT = 1

MALMOI = """
import sys
from types import SimpleNamespace

from pipeline import released
from pipeline.console.main import main

model = SimpleNamespace(version=7, classify=lambda texts: [[("칭찬", 1.0)] for _ in texts])
released.ReleasedModel.served = lambda _: model
sys.argv[0] = "malmoi"
main()
"""


def malmoi(*arguments: object, output: Path, unbuffered: str = "") -> tuple[int, str]:
    """The exit status of a command with this standard output, and what it says on the other."""
    with output.open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", MALMOI, *map(str, arguments)],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    return done.returncode, done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "command",
    [
        ["predict", "{config}", "정말 고맙습니다"],
        ["predict", "{config}", "정말 고맙습니다", "--json"],
        ["releases", "list", "{config}"],
        ["run", "{config}", "--json", "--set", "data.train=no-such-file.csv"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_full_device_is_told_in_one_line(
    config_file: Path, command: list[str], unbuffered: str
) -> None:
    arguments = [word.format(config=config_file) for word in command]
    status, told = malmoi(*arguments, output=Path("/dev/full"), unbuffered=unbuffered)
    assert status == FAULT
    assert told.endswith("standard output cannot be written: No space left on device\n")
    assert ("Traceback" in told, "Exception" in told) == (False, False)
    if command[0] != "run":  # which says what has failed, too
        assert len(told.splitlines()) == 1


def test_a_reader_who_has_had_enough_is_not_complained_of(config_file: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", MALMOI, "predict", config_file, "정말 고맙습니다"],
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (FAULT, b"")
