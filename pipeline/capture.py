"""Sends what libraries print, from Python and from C++, to a log file."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

_STDOUT: Final = 1
_STDERR: Final = 2
_CHUNK_BYTES: Final = 65_536


@contextmanager
def captured(log: Path, *, show: bool) -> Iterator[None]:
    """Redirect standard output and error of this process and its children into a file.

    Whoever wants to talk to the terminal meanwhile duplicates its descriptor before. What a full
    disk does not take is dropped.

    Args:
        log: the file, appended to.
        show: also copy everything to the standard error of before.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(_STDOUT), os.dup(_STDERR)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    copier = _Copier(target, saved[1]) if show else None
    try:
        for descriptor in (_STDOUT, _STDERR):
            os.dup2(copier.entrance if copier else target, descriptor)
        yield
    finally:
        _empty(sys.stdout, _STDOUT)
        _empty(sys.stderr, _STDERR)
        for descriptor, original in zip((_STDOUT, _STDERR), saved, strict=True):
            os.dup2(original, descriptor)
        if copier:
            copier.finish()
        for descriptor in (*saved, target):
            os.close(descriptor)


def _empty(stream: TextIO, descriptor: int) -> None:
    """Flush a stream, or drop what the disk does not take: it must not reach the terminal later."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
        stream.flush()


class _Copier:
    """Copies a pipe into several descriptors until its last writer has closed it."""

    def __init__(self, *exits: int) -> None:
        self._reading, self.entrance = os.pipe()
        self._exits = exits
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        while chunk := os.read(self._reading, _CHUNK_BYTES):
            for descriptor in self._exits:
                with suppress(OSError):  # a full pipe would stop everyone who writes to it
                    _write(descriptor, chunk)

    def finish(self) -> None:
        os.close(self.entrance)
        self._thread.join()
        os.close(self._reading)


def _write(descriptor: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(descriptor, chunk) :]
