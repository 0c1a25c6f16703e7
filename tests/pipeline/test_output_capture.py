"""What libraries print goes to the log, from C as from Python, and our own words do not."""

import os
import subprocess
import sys
from pathlib import Path

SPEAK = """
import ctypes, os, subprocess, sys
from pathlib import Path
from pipeline.capture import captured
from pipeline.console.talk import Talk

libc = ctypes.CDLL(None)
print("before")
with Talk(sys.stdout) as talk:
    with captured(Path(sys.argv[1]), show=sys.argv[2] == "show"):
        print("파이썬의 말")
        sys.stderr.write("python's warning\\n")
        libc.puts(b"said in C")
        libc.fflush(None)
        os.write(2, b"written to the descriptor\\n")
        subprocess.run(["echo", "said by a child"])
        talk.say("our own words :smile: [bold]")
print("after")
"""

FOREIGN = {
    "파이썬의 말",
    "python's warning",
    "said in C",
    "written to the descriptor",
    "said by a child",
}


def speak(log: Path, how: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", SPEAK, str(log), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_everything_but_our_own_words_goes_to_the_log(tmp_path: Path) -> None:
    done = speak(tmp_path / "log.txt", "hide")
    assert done.stdout.splitlines() == ["before", "our own words :smile: [bold]", "after"]
    assert done.stderr == ""
    assert set((tmp_path / "log.txt").read_text("utf-8").splitlines()) == FOREIGN


def test_show_copies_the_log_to_standard_error(tmp_path: Path) -> None:
    done = speak(tmp_path / "log.txt", "show")
    assert done.stdout.splitlines() == ["before", "our own words :smile: [bold]", "after"]
    assert set(done.stderr.splitlines()) == FOREIGN
    assert set((tmp_path / "log.txt").read_text("utf-8").splitlines()) == FOREIGN


def test_a_second_capture_appends(tmp_path: Path) -> None:
    for _ in range(2):
        speak(tmp_path / "log.txt", "hide")
    assert len((tmp_path / "log.txt").read_text("utf-8").splitlines()) == 2 * len(FOREIGN)


QUIET = """
import os, sys
from pathlib import Path
from pipeline.capture import captured

with captured(Path("/dev/full"), show=sys.argv[1] == "show"):
    os.write(1, b"x" * 300_000) if sys.argv[1] == "show" else None
    sys.stdout.write("lost words\\n")
print("after")
"""


def on_a_full_disk(how: str) -> "subprocess.CompletedProcess[str]":
    buffered = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    return subprocess.run(
        [sys.executable, "-c", QUIET, how],
        capture_output=True,
        text=True,
        timeout=60,
        env=buffered,
        check=False,
    )


def test_a_full_disk_loses_the_log_and_nothing_else() -> None:
    done = on_a_full_disk("hide")
    assert (done.returncode, done.stdout, done.stderr) == (0, "after\n", "")


def test_a_full_disk_does_not_stop_what_is_shown() -> None:
    done = on_a_full_disk("show")
    assert (done.returncode, done.stdout) == (0, "after\n")
    assert done.stderr == "x" * 300_000 + "lost words\n"
