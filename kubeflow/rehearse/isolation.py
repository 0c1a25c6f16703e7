"""Ways to run a step apart from this machine, the strictest that the system allows."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from kubeflow.mounts import on_volume
from kubeflow.rehearse.room import WORK, Isolation, Prepared, Room, environment, read_only
from kubeflow.step.places import ROOT_VARIABLE

_TRIAL_SECONDS: Final = 10.0

_LOOPBACK_UP: Final = (
    "import fcntl, socket, struct; "
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0x41))"
)
"""SIOCSIFFLAGS with IFF_UP and IFF_RUNNING: a pod has a loopback device, a new namespace has it
switched off, and `ip` is not everywhere."""


class Bubblewrap:
    """Own file system, processes and network by `bwrap`."""

    name = "bubblewrap"

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        """Return what to start."""
        argv = [_found("bwrap"), "--unshare-net", "--unshare-pid", "--die-with-parent"]
        argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        for path in read_only():
            argv += ["--ro-bind", str(path), str(path)]
        for target, source in room.writable().items():
            argv += ["--bind", str(source), target]
        argv += ["--chdir", f"/{WORK}", "--", *command]
        return Prepared(argv=argv, environment=environment(), folder=room.folder)


class Namespaces:
    """The same by util-linux's `unshare` and a shell."""

    name = "unshare"

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        """Return what to start."""
        root = room.folder / "root"
        root.mkdir(exist_ok=True)
        enter = f'cd /{WORK}; exec "$@"'
        last = f'exec chroot {shlex.quote(str(root))} sh -c {shlex.quote(enter)} sh "$@"'
        script = "\n".join([*file_system(root, room), last])
        argv = [
            *(_found("unshare"), "--mount", "--net", "--pid", "--fork", "--kill-child"),
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
            *("sh", "-c", script, "sh", *command),
        ]
        return Prepared(argv=argv, environment=environment(), folder=room.folder)


class Plain:
    """Only an empty working directory: what no system refuses.

    The network is there and so is every file; paths of the volumes are replaced in the command.
    """

    name = "none"

    def prepare(self, command: Sequence[str], room: Room) -> Prepared:
        """Return what to start."""
        argv = list(command)
        for target, source in sorted(room.volumes.items(), reverse=True):  # inner ones first
            argv = [_moved(argument, target, source) for argument in argv]
        outputs = f'"outputFile": "{room.folder}/'
        argv = [argument.replace('"outputFile": "/', outputs) for argument in argv]
        variables = {**environment(), ROOT_VARIABLE: str(room.folder)}
        return Prepared(argv=argv, environment=variables, folder=room.folder / WORK)


def _moved(argument: str, target: str, source: Path) -> str:
    """Replace a volume's mount path, alone or before the rest of a path, by its folder here."""
    below = on_volume(target).sub(lambda _: str(source), argument)
    return below.replace(f'"{target}"', f'"{source}"')


def choose() -> Isolation:
    """Return the strictest way that works here."""
    for way, program in ((Bubblewrap(), "bwrap"), (Namespaces(), "unshare")):
        if shutil.which(program) and _works(way):
            return way
    return Plain()


def _works(way: Isolation) -> bool:
    """Try a way on `true`, in a room of its own."""
    with tempfile.TemporaryDirectory() as folder:
        room = Room(folder=Path(folder), volumes={})
        room.prepare()
        prepared = way.prepare(["true"], room)
        try:
            done = subprocess.run(
                prepared.argv,
                env=dict(prepared.environment),
                cwd=prepared.folder,
                capture_output=True,
                timeout=_TRIAL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def file_system(root: Path, room: Room) -> Iterator[str]:
    """Yield the lines of a shell script that build the step's file system.

    It is a new one in memory, seen in the script's own mount namespace only and gone with it.
    """
    yield "set -eu"
    yield f"{shlex.quote(sys.executable)} -c {shlex.quote(_LOOPBACK_UP)}"
    yield f"mount -t tmpfs none {shlex.quote(str(root))}"
    for path in read_only():
        if path.is_symlink():  # /bin of a system with one tree
            yield f"ln -s {shlex.quote(os.readlink(path))} {_under(root, path)}"
            continue
        yield from _bound(path, _under(root, path))
        yield f"mount -o remount,bind,ro {_under(root, path)}"
    for name in ("dev", "sys"):
        yield from _bound(Path("/", name), _under(root, Path("/", name)))
    yield f"mkdir -p {_under(root, Path('/proc'))} {_under(root, Path('/tmp'))}"
    yield f"mount -t proc none {_under(root, Path('/proc'))}"
    for target, source in room.writable().items():
        yield from _bound(source, _under(root, Path(target)))


def _found(program: str) -> str:
    """Return a program's path here, for the step's own search path is another."""
    return shutil.which(program) or program


def _bound(source: Path, target: str) -> Iterator[str]:
    yield f"mkdir -p {target}"
    yield f"mount --rbind {shlex.quote(str(source))} {target}"


def _under(root: Path, path: Path) -> str:
    return shlex.quote(f"{root}{path}")
