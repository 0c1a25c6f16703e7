"""A model server in a process of its own: TensorFlow Serving's binary, or the embedded server.

It is a runner in TFX's sense, which knows Docker and a cluster alone.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import grpc
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
)
from tfx.components.infra_validator.error_types import (
    DeadlineExceeded,
    JobAborted,
    ValidationFailed,
)
from tfx.components.infra_validator.model_server_runners.base_runner import BaseModelServerRunner

from components.canary.tether import tethered
from serving.backends import START_FOLDER, Backend, command_line
from serving.settings import LOOPBACK, Endpoints, RequestLimits, RetryPolicy, ServerSettings

MODEL_NAME: Final = "canary"

CHANNEL_OPTIONS: Final = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 100),
    ("grpc.max_receive_message_length", -1),
)
"""The server is on this machine, whatever proxy the environment names, and refuses connections
until it is ready; gRPC's own pauses grow to two minutes. An answer lists every label of every text,
and gRPC's own 4 MB are few for many labels."""

_LOOK_S: Final = 0.05
_STATUS_TIMEOUT_S: Final = 5.0
_LOG_TAIL_BYTES: Final = 8_192

_State = get_model_status_pb2.ModelVersionStatus.State


class ProcessRunner(BaseModelServerRunner):
    """Starts the server's process and ends it, with all that it has started.

    The process ends by itself where this one is killed.

    Args:
        base_path: folder of numeric version folders.
        backend: `BINARY` or `EMBEDDED`; both get the flags of `tensorflow_model_server`.
        log: file for all that the server says.
        request_timeout_s: how long the server may work on one request.
    """

    def __init__(
        self, *, base_path: Path, backend: Backend, log: Path, request_timeout_s: float
    ) -> None:
        self._base_path = base_path
        self._backend = backend
        self._log = log
        self._limits = RequestLimits(request_timeout_s=request_timeout_s)
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoints: Endpoints | None = None

    def __repr__(self) -> str:
        return f"ProcessRunner({self._backend.value}, {self._base_path})"

    def Start(self) -> None:  # noqa: N802 - TFX's name
        """Start the process on free ports of this machine.

        Raises:
            OSError: the program cannot be started.
        """
        port, rest_api_port = _free_ports()
        self._endpoints = Endpoints(LOOPBACK, port, rest_api_port)
        settings = ServerSettings(
            model_name=MODEL_NAME,
            model_base_path=self._base_path,
            port=port,
            rest_api_port=rest_api_port,
            retry=RetryPolicy(max_num_load_retries=0),  # a canary that fails once has failed
            limits=self._limits,
        )
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tethered(command_line(settings, self._backend)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=START_FOLDER,
                start_new_session=True,  # a group of its own, for `Stop`
            )

    def WaitUntilRunning(self, deadline: float) -> None:  # noqa: N802 - TFX's name
        """Wait until the model is loaded.

        Args:
            deadline: Unix time, in seconds.

        Raises:
            JobAborted: the process has ended.
            ValidationFailed: the server has given the model up; with its reason.
            DeadlineExceeded: the time is over.
        """
        said = "nothing yet"
        with grpc.insecure_channel(self.GetEndpoint(), CHANNEL_OPTIONS) as channel:
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            while time.time() < deadline:
                if self.ends_within(0):
                    raise JobAborted(f"the server ended before it was ready: {self.ending()}")
                loaded, said = _look(stub)
                if loaded:
                    return
                time.sleep(_LOOK_S)
        raise DeadlineExceeded(f"the server did not load the model in time; it said {said}")

    def ends_within(self, patience_s: float) -> bool:
        """Whether the process has ended or ends now: a broken connection is seen before an end."""
        assert self._process is not None, "Start comes first"
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def endpoints(self) -> Endpoints:
        """Where the started server listens."""
        assert self._endpoints is not None, "Start comes first"
        return self._endpoints

    def GetEndpoint(self) -> str:  # noqa: N802 - TFX's name
        """The gRPC target."""
        return self.endpoints.grpc

    def GetLogs(self) -> str:  # noqa: N802 - TFX's name
        """The end of what the server said."""
        with suppress(FileNotFoundError), self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
        return ""

    def Stop(self) -> None:  # noqa: N802 - TFX's name
        """Kill the process and all that it has started: nothing in flight is worth a wait."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ending(self) -> str:
        """How the process ended: its status and its last words."""
        assert self._process is not None
        last = [line.strip() for line in self.GetLogs().splitlines() if line.strip()][-1:]
        return f"status {self._process.returncode}: {''.join(last) or 'it said nothing'}"


def _look(stub: model_service_pb2_grpc.ModelServiceStub) -> tuple[bool, str]:
    """Ask whether the model is loaded, and what else the server says of it."""
    request = get_model_status_pb2.GetModelStatusRequest(
        model_spec=model_pb2.ModelSpec(name=MODEL_NAME)
    )
    try:
        versions = stub.GetModelStatus(request, timeout=_STATUS_TIMEOUT_S).model_version_status
    except grpc.RpcError as error:  # not listening yet, or without a version so far
        return False, f"{error.code().name}: {error.details()}"
    said = "; ".join(f"{_State.Name(v.state)} {v.status.error_message}".strip() for v in versions)
    if any(version.state == _State.END for version in versions):
        raise ValidationFailed(f"the server could not load the model: {said}")
    return any(version.state == _State.AVAILABLE for version in versions), said


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on: the real binary cannot choose its own."""
    with ExitStack() as closing:
        sockets = [closing.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(2)]
        grpc_port, rest_port = (int(one.getsockname()[1]) for one in sockets)
        return grpc_port, rest_port
