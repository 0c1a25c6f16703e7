"""The lock that keeps a second process out of a folder."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from serving.releases.errors import BusyError
from serving.releases.lock import LOCK_FILE, locked

HOLD = """
import sys
from pathlib import Path
from serving.releases.lock import locked
with locked(Path(sys.argv[1]), "push"):
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
    signature = json.loads((tmp_path / LOCK_FILE).read_text())
    with pytest.raises(BusyError) as caught, locked(tmp_path, "rollback"):
        pass
    assert str(caught.value) == (
        f"rollback: {tmp_path} is held by a push of {signature['by']} (process {holder.pid}, "
        f"since {signature['since']}): nothing was changed; wait for it, then try again"
    )


def test_a_killed_holder_leaves_the_folder_free(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    holder.kill()
    holder.wait()
    with locked(tmp_path, "push"):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["process"] == os.getpid()


@pytest.mark.parametrize("written", ["", '{"process": 12', "누구?"])
def test_a_lock_without_a_readable_name_is_still_a_lock(
    tmp_path: Path, holder: "subprocess.Popen[str]", written: str
) -> None:
    (tmp_path / LOCK_FILE).write_text(written, "utf-8")
    unknown = r"held by a change of somebody \(process unknown, since just now\)"
    with pytest.raises(BusyError, match=unknown), locked(tmp_path, "push"):
        pass


def test_a_holder_that_signs_a_moment_later_is_named(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    file = tmp_path / LOCK_FILE
    signature = file.read_text("utf-8")
    file.write_text("", "utf-8")
    threading.Timer(0.1, file.write_text, [signature, "utf-8"]).start()
    with pytest.raises(BusyError, match="held by a push of"), locked(tmp_path, "push"):
        pass


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_who_may_write_into_a_shared_folder_may_lock_it(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        with locked(tmp_path, "push"):
            assert (tmp_path / LOCK_FILE).stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_a_drive_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with (
        pytest.raises(OSError, match=rf"No locks available: '{tmp_path / LOCK_FILE}'"),
        locked(tmp_path, "push"),
    ):
        pass


def test_an_error_inside_lets_the_folder_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path / "new", "push"):
        raise KeyError("inside")
    with locked(tmp_path / "new", "push"):
        assert (tmp_path / "new" / LOCK_FILE).exists()
