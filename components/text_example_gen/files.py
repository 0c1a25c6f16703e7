"""Local files that a pattern matches, and what to say where it matches none."""

import glob
from pathlib import Path
from typing import Final

from components.text_example_gen import spans

MAX_TOLD_NAMES: Final = 10
"""Names of neighbouring files in a message: enough to spot a slip of the pen."""


def is_remote(path: str) -> bool:
    """Tell whether a path has a scheme (gs://, s3://), so that only Beam and TFX can open it."""
    return "://" in path


def matching(pattern: str) -> list[str]:
    """Return the local files of every span and version, sorted."""
    return sorted(path for path in glob.glob(spans.as_glob(pattern)) if Path(path).is_file())


def nothing_matches(name: str, pattern: str) -> str:
    """Return that no file matches a pattern, and what does lie in its folder."""
    start = f"{name}: no file matches {pattern}"
    if is_remote(pattern):
        return start
    folder = Path(spans.as_glob(pattern)).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    if not folder.is_dir():
        return f"{start}; there is no folder {folder}"
    return f"{start}; in {folder} lie {_names(folder)}"


def _names(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return "no files"
    more = f" and {len(names) - MAX_TOLD_NAMES} more" if len(names) > MAX_TOLD_NAMES else ""
    return ", ".join(names[:MAX_TOLD_NAMES]) + more
