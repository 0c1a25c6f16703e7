"""Looking again and again, in a thread of its own, and telling a fault that lasts once."""

import logging
import threading
from collections.abc import Callable, Sequence

from serving.errors import ServingError

_LOG = logging.getLogger(__name__)


class LastingFaults:
    """Tells a fault that lasts once, not at every look, and again when it comes back."""

    def __init__(self) -> None:
        self._last: Sequence[str] = ()

    def new(self, faults: Sequence[str]) -> list[str]:
        """Those of this look's faults that the look before did not have."""
        before, self._last = self._last, faults
        return [fault for fault in faults if fault not in before]


class Watcher:
    """Calls `look` again and again in a thread of its own until it is closed."""

    def __init__(self, look: Callable[[], None], *, every_s: float, name: str) -> None:
        self._look = look
        self._every_s = every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the look that it may be at."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        lasting = LastingFaults()
        while not self._closed.wait(self._every_s):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                foreseen = isinstance(error, (ServingError, OSError))
                for fault in lasting.new([str(error) or type(error).__name__]):
                    _LOG.error(
                        *("%s; looking again every %g s", fault, self._every_s),
                        exc_info=not foreseen,
                    )
            else:
                lasting.new([])
