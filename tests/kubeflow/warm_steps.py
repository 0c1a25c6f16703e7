"""Runs steps in forks of one process that has imported TFX once, each in a room of its own.

A step's room is that of `kubeflow.rehearse.isolation.Namespaces`: the same script builds its file
system in a mount namespace, and it has no network but its own loopback. Only the interpreter was
started before. Importing TFX takes ten times as long as most steps of a small run.

Reads requests from a socket: one JSON object, with the descriptor to write to.
"""

import trainer  # noqa: F401 - sets the Keras version before TensorFlow is imported

# isort: split
import ctypes
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import traceback
from typing import Any

from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor  # noqa: F401

from kubeflow import entrypoint, resolve  # noqa: F401
from pipeline import graph  # noqa: F401

NEW_MOUNTS, NEW_NETWORK = 0x00020000, 0x40000000
REQUEST_BYTES = 1 << 20


def serve(server: socket.socket) -> None:
    gc.freeze()  # a collection in a fork would copy every page
    while True:
        connection, _ = server.accept()
        message, (output,), _, _ = socket.recv_fds(connection, REQUEST_BYTES, 1)
        child = os.fork()
        if child == 0:
            sys.exit(take_place(json.loads(message), output))
        _, status = os.waitpid(child, 0)
        os.close(output)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        connection.close()


def take_place(request: dict[str, Any], output: int) -> int:
    """Go into the room and run the step there."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS | NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")
    script = f"mount --make-rprivate /\n{request['script']}"
    subprocess.run(["sh", "-c", script], check=True)
    os.chroot(request["root"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    _, _, module, *argv = request["command"]
    try:
        importlib.import_module(module).main(argv)
    except Exception:  # noqa: BLE001 - told as an interpreter tells it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen()
    serve(listening)
