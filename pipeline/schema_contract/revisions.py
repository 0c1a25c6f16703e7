"""Two versions of every schema: that of a git revision, and that of the working tree."""

import os
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
        RevisionError: the folder is in no repository, the revision is not there, or neither of
            the two versions has a schema.
        OSError: a file of the working tree cannot be read.
        ValueError: a schema or its acknowledgements are not UTF-8.
    """
    commit = os.fsdecode(_git(root, "merge-base", base, "HEAD", wanted=base)).strip()
    was = _Committed(root, commit)
    now = _Working(root)
    names = sorted({*_names(was), *_names(now)})
    if not names:
        raise RevisionError(
            f"neither {root} nor {base} has a {FOLDER}/NAME/{SCHEMA_FILE}: "
            f"run the command in the folder that holds {FOLDER}/"
        )
    before, after = _configs(was), _configs(now)
    return [
        Versions(name=name, before=_version(was, name, before), after=_version(now, name, after))
        for name in names
    ]


class _Committed:
    """The files of a commit."""

    def __init__(self, root: Path, commit: str) -> None:
        self._root, self._commit = root, commit
        listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, wanted=commit)
        self.paths = [path for path in os.fsdecode(listed).split("\0") if path]

    def read(self, path: str) -> bytes:
        return _git(self._root, "show", f"{self._commit}:./{path}", wanted=self._commit)


class _Working:
    """The files as they lie there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        patterns = (f"{FOLDER}/*/*", "*.yaml", f"{PRESETS}/*.yaml")
        found = (path for pattern in patterns for path in root.glob(pattern) if path.is_file())
        self.paths = sorted(path.relative_to(root).as_posix() for path in found)

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()


def _version(files: _Committed | _Working, name: str, configs: Mapping[str, str]) -> Version:
    return Version(
        schema=_read(files, f"{FOLDER}/{name}/{SCHEMA_FILE}"),
        acknowledged=_read(files, f"{FOLDER}/{name}/{ACKNOWLEDGED_FILE}") or "",
        configs=configs,
    )


def _configs(files: _Committed | _Working) -> dict[str, str]:
    """Read the configurations; other YAML may lie beside them, of whatever encoding."""
    paths = sorted(filter(_is_config, files.paths), key=lambda path: (path != FIRST_CONFIG, path))
    return {path: files.read(path).decode("utf-8", "replace") for path in paths}


def _read(files: _Committed | _Working, path: str) -> str | None:
    """Read a text whose lines end alike in both versions, whatever git makes of them."""
    if path not in files.paths:
        return None
    try:
        return files.read(path).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected UTF-8, got byte 0x{error.object[error.start]:02x} at "
            f"{error.start}; save it as UTF-8, then repeat the command"
        ) from error


def _names(files: _Committed | _Working) -> Iterator[str]:
    for path in files.paths:
        match path.split("/"):
            case [folder, name, file] if (folder, file) == (FOLDER, SCHEMA_FILE):
                yield name


def _is_config(path: str) -> bool:
    folder, _, file = path.rpartition("/")
    return file.endswith(".yaml") and folder in ("", PRESETS)


def _git(root: Path, *arguments: str, wanted: str) -> bytes:
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
    return done.stdout
