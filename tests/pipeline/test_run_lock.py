"""The lock that keeps a second run out of an output folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.locking import LOCK_FILE, BusyError, locked

HOLD = """
import sys
from pathlib import Path
from pipeline.locking import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.communicate()


def test_a_second_process_is_told_who_holds_the_folder_since_when(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    since = json.loads((tmp_path / LOCK_FILE).read_text())["since"]
    with pytest.raises(BusyError) as caught, locked(tmp_path):
        pass
    assert str(caught.value) == (
        f"another run holds {tmp_path} (process {holder.pid}, since {since}): wait for it, or "
        "give this run a folder of its own with --set output=..."
    )


def test_a_killed_holder_leaves_the_folder_free(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    holder.kill()
    holder.wait()
    with locked(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("written", ["", '{"pid": 12', "누구?"])
def test_a_lock_without_a_readable_name_is_still_a_lock(
    tmp_path: Path, holder: "subprocess.Popen[str]", written: str
) -> None:
    (tmp_path / LOCK_FILE).write_text(written, "utf-8")
    with pytest.raises(BusyError, match="process unknown, since just now"), locked(tmp_path):
        pass


def test_an_error_inside_lets_the_folder_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path / "new"):
        raise KeyError("inside")
    with locked(tmp_path / "new"):
        assert (tmp_path / "new" / LOCK_FILE).exists()
