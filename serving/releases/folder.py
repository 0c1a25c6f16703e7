"""The folder of the versions, and the names in it that are no versions."""

import shutil
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".unfinished-"
"""Prefix of a version that is still being copied; TensorFlow Serving looks at numbers alone."""

REMOVED: Final = ".removed-"
"""Prefix of a version on its way out, so that no half of it keeps its number."""


def versions(base: Path) -> list[int]:
    """List the version numbers of a folder, the newest last."""
    if not base.is_dir():
        return []
    return sorted(int(p.name) for p in base.iterdir() if _is_number(p.name) and p.is_dir())


def in_words(numbers: list[int]) -> str:
    """Say which versions there are, for messages."""
    return f"there are {', '.join(map(str, numbers))}" if numbers else "there are none"


def remove_version(base: Path, version: int) -> None:
    """Take a version away: first its number, at once, then its files."""
    leaving = (base / str(version)).rename(base / f"{REMOVED}{version}")
    shutil.rmtree(leaving)


def remove_leftovers(base: Path) -> None:
    """Remove what an interrupted push or removal left; the caller holds the folder's lock."""
    for prefix in (UNFINISHED, REMOVED):
        for folder in base.glob(f"{prefix}*"):
            shutil.rmtree(folder)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()
