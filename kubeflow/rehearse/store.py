"""A folder that stands for all buckets: `s3://b/k` lies under `s3/b/k`."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow.step.places import FOLDERS, is_plain

_SEPARATOR: Final = "://"

_FRESH: Final = ".fresh"
"""Where a copy is made before it takes the place of the one before."""


class NoProviderError(Exception):
    """A URI that the backend has no provider for."""


@dataclass(frozen=True)
class Store:
    """Buckets below a rehearsal's folder. Only files are kept: empty folders vanish."""

    folder: Path

    def place(self, uri: str) -> Path:
        """Return the folder of a URI.

        Raises:
            NoProviderError: the URI names no folder of a bucket, or leads out of it.
        """
        return self.folder / launcher_path(uri).relative_to("/")

    def upload(self, source: Path, uri: str) -> int:
        """Copy a file or the files of a folder to a URI, and return how many."""
        return _copy(list(_files(source, self.place(uri))))

    def mirror(self, source: Path, uri: str) -> int:
        """Make a URI hold the files of a folder and no others, and return how many.

        The folder may be what stands at the URI; what a rehearsal keeps in it is passed over.
        """
        place, fresh = self.place(uri), self.folder / _FRESH
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        source, own = source.resolve(), self.folder.resolve().parent
        pairs = list(_files(source, fresh))
        if own.is_relative_to(source):
            pairs = [(here, there) for here, there in pairs if own not in here.parents]
        copied = _copy(pairs)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(place)
        return copied

    def download(self, uri: str, target: Path) -> int:
        """Copy the files at a URI to a path, and return how many; none is no failure."""
        return _copy(list(_files(self.place(uri), target)))


def launcher_path(uri: str) -> Path:
    """Return where the launcher puts a URI in a container.

    Raises:
        NoProviderError: the URI names no folder of a bucket, leads out of it, or has a path that a
            bucket takes for a name.
    """
    scheme, separator, rest = uri.partition(_SEPARATOR)
    folder = FOLDERS.get(f"{scheme}{separator}")
    bucket, _, key = rest.partition("/")
    if not folder or not bucket:
        raise NoProviderError(f"no provider scheme found: {uri}; expected gs://, s3:// or minio://")
    if ".." in rest.split("/"):
        raise NoProviderError(f"{uri} leads out of its bucket: write the path without ..")
    if not key:
        raise NoProviderError(f"URI {uri} has empty key given its bucket: name a folder in it")
    if not is_plain(key.partition("?")[0].rstrip("/")):
        raise NoProviderError(f"nothing lies in {uri}: write the path without // and .")
    return Path("/", folder, rest)


def below(uri: str, *names: str) -> str:
    """Return a URI below another, whose query (`?region=...`) stays at the end of it."""
    place, mark, query = uri.partition("?")
    return "/".join([place.rstrip("/"), *names]) + mark + query


def _copy(pairs: Sequence[tuple[Path, Path]]) -> int:
    for here, there in pairs:
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(here, there)
    return len(pairs)


def _files(
    source: Path, target: Path, *, within: frozenset[Path] = frozenset()
) -> Iterator[tuple[Path, Path]]:
    """Yield each file here and there; a link to a folder is one, unless it leads back upwards."""
    if source.is_file():
        yield source, target
    elif source.is_dir() and (folder := source.resolve()) not in within:
        for path in sorted(source.iterdir()):
            yield from _files(path, target / path.name, within=within | {folder})
