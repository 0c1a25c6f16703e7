"""What a run says on the terminal: a line for each node, a spinner while it works."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from rich.live import Live

QUIET_NODES: Final = ("DataGateHalt", "LastAccepted", "Production")
"""Nodes whose line would only repeat another's."""

_NODE_WIDTH: Final = 17
_MARKS: Final[Mapping[bool, str]] = {True: "=", False: "+"}


class Talk:
    """Talks on a copy of a standard stream, which a capture of the stream does not touch.

    What nobody can hear, be it that the reader has gone or that the disk is full, is left unsaid:
    the work goes on.

    Args:
        stream: the standard stream to talk on.
        spin: whether a spinner may turn; it would stand in the midst of what the libraries say.
    """

    def __init__(self, stream: TextIO, *, spin: bool = True) -> None:
        self._own = os.fdopen(os.dup(stream.fileno()), "w", encoding="utf-8", errors="replace")
        self._spins = spin and self._own.isatty()
        self._spinner: Live | None = None

    def __enter__(self) -> "Talk":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_spinner()
        with suppress(OSError):
            self._own.close()

    def say(self, text: str) -> None:
        """Write lines as they are."""
        self._stop_spinner()
        with suppress(OSError):
            print(text, file=self._own, flush=True)

    def node_started(self, node: str) -> None:
        """Spin until the node ends, where there is a terminal to spin on."""
        if self._spins:
            self._spinner = _spinner(f"{node} ...", self._own)
            with suppress(OSError):
                self._spinner.start()

    def node_ended(self, result: Any) -> None:
        """Write the node's line: `+` ran, `=` came from the cache."""
        from pipeline import outcome
        from pipeline.console.findings import table

        if result.node in QUIET_NODES:
            self._stop_spinner()
            return
        taken = "cached" if result.cached else f"{result.seconds:.1f} s"
        detail = outcome.describe(result)
        mark = _MARKS[result.cached]
        self.say(f"{mark} {result.node:<{_NODE_WIDTH}} {taken:>8}  {detail}".rstrip())
        if findings := outcome.findings(result):
            self.say(table(findings))

    def _stop_spinner(self) -> None:
        if self._spinner:
            with suppress(OSError):
                self._spinner.stop()
            self._spinner = None


def _spinner(text: str, terminal: TextIO) -> "Live":
    """Make a spinner that leaves the standard streams alone: what they are sent is for the log."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    return Live(
        Spinner("dots", text),
        console=Console(file=terminal),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def complain(message: str) -> None:
    """Write a fault on standard error."""
    print(message, file=sys.stderr)
