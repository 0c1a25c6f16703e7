"""Digests of our own source, so that TFX's cache knows when the code of a node has changed.

TFX hashes a node's inputs and properties, never the code that a function's import path leads to.
"""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder that holds our packages, in a clone as in site-packages."""

LIBRARIES: Final = (
    "scikit-learn",
    "scipy",
    "tfx",
    "tensorflow",
    "tensorflow-data-validation",
    "tensorflow-text",
    "tensorflow-transform",
    "sentencepiece",
)
"""An upgrade of one of these may change what a node writes."""


@cache
def source_digest(*places: str) -> str:
    """Digest packages and modules, with the versions of the libraries below them.

    Args:
        places: paths from the root, such as `trainer` or `trainer/text.py`.

    Returns:
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for place in places:
        for path in _files(ROOT / place):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library}={metadata.version(library)}\0".encode())
    return digest.hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Digest one file's bytes; sixteen hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]
