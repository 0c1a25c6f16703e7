"""Runs `malmoi` again and again in forks of one process that has imported everything once.

Importing TFX takes longer than a small run does. The process has a single thread and has used none
of the libraries when it forks; each fork runs the real command line to the end of its process.

Reads one JSON object a line: `arguments`, `folder`, `input`, `environment`, the files `out` and
`err`, and, if the run shall be struck, `strike`: a node, a signal and the seconds to wait once that
node has begun, or the file name whose copying or renaming is the moment. Answers with the wait
status, one a line.
"""

import faulthandler
import gc
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from pipeline import graph, local_runner, outcome, recovery, released, run  # noqa: F401
from pipeline.console import main, talk

PATIENCE_S = 240.0  # a run that hangs ends after this, with the stack of every thread


def serve() -> dict[str, Any]:
    """Fork for every request and wait; returns the request in the fork alone."""
    gc.freeze()  # a collection in a fork would copy every page
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            return json.loads(line)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    sys.exit()


def take_place(request: dict[str, Any]) -> None:
    """Become the process that the request asks for."""
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
    streams = (
        (request["input"], os.O_RDONLY),
        *((request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in ("out", "err")),
    )
    for number, (path, flags) in enumerate(streams):
        os.dup2(os.open(path, flags, 0o644), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["malmoi", *request["arguments"]]


def expect_strike(node: str, number: int, moment: float | str) -> None:
    """Signal this process in the midst of a node."""

    def strike(*_: object) -> None:
        os.kill(os.getpid(), number)

    begin = talk.Talk.node_started

    def node_started(self: talk.Talk, started: str) -> None:
        begin(self, started)
        if started == node and isinstance(moment, str):
            sys.addaudithook(on_file)
        elif started == node:
            threading.Timer(float(moment), strike).start()

    def on_file(event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"shutil.copyfile", "os.rename"} and Path(str(arguments[1])).match(moment):
            strike()

    talk.Talk.node_started = node_started


request = serve()
take_place(request)
if request["strike"]:
    expect_strike(**request["strike"])
main.main()
