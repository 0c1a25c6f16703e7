"""Keeps an interruption from being lost on its way through other people's code.

Python drops what is raised in a finalizer or in a callback from C, Beam and pybind11 make another
error of it, and some libraries catch everything: the run would go on, or tell of a fault.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Remembers whether the process was told to end."""

    def __init__(self) -> None:
        self._came = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Raise as Python's own handler does, and remember it."""
        self._came = True
        signal.default_int_handler(number, frame)

    def check(self) -> None:
        """Raise again.

        Raises:
            KeyboardInterrupt: the process was told to end, whatever became of it since.
        """
        if self._came:
            raise KeyboardInterrupt


@contextmanager
def remembered() -> Iterator[Interruption]:
    """Hear the signals that end the process with `KeyboardInterrupt`, and leave others alone."""
    interruption = Interruption()
    heard = [n for n in _SIGNALS if signal.getsignal(n) is signal.default_int_handler]
    if threading.current_thread() is not threading.main_thread():
        heard = []  # only the main thread may set handlers, and only there are they called
    try:
        for number in heard:
            signal.signal(number, interruption.hear)
        yield interruption
    finally:
        for number in heard:
            signal.signal(number, signal.default_int_handler)
