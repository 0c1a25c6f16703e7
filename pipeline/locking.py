"""One run at a time in one output folder."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK_FILE: Final = ".lock"


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
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "since": time.ctime()}).encode())
        yield
    finally:
        os.close(descriptor)


def _who(descriptor: int, folder: Path) -> str:
    holder = json.loads(os.pread(descriptor, 1_000, 0) or b"{}")
    return (
        f"another run holds {folder} (process {holder.get('pid', 'unknown')}, "
        f"since {holder.get('since', 'just now')}): wait for it, or give this run a folder of its "
        "own with --set output=..."
    )
