"""The files that a pattern matches, and what to say where it matches none."""

import glob
import os
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from components.text_example_gen import spans
from components.text_example_gen.layout import composed, few
from components.text_example_gen.lines import printable


def is_remote(path: str) -> bool:
    """Tell whether a path has a scheme (gs://, s3://), so that only Beam and TFX can open it."""
    return "://" in path


def globs(pattern: str) -> list[str]:
    """Return the globs that find a pattern's files.

    A local path that is a file is taken at its word, brackets and all. Where no placeholder stands
    in it, each part may lie on disk in either Unicode form: NFC or, from macOS, NFD.
    """
    if is_remote(pattern) or spans.has_span(pattern):
        return [spans.as_glob(pattern)]
    if os.path.isfile(pattern):
        return [glob.escape(pattern)]
    first, *rest = pattern.split("/")
    paths = _forms(first)
    for part in rest:
        paths = [f"{path}/{form}" for path in _there(paths) for form in _forms(part)]
    return [glob.escape(path) if os.path.isfile(path) else path for path in paths]


def found(pattern: str, remote: Callable[[str], Iterable[str]]) -> list[str]:
    """Return what lies there for a pattern, folders too, each once and sorted.

    As in a shell, a wildcard matches no local name that begins with a dot: such are the copies in
    `.ipynb_checkpoints` and the `._` files of macOS.

    Args:
        pattern: Without placeholders, or each of them as a wildcard.
        remote: Lists the files of a glob with a scheme.
    """
    lister = remote if is_remote(pattern) else glob.glob
    return sorted(_once(path for each in globs(pattern) for path in sorted(lister(each))))


def matching(pattern: str) -> list[str]:
    """Return the local files of every span and version, sorted."""
    return [path for path in found(pattern, lambda _: ()) if os.path.isfile(path)]


def nothing_matches(name: str, pattern: str) -> str:
    """Return that no file matches a pattern, and what does lie in its folder."""
    start = f"{name}: no file matches {pattern}"
    if is_remote(pattern):
        return start
    folder = Path(spans.as_glob(pattern)).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    try:
        names = sorted(map(printable, os.listdir(folder)))
    except (FileNotFoundError, NotADirectoryError):
        return f"{start}; there is no folder {folder}"
    except OSError as error:
        return f"{start}; {folder} cannot be read: {error.strerror}"
    return f"{start}; in {folder} lie {few(names, str) or 'no files'}"


def _forms(part: str) -> list[str]:
    """Return a part of a path as it stands and in the Unicode forms that it may have on disk."""
    return list(dict.fromkeys([part, composed(part), unicodedata.normalize("NFD", part)]))


def _there(folders: list[str]) -> list[str]:
    """Return those of the folders that lie on disk, each once; the first where none does."""
    there = _once(each for each in folders if os.path.exists(each) or glob.glob(each))
    return there or folders[:1]


def _once(paths: Iterable[str]) -> list[str]:
    """Return the paths, each file once: some mounts find it by its name in either Unicode form."""
    kept: dict[object, str] = {}
    for path in paths:
        kept.setdefault(_identity(path), path)
    return list(kept.values())


def _identity(path: str) -> object:
    try:
        status = os.stat(path)
    except OSError:  # behind a scheme, a glob, or a link to nothing
        return path
    return composed(path), status.st_dev, status.st_ino
