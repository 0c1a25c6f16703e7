"""Keeps an interruption from being lost on its way through other people's code.

Python drops what is raised in a finalizer or in a callback from C, an import, Beam and pybind11
make another error of it, and some libraries catch everything: the run would go on, or tell of a
fault.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_came: Final[list[int]] = []
"""The signals that came, of those that are remembered now."""


@contextmanager
def remembered() -> Iterator[None]:
    """Remember the signals that interrupt, and make of any later error what they are.

    Signals without the handler of Python that raises `KeyboardInterrupt` are left alone.

    Raises:
        KeyboardInterrupt: a signal came, and whatever was raised since.
    """
    heard = [n for n in _SIGNALS if signal.getsignal(n) is signal.default_int_handler]
    _came.clear()
    try:
        for number in heard:
            signal.signal(number, _hear)
        yield
    except Exception as error:
        if _came:
            raise KeyboardInterrupt from error
        raise
    finally:
        for number in heard:
            signal.signal(number, signal.default_int_handler)


def check() -> None:
    """Raise `KeyboardInterrupt` again if a remembered signal came, whatever became of it since."""
    if _came:
        raise KeyboardInterrupt


def _hear(number: int, frame: FrameType | None) -> None:
    _came.append(number)
    signal.default_int_handler(number, frame)
