"""Steps in real containers: the image, its user and its own file system."""

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Final

from kubeflow.rehearse.room import Prepared, Room

_EVERYONE: Final = 0o777
"""The cluster's folders are empty directories that any user may write to; ours belong to us."""

_LIMITS: Final = ("nofile=4096:4096", "nproc=4096:4096")
"""Podman asks for more than a machine may grant that is itself a container, and then fails."""


_OURSELVES: Final = "keep-id:uid=1000,gid=0"
"""The image's user is then who rehearses (podman 4.3): else it is one of podman's own, and what it
writes could be neither read nor removed here."""


class Podman:
    """Runs each step as the image says, without network and without capabilities.

    Args:
        image: what `make image` has built; the one that the pipeline names is not looked at.
    """

    def __init__(self, image: str) -> None:
        self.name = f"podman, image {image}"
        self._image = image

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        """Return what to start."""
        program, *arguments = command
        argv = ["podman", *_runtime(), "run", "--rm", "--network", "none", "--cap-drop", "ALL"]
        if os.geteuid() != 0:
            argv += ["--userns", _OURSELVES]
        argv += [part for limit in _LIMITS for part in ("--ulimit", limit)]
        for target, source in room.writable().items():
            for path in (source, *source.rglob("*")):
                path.chmod(_EVERYONE)
            argv += ["--volume", f"{source}:{target}"]
        argv += ["--entrypoint", program, self._image, *arguments]
        return Prepared(argv=argv, environment=dict(_environment()), folder=room.folder)


def _runtime() -> Iterator[str]:
    """Prefer runc: crun refuses machines with both generations of control groups."""
    if found := shutil.which("runc"):
        yield from ("--runtime", found)


def _environment() -> Iterator[tuple[str, str]]:
    """Yield what podman itself needs to find its programs and storage."""
    for name in ("HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        if name in os.environ:
            yield name, os.environ[name]


def available() -> bool:
    """Tell whether podman is installed."""
    return shutil.which("podman") is not None
