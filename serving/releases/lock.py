"""One holder of a folder at a time: a change of its versions, or a run that writes into it."""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from serving.releases.errors import BusyError

LOCK_FILE: Final = ".lock"

_SIGNED_WITHIN_S: Final = 0.5
"""Time that a new holder is given to sign, before it is called unknown."""

_SIGNATURE_BYTES: Final = 1_000
"""Room for an action, a name and a time many times over."""


@contextmanager
def locked(
    folder: Path, action: str, *, advice: str = "nothing was changed; wait for it, then try again"
) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it however the process ends.

    Args:
        folder: made if it is not there.
        action: what for, such as `push`; another process is told so.
        advice: what to do while another process holds it.

    Raises:
        BusyError: another process holds it; tells which, since when and what for.
        OSError: the folder cannot be written to, or its drive knows no locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            raise BusyError(f"{action}: {folder} is held by a {holder}: {advice}") from None
        except OSError as error:  # of a drive that knows no locks; it lacks the file's name
            raise OSError(error.errno, error.strerror, str(folder / LOCK_FILE)) from error
        _sign(descriptor, action)
        yield
    finally:
        os.close(descriptor)


def who() -> str:
    """Name the person and the machine; in a container the user may have a number only."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def now() -> str:
    """Tell the time in UTC, to the second, as ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _sign(descriptor: int, action: str) -> None:
    """Write who holds the lock; on a full disk it holds without a name."""
    signature = {"action": action, "by": who(), "process": os.getpid(), "since": now()}
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(signature).encode(), 0)


def _holder(descriptor: int) -> str:
    holder: dict[str, str] = {}
    until = time.monotonic() + _SIGNED_WITHIN_S
    while not holder and time.monotonic() < until:
        try:
            holder = json.loads(os.pread(descriptor, _SIGNATURE_BYTES, 0))
        except ValueError:  # not written yet
            time.sleep(_SIGNED_WITHIN_S / 20)
    return (
        f"{holder.get('action', 'change')} of {holder.get('by', 'somebody')} (process "
        f"{holder.get('process', 'unknown')}, since {holder.get('since', 'just now')})"
    )
