"""An embedded server with TensorFlow Serving's API. It is not TensorFlow Serving.

It serves SavedModels by REST and gRPC on a machine that has neither TensorFlow Serving's binary nor
a container engine: for the demo, for the canary, for a laptop. What differs is in docs/serving.md.
For production run the original, which takes the same folder and answers the same calls:

    docker run --rm -p 127.0.0.1:8501:8501 -p 127.0.0.1:8500:8500 \
        -v <base path>:/models/<name>:ro -e MODEL_NAME=<name> tensorflow/serving:2.16.1
"""

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Timer

from serving.errors import ServingError
from serving.flags import read_flags
from serving.in_process import running
from serving.listening import PortTakenError
from serving.quiet import quiet
from serving.settings import DRAIN_S, Endpoints, ServerSettings

_LOG = logging.getLogger(__name__)

DONE, FAULT = 0, 1
_ENDING = (signal.SIGTERM, signal.SIGINT)
_END_S = DRAIN_S + 1  # the requests' time, and a moment for the threads that had them
_FIRST_PROCESS = 1  # of a container: the system lets no signal end it that it does not handle


def serve(
    settings: ServerSettings,
    *,
    on_ready: Callable[[Endpoints], None] = lambda _: None,
    on_drain: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or SIGINT, then drains. Call it in the main thread.

    Until it is ready the signals do what they did before, and so they do once it has ended: a load
    under way is not waited for.

    Args:
        settings: what to serve and where.
        on_ready: called once the first versions were tried and both APIs answer.
        on_drain: called when a signal has come, before the requests in flight are waited for.

    Raises:
        PortTakenError: a port is in use.
        ServingError: the configuration is refused.
        OSError: a file of the configuration cannot be read.
    """
    signals: SimpleQueue[int] = SimpleQueue()  # its put is safe inside a signal handler
    before = {number: signal.getsignal(number) for number in _ENDING}
    try:
        with running(settings) as endpoints:
            for number in _ENDING:
                signal.signal(number, lambda received, _frame: signals.put(received))
            on_ready(endpoints)
            received = signals.get()
            _LOG.info("%s: draining for at most %g s", signal.Signals(received).name, DRAIN_S)
            on_drain()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: `python -m serving.server`. Returns the exit status."""
    settings = read_flags(arguments)
    quiet()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    for number in _ENDING:  # until it is ready: no traceback of a load
        signal.signal(number, _end_by if os.getpid() == _FIRST_PROCESS else signal.SIG_DFL)
    try:
        serve(settings, on_ready=_announce, on_drain=_bound_the_end)
    except (PortTakenError, ServingError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return FAULT
    return DONE


def _end_by(number: int, _frame: object) -> None:
    os._exit(128 + number)  # as a shell tells of a process that a signal has ended


def _announce(endpoints: Endpoints) -> None:
    sys.stdout.write(endpoints.start_line() + "\n")
    sys.stdout.flush()


def _bound_the_end() -> None:
    """Ends the process in time, whatever its threads are still at.

    Python waits at its end for every pool thread, and a run or a load inside TensorFlow can take
    much longer than the drain.
    """
    timer = Timer(_END_S, _end_at_once)
    timer.daemon = True
    timer.start()


def _end_at_once() -> None:
    _LOG.warning("work was still going on after %g s and is cut off", _END_S)
    logging.shutdown()
    os._exit(DONE)


if __name__ == "__main__":
    sys.exit(main())
