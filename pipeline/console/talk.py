"""What a run says on the terminal: a line for each node, a spinner while it works."""

import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from rich.status import Status

QUIET_NODES: Final = ("DataGateHalt", "LastAccepted", "Production")
"""Nodes whose line would only repeat another's."""

_NODE_WIDTH: Final = 17
_MARKS: Final[Mapping[bool, str]] = {True: "=", False: "+"}


class Talk:
    """Talks on a copy of a standard stream, which a capture of the stream does not touch.

    Args:
        stream: the standard stream to talk on.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console  # help needs none of it

        own = os.fdopen(os.dup(stream.fileno()), "w", encoding="utf-8", errors="replace")
        self.console = Console(file=own, highlight=False, soft_wrap=True)
        self._status: Status | None = None

    def __enter__(self) -> "Talk":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_spinner()
        self.console.file.close()

    def say(self, text: str) -> None:
        """Write lines as they are, without markup."""
        self._stop_spinner()
        self.console.print(text, markup=False, emoji=False)
        self.console.file.flush()

    def node_started(self, node: str) -> None:
        """Spin until the node ends, where there is a terminal to spin on."""
        if self.console.is_terminal:
            self._status = self.console.status(f"{node} ...")
            self._status.start()

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
        if self._status:
            self._status.stop()
            self._status = None


def complain(message: str) -> None:
    """Write a fault on standard error."""
    print(message, file=sys.stderr)
