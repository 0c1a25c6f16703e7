"""Finds every byte of a version that is not as it was pushed.

It finds accidents and careless hands. Somebody who may write the folder can also write a new
manifest with a new seal: against that, keep a copy of `manifest.sha256` elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from serving.releases.manifest import (
    MANIFEST_FILE,
    SEAL_FILE,
    FileDigest,
    Manifest,
    file_digest,
    file_digests,
)

_ABSENT = "absent"


@dataclass(frozen=True)
class Change:
    """A file that is not as it was pushed; `expected` and `found` are digests, or in words."""

    path: str
    what: Literal["changed", "missing", "added"]
    expected: str
    found: str

    def in_words(self) -> str:
        """Say it on one line."""
        return f"{self.what} {self.path}: expected {self.expected}, found {self.found}"


def verify(folder: Path, *, version: int | None = None) -> tuple[Change, ...]:
    """Compare a version's files with its manifest, and the manifest with its seal.

    Args:
        folder: of the version.
        version: the number it should have; none: that of the folder's name.

    Returns:
        Every change; none if all is as it was pushed.
    """
    sealed = tuple(_seal_changes(folder))
    if sealed:  # what the manifest says of the files cannot be trusted either
        return sealed
    content = (folder / MANIFEST_FILE).read_bytes()
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:  # whoever wrote it has sealed it too
        found = f"{len(content)} bytes of no manifest"
        return (Change(MANIFEST_FILE, "changed", "a manifest", found),)
    wanted = int(folder.name) if version is None else version
    files = tuple(_file_changes(folder, manifest.files))
    if manifest.version == wanted:
        return files
    return (Change(".", "changed", f"version {manifest.version}", f"version {wanted}"), *files)


def file_count(folder: Path) -> int:
    """Count the files that the manifest of a verified version names."""
    return len(Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes()).files)


def _seal_changes(folder: Path) -> Iterator[Change]:
    manifest, seal = folder / MANIFEST_FILE, folder / SEAL_FILE
    absent = [name for name in (MANIFEST_FILE, SEAL_FILE) if not (folder / name).is_file()]
    if absent:
        yield from (Change(name, "missing", "the version's papers", _ABSENT) for name in absent)
        return
    found = file_digest(manifest).sha256
    expected = f"{found}  {manifest.name}\n"
    if seal.read_bytes() != expected.encode():
        said = seal.read_bytes().decode("utf-8", "backslashreplace").strip()
        yield Change(MANIFEST_FILE, "changed", f"as its seal says, {said!r}", expected.strip())


def _file_changes(folder: Path, wanted: Mapping[str, FileDigest]) -> Iterator[Change]:
    found = file_digests(folder)
    for path, expected in wanted.items():
        if path not in found:
            yield Change(path, "missing", _in_words(expected), _ABSENT)
        elif found[path] != expected:
            yield Change(path, "changed", _in_words(expected), _in_words(found[path]))
    for path in sorted(found.keys() - wanted.keys()):
        yield Change(path, "added", _ABSENT, _in_words(found[path]))


def _in_words(digest: FileDigest) -> str:
    return f"{digest.size_bytes:,} bytes, sha256 {digest.sha256}"
