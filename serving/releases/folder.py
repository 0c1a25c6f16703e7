"""The folder of the versions, and the names in it that are no versions."""

import logging
import shutil
from pathlib import Path
from typing import Final

from serving.plans import find_versions

_LOG = logging.getLogger(__name__)

UNFINISHED: Final = ".unfinished-"
"""Prefix of a version that is still being copied; TensorFlow Serving looks at numbers alone."""

REMOVED: Final = ".removed-"
"""Prefix of a version on its way out, so that no half of it keeps its number."""


def versions(base: Path) -> list[int]:
    """List the version numbers of a folder, the newest last: those that a server finds there."""
    return sorted(find_versions(base)) if base.is_dir() else []


def in_words(numbers: list[int]) -> str:
    """Say which versions there are, for messages."""
    return f"there are {', '.join(map(str, numbers))}" if numbers else "there are none"


def remove_version(base: Path, version: int) -> bool:
    """Take a version away: first its number, at once, then its files.

    Returns:
        Whether it went: in a shared folder another user's may have to stay.
    """
    folder = base / str(version)
    try:
        leftover = folder.rename(base / f"{REMOVED}{version}")
    except OSError as error:
        _LOG.warning("%s cannot be removed: %s; nothing needs it, remove it by hand", folder, error)
        return False
    _remove(leftover)
    return True


def remove_leftovers(base: Path) -> None:
    """Remove what an interrupted push or removal left; the caller holds the folder's lock."""
    for prefix in (UNFINISHED, REMOVED):
        for leftover in base.glob(f"{prefix}*"):
            _remove(leftover)


def _remove(leftover: Path) -> None:
    """Remove what has no number; what stays, such as another user's, stops no push or rollback."""
    try:
        if leftover.is_symlink():
            leftover.unlink()
        else:
            shutil.rmtree(leftover)
    except OSError as error:
        _LOG.warning(
            "%s cannot be removed: %s; nothing needs it, remove it by hand", leftover, error
        )
