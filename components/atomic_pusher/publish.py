"""Puts a finished model under a version number in one step."""

import os
import shutil
import time
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".unfinished-"
"""Prefix of a version that is still being copied; TensorFlow Serving looks at numbers alone."""


def publish(model: Path, base: Path) -> Path:
    """Copy a model beside the versions of `base` and rename it into place.

    Whatever happens on the way, `base` holds whole versions only.

    Args:
        model: folder of a SavedModel.
        base: folder of the versions; made if it is not there.

    Returns:
        The new version's folder, named by the Unix time, or one more than the newest version.
    """
    base.mkdir(parents=True, exist_ok=True)
    remove_unfinished(base)
    version = max([int(time.time()), *(number + 1 for number in versions(base))])
    unfinished = base / f"{UNFINISHED}{version}"
    try:
        shutil.copytree(model, unfinished)
        _sync(unfinished)
    except OSError:  # half a model would go on filling the disk that is perhaps full
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    target = base / str(version)
    unfinished.rename(target)
    _sync_folder(base)
    return target


def versions(base: Path) -> list[int]:
    """List the version numbers of a folder, the newest last."""
    if not base.is_dir():
        return []
    return sorted(int(p.name) for p in base.iterdir() if p.is_dir() and p.name.isdecimal())


def remove_unfinished(base: Path) -> None:
    """Remove what an interrupted push left behind; a run's lock keeps other pushes away."""
    for folder in base.glob(f"{UNFINISHED}*"):
        shutil.rmtree(folder)


def _sync(folder: Path) -> None:
    """Write files and folders through to the disk, so that a crash cannot empty them."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
