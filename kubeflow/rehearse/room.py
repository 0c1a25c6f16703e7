"""The room in which a step runs: what it sees of this machine, and what of the cluster's."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from kubeflow.step.places import FOLDERS
from pipeline.digests import ROOT

PACKAGES: Final = ("pipeline", "components", "trainer", "serving", "kubeflow")

SYSTEM: Final = ("bin", "etc", "lib", "lib32", "lib64", "libx32", "opt", "sbin", "usr")
"""Folders of the system that a program needs; all that a step sees of this machine but Python."""

WORK: Final = "workdir"


@dataclass(frozen=True, kw_only=True)
class Room:
    """Folders of this machine that a step sees as its own.

    Attributes:
        folder: holds the launcher's folders and the empty working directory.
        volumes: folder of this machine by the path where the step sees it.
    """

    folder: Path
    volumes: Mapping[str, Path]

    def prepare(self) -> None:
        """Make the folders."""
        for name in (WORK, *FOLDERS.values()):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for source in self.volumes.values():
            source.mkdir(parents=True, exist_ok=True)

    def writable(self) -> dict[str, Path]:
        """Return the folders that a step may write to, by where it sees them; outer ones first."""
        own = {f"/{name}": self.folder / name for name in (*FOLDERS.values(), WORK)}
        return dict(sorted({**own, **self.volumes}.items()))


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A command that only has to be started.

    Attributes:
        argv: the command.
        environment: all of it.
        folder: the working directory.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class Isolation(Protocol):
    """Puts a container's command into a room.

    A new way is a class with these two.
    """

    name: str

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        """Return what to start."""


def read_only() -> Iterator[Path]:
    """Yield the folders of this machine that a step may read: the system, Python, our packages."""
    yield from (Path("/", name) for name in SYSTEM if Path("/", name).exists())
    yield from {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}
    yield from (ROOT / package for package in PACKAGES)


def environment() -> dict[str, str]:
    """Return the variables of an image: nothing of this shell's."""
    binaries = Path(sys.prefix).resolve() / "bin"
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": f"{binaries}:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
