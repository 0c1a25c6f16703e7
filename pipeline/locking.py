"""One run at a time in one output folder."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LOCK_FILE: Final = ".lock"

_SIGNATURE_BYTES: Final = 1_000
"""Room for a process number and a time many times over."""


class BusyError(Exception):
    """Another run holds the output folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it however the process ends.

    Raises:
        BusyError: another process holds it; tells which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_who(descriptor, folder)) from None
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    """Write who holds the lock; on a full disk it holds without a name."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "since": time.ctime()}).encode())


def _who(descriptor: int, folder: Path) -> str:
    try:
        holder = json.loads(os.pread(descriptor, _SIGNATURE_BYTES, 0))
    except ValueError:  # not written yet
        holder = {}
    return (
        f"another run holds {folder} (process {holder.get('pid', 'unknown')}, "
        f"since {holder.get('since', 'just now')}): wait for it, or give this run a folder of its "
        "own with --set output=..."
    )
