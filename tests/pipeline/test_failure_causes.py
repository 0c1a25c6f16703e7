"""A failure becomes one paragraph that says what happened and what to do."""

import errno
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.causes import explain
from serving.releases.errors import ReleaseError
from serving.releases.state import STATE_FILE, read_state

DISK = "the disk is full: free some space, or write elsewhere with --set output=/another/disk"


def caused(*errors: Exception) -> Exception:
    for outer, inner in pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DISK),
        (OSError(errno.EDQUOT, "quota"), DISK),
        (RuntimeError("database or disk is full query: COMMIT;"), DISK),
        (caused(RuntimeError("Trainer failed"), OSError(errno.ENOSPC, "full")), DISK),
        (caused(OSError("No space left on device"), ValueError("while closing")), DISK),
        (MemoryError(), "memory ran out: lower training.batch_size"),
        (RuntimeError("OOM when allocating tensor"), "memory ran out"),
        (OSError(errno.EROFS, "Read-only file system"), "a folder cannot be written to"),
        (PermissionError(errno.EACCES, "Permission denied"), "a folder cannot be written to"),
        (RuntimeError("database is locked"), "another process works on this output folder's"),
        (RuntimeError("file is not a database query: "), "the output folder's metadata.sqlite is"),
        (RuntimeError("database disk image is malformed"), "the output folder's metadata.sqlite"),
    ],
)
def test_a_known_cause_comes_with_its_remedy_and_its_words(error: Exception, start: str) -> None:
    told = explain(error)
    assert told.startswith(start)
    assert told.endswith(")")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("rows.csv: no column 'body'"), "rows.csv: no column 'body'"),
        (caused(RuntimeError("outer"), ValueError("분류 열이 없어요")), "분류 열이 없어요"),
        (ValueError("no rows [while running 'Read/ParDo(_Read)']"), "no rows"),
        (KeyError("label"), "KeyError: 'label'"),
        (AssertionError(), "AssertionError"),
        (ValueError(), "ValueError"),
        (ValueError("가" * 701), "가" * 700 + " ..."),
    ],
)
def test_any_other_cause_is_told_in_its_own_words(error: Exception, told: str) -> None:
    assert explain(error) == told


def test_advice_of_our_own_outlives_the_fault_that_it_was_raised_from(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text('{"labels": {"sta', "utf-8")
    with pytest.raises(ReleaseError) as raised:
        read_state(tmp_path)
    assert raised.value.__cause__
    told = explain(caused(RuntimeError("AtomicPusher failed"), raised.value))
    assert told == str(raised.value)
    assert "put back a copy" in told
