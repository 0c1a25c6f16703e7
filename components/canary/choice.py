"""Which server validates: the real binary wherever it is on PATH, else the embedded one."""

import shutil
import subprocess
import sys
from importlib import metadata
from typing import Final, Literal

from components.canary.record import Server
from serving.backends import BINARY, Backend

_VERSION_TIMEOUT_S: Final = 20.0  # the binary is large, and may come from a slow disk


def choose(wanted: Literal["auto", "binary", "embedded"]) -> Backend:
    """The server to validate with: the real binary wherever it is on PATH.

    Raises:
        FileNotFoundError: the binary is asked for and not on PATH.
    """
    found = shutil.which(BINARY)
    if wanted == "binary" and not found:
        raise FileNotFoundError(
            f"gates.canary.server is binary, but {BINARY} is not on PATH; install TensorFlow "
            "Serving, or set gates.canary.server to auto"
        )
    return Backend.BINARY if found and wanted != "embedded" else Backend.EMBEDDED


def describe(backend: Backend) -> Server:
    """Tell which program the backend starts, and of which version."""
    if backend is Backend.EMBEDDED:
        version = f"TensorFlow {metadata.version('tensorflow')}"
        return Server(backend=backend.value, program=sys.executable, version=version)
    program = shutil.which(BINARY) or BINARY
    return Server(backend=backend.value, program=program, version=_version(program))


def _version(program: str) -> str:
    try:
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            timeout=_VERSION_TIMEOUT_S,
            check=True,
            text=True,
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"does not tell its version: {error}"
    return " ".join(said.split())
