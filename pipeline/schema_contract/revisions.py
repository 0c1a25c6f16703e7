"""Two versions of every schema: that of a git revision, and that of the working tree."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.schema_contract.acknowledged import ACKNOWLEDGED_FILE

FOLDER: Final = "schema"
SCHEMA_FILE: Final = "schema.pbtxt"
PRESETS: Final = "pipeline/presets"
FIRST_CONFIG: Final = "malmoi.yaml"


class RevisionError(Exception):
    """Git cannot give the version that was asked for; the message says what to type."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What one version of the repository says of a schema.

    Attributes:
        schema: the schema's text; none: there is no such schema.
        acknowledged: the file of acknowledgements; empty if there is none.
        configs: the configurations' contents by path, `malmoi.yaml` first.
    """

    schema: str | None
    acknowledged: str
    configs: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Versions:
    """One schema before and after."""

    name: str
    before: Version
    after: Version

    @property
    def path(self) -> str:
        """Path of the schema, with slashes."""
        return f"{FOLDER}/{self.name}/{SCHEMA_FILE}"


def read_versions(base: str, root: Path) -> list[Versions]:
    """Read each schema at a revision and in the working tree.

    Compared is with the commit where the two histories part, so that what others have merged
    meanwhile does not appear undone.

    Args:
        base: a revision, such as `origin/main`.
        root: the folder that holds `schema/`.

    Raises:
        RevisionError: the folder is in no repository, or the revision is not there.
        OSError: a file of the working tree cannot be read.
    """
    commit = _git(root, "merge-base", base, "HEAD", wanted=base).strip()
    was = _Committed(root, commit)
    now = _Working(root)
    return [
        Versions(name=name, before=_version(was, name), after=_version(now, name))
        for name in sorted({*_names(was), *_names(now)})
    ]


class _Committed:
    """The files of a commit."""

    def __init__(self, root: Path, commit: str) -> None:
        self._root, self._commit = root, commit
        listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, wanted=commit)
        self.paths = [path for path in listed.split("\0") if path]

    def read(self, path: str) -> str:
        return _git(self._root, "show", f"{self._commit}:./{path}", wanted=self._commit)


class _Working:
    """The files as they lie there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        patterns = (f"{FOLDER}/*/*", "*.yaml", f"{PRESETS}/*.yaml")
        found = (path for pattern in patterns for path in root.glob(pattern) if path.is_file())
        self.paths = sorted(path.relative_to(root).as_posix() for path in found)

    def read(self, path: str) -> str:
        return (self._root / path).read_text("utf-8")


def _version(files: _Committed | _Working, name: str) -> Version:
    configs = sorted(filter(_is_config, files.paths), key=lambda path: (path != FIRST_CONFIG, path))
    return Version(
        schema=_read(files, f"{FOLDER}/{name}/{SCHEMA_FILE}"),
        acknowledged=_read(files, f"{FOLDER}/{name}/{ACKNOWLEDGED_FILE}") or "",
        configs={path: files.read(path) for path in configs},
    )


def _read(files: _Committed | _Working, path: str) -> str | None:
    return files.read(path) if path in files.paths else None


def _names(files: _Committed | _Working) -> Iterator[str]:
    for path in files.paths:
        match path.split("/"):
            case [folder, name, file] if (folder, file) == (FOLDER, SCHEMA_FILE):
                yield name


def _is_config(path: str) -> bool:
    folder, _, file = path.rpartition("/")
    return file.endswith(".yaml") and folder in ("", PRESETS)


def _git(root: Path, *arguments: str, wanted: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
    except FileNotFoundError as error:
        raise RevisionError("there is no git on PATH; install it") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or "no common commit"
        raise RevisionError(
            f"git cannot compare with {wanted}: {said}; name another revision with --base, or "
            "fetch the history first: git fetch --unshallow, or fetch-depth: 0 in a workflow"
        ) from error
    return done.stdout.decode("utf-8")
