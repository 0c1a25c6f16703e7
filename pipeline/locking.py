"""One run at a time in one output folder."""

from contextlib import AbstractContextManager
from pathlib import Path

from serving.releases import lock
from serving.releases.errors import BusyError

__all__ = ["BusyError", "locked"]


def locked(folder: Path, own: str = "--set output=...") -> AbstractContextManager[None]:
    """Hold a folder for this run; the system lets go of it however the process ends.

    Args:
        folder: made if it is not there.
        own: the option that gives a run a folder of its own.

    Raises:
        BusyError: on entering, another process holds it; tells which.
    """
    advice = f"wait for it, or give this run a folder of its own with {own}"
    return lock.locked(folder, "run", advice=advice)
