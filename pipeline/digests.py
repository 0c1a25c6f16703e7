"""Digests of our own source, so that TFX's cache knows when the code of a node has changed.

TFX hashes a node's inputs and properties, never the code that a function's import path leads to.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder that holds our packages, in a clone as in site-packages."""

PACKAGES: Final = ("components", "serving", "trainer")
"""Ours that a node may import; beside them in site-packages lie all others."""

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
    """Digest the code that a node runs, with the versions of the libraries below it.

    Args:
        places: packages and modules by their paths from the root, such as `trainer` or
            `trainer/text.py`; what they import of ours, wherever in a module, is digested too.

    Returns:
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in _reached(path for place in places for path in _files(ROOT / place)):
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


def _reached(starts: Iterable[Path]) -> list[Path]:
    """Return some modules and all of ours that they import, and those import, in order."""
    reached: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            names = _imported(path.read_bytes())
            waiting += [file for name in names for file in _modules(name)]
    return sorted(reached)


@cache
def _imported(source: bytes) -> frozenset[str]:
    """Return what a module imports of ours: packages, modules, and names within them."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(name for name in names if name.partition(".")[0] in PACKAGES)


def _modules(name: str) -> Iterator[Path]:
    """Yield the files that Python reads to import a name: a module's, and its packages'."""
    path = ROOT
    for part in name.split("."):
        path /= part
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file
