"""What is said while libraries work: on a terminal, to a reader that has gone, after an end."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.console.talk import Talk

SHOW_CURSOR = "\x1b[?25h"

WORK = """
import os, signal, sys, time
from pathlib import Path
from types import SimpleNamespace

log = Path(sys.argv[1])
config = SimpleNamespace(name="reviews", output_dir=log.parent)

def work(*arguments):
    talk = arguments[-1]
    talk.node_started("Trainer")
    print("Epoch 1/4")
    sys.stderr.write("a warning\\n")
    time.sleep(0.3)
    if sys.argv[2] == "interrupted":
        raise KeyboardInterrupt
    try:
        if sys.argv[2] == "interrupted in an import":
            os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("numpy.core.multiarray failed to import") from None
    raise ValueError("no rows")
"""

RUN = (
    WORK
    + """
from pipeline import run, run_folder
from pipeline.console.run import _run_captured

run.execute = work
run_folder.make_run_folder = lambda _: log.parent
_run_captured(config, as_json=False, verbose="-v" in sys.argv)
"""
)

CHECK = (
    WORK
    + """
from pipeline.console import schema_check
from pipeline.schema_contract import check

check.check = work
schema_check.LOG_FILE = log.name
schema_check._checked(config, sys.stdout, verbose=False)
"""
)


def on_a_terminal(script: str, *arguments: object) -> str:
    """What a script writes on a terminal."""
    above, below = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=below, stderr=below
    ):
        os.close(below)
        seen = b""
        try:
            while part := os.read(above, 65_536):
                seen += part
        except OSError:  # the last writer has gone
            os.close(above)
    return seen.decode()


@pytest.mark.parametrize("how", ["failed", "interrupted", "interrupted in an import"])
@pytest.mark.parametrize("script", [RUN, CHECK], ids=["run", "check"])
def test_while_a_node_spins_the_log_has_all_and_what_is_complained_of_stands_below(
    tmp_path: Path, script: str, how: str
) -> None:
    seen = on_a_terminal(script, tmp_path / "log.txt", how)
    logged = (tmp_path / "log.txt").read_text("utf-8")
    assert [part for part in ("Epoch 1/4", "a warning", "Traceback") if part not in logged] == []
    assert [part for part in ("Epoch 1/4", "a warning", "Traceback") if part in seen] == []
    spun, complained = seen.rsplit(SHOW_CURSOR, 1)
    assert "Trainer ..." in spun
    assert complained.rstrip().endswith(str(tmp_path / "log.txt"))
    assert ("Interrupted." in complained) == (how != "failed")


def test_nothing_spins_amid_what_the_libraries_say(tmp_path: Path) -> None:
    lines = on_a_terminal(RUN, tmp_path / "log.txt", "failed", "-v").splitlines()
    assert [line for line in ("Epoch 1/4", "a warning") if line not in lines] == []
    assert not [line for line in lines if "Trainer ..." in line]


def test_a_reader_that_has_gone_does_not_end_the_work() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as raw, Talk(raw) as talk:  # type: ignore[arg-type]
        for line in ("+ ImportSchemaGen", "+ TextExampleGen"):
            talk.say(line)


def test_a_terminal_that_has_gone_does_not_end_the_work() -> None:
    above, below = pty.openpty()
    with os.fdopen(below, "w") as terminal, Talk(terminal) as talk:
        os.close(above)
        talk.node_started("Trainer")
        talk.say("+ Trainer")
