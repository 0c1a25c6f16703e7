"""What the local server is told, and where it says that it listens."""

import ipaddress
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
GRPC_PORT = 8500
REST_PORT = 8501

HIGHEST_PORT = 65_535

IMAGE = "tensorflow/serving:2.16.1"  # the release that links the TensorFlow we train with

MAX_REQUEST_BYTES = 32 * 2**20  # some 100,000 Korean reviews; a mistake is larger than that
REQUEST_TIMEOUT_S = 30.0  # TensorFlow Serving's own for REST
THREADS_PER_CORE = 4  # TensorFlow Serving's own for REST
WAITING_PER_THREAD = 8  # a queue of 8 turns: past it an answer would come too late to be wanted
SMALLEST_WAITING_ROOM = 32  # a burst of one client with 32 connections is not an overload
_REPLACEMENT = (
    "; not TensorFlow Serving, which is: docker run --rm -p 127.0.0.1:8501:8501 "
    "-p 127.0.0.1:8500:8500 -v <absolute base path>:/models/<name>:ro "
    f"-e MODEL_NAME=<name> {IMAGE}"
)

SHORTEST_WAIT_S = 0.001  # TensorFlow's time limits are whole milliseconds, and 0 is none
LONGEST_WAIT_S = 86_400.0  # a day; more is a mistake of the unit
LARGEST_MESSAGE_BYTES = 2**31 - 1  # gRPC's and protobuf's own

DRAIN_S = 10.0  # Kubernetes kills after 30 s: the drain must be over well before


@dataclass(frozen=True)
class RetryPolicy:
    """How often and after what pause a version that failed to load is tried again.

    The defaults are TensorFlow Serving's.
    """

    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000

    @property
    def pause_s(self) -> float:
        """Seconds between two attempts."""
        return self.load_retry_interval_micros / 1e6


@dataclass(frozen=True)
class RequestLimits:
    """What one request may cost, and how many there may be at a time.

    `running` requests are worked on, `waiting` more are held, and every further one is refused.
    `request_timeout_s` ends three things: the client's wait (`rest`, `rpc`), the run inside
    TensorFlow (`servable`), and the wait for a batch (`batching`).
    """

    max_request_bytes: int = MAX_REQUEST_BYTES
    request_timeout_s: float = REQUEST_TIMEOUT_S
    running: int = THREADS_PER_CORE * (os.cpu_count() or 1)
    waiting: int = max(
        SMALLEST_WAITING_ROOM, WAITING_PER_THREAD * THREADS_PER_CORE * (os.cpu_count() or 1)
    )


@dataclass(frozen=True)
class ServerSettings:
    """What to serve and where. Field names follow `tensorflow_model_server`'s flags.

    Either `model_base_path` (a folder of numeric version folders) or `model_config_file` (a
    ModelServerConfig in text form) names the models. Port 0 lets the system choose.
    """

    model_name: str = "default"
    model_base_path: Path | None = None
    model_config_file: Path | None = None
    model_config_file_poll_wait_seconds: float = 0.0
    file_system_poll_wait_seconds: float = 1.0
    host: str = LOOPBACK
    port: int = GRPC_PORT
    rest_api_port: int = REST_PORT
    enable_batching: bool = False
    batching_parameters_file: Path | None = None
    retry: RetryPolicy = RetryPolicy()
    limits: RequestLimits = RequestLimits()

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise ValueError("; ".join(faults))


def _faults(settings: ServerSettings) -> Sequence[str]:
    file = settings.model_config_file
    checks = [
        (
            (settings.model_base_path is None) != (settings.model_config_file is None),
            "expected exactly one of --model_base_path and --model_config_file",
        ),
        (
            file is None or file.exists(),
            f"--model_config_file={file}: there is no such file",
        ),
        (
            settings.batching_parameters_file is None or settings.enable_batching,
            "--batching_parameters_file needs --enable_batching=true",
        ),
        (
            not settings.port or settings.port != settings.rest_api_port,
            f"--port and --rest_api_port must differ, both are {settings.port}",
        ),
    ]
    return [*(fault for holds, fault in checks if not holds), *_out_of_range(settings)]


def _out_of_range(settings: ServerSettings) -> Iterator[str]:
    limits, retry = settings.limits, settings.retry
    config_wait_s = settings.model_config_file_poll_wait_seconds
    folder_wait_s = settings.file_system_poll_wait_seconds
    ranges = (
        ("port", settings.port, 0, HIGHEST_PORT),
        ("rest_api_port", settings.rest_api_port, 0, HIGHEST_PORT),
        ("model_config_file_poll_wait_seconds", config_wait_s, 0, LONGEST_WAIT_S),
        ("file_system_poll_wait_seconds", folder_wait_s, SHORTEST_WAIT_S, LONGEST_WAIT_S),
        ("max_num_load_retries", retry.max_num_load_retries, 0, math.inf),
        ("load_retry_interval_micros", retry.load_retry_interval_micros, 0, LONGEST_WAIT_S * 1e6),
        ("max_request_bytes", limits.max_request_bytes, 1, LARGEST_MESSAGE_BYTES),
        ("request_timeout_s", limits.request_timeout_s, SHORTEST_WAIT_S, LONGEST_WAIT_S),
        ("max_running_requests", limits.running, 1, math.inf),
        ("max_waiting_requests", limits.waiting, 0, math.inf),
    )
    for flag, value, least, most in ranges:
        if not least <= value <= most:  # so that NaN is out of range too
            expected = f"at least {least}" if most == math.inf else f"from {least:g} to {most:.0f}"
            yield f"--{flag} must be {expected}, not {value}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Endpoints:
    """Where a started server listens, with the ports that the system really gave."""

    host: str
    port: int
    rest_api_port: int

    @property
    def rest(self) -> str:
        """The REST API's address, such as `http://127.0.0.1:8501`."""
        return f"http://{in_url(self.host)}:{self.rest_api_port}"

    @property
    def grpc(self) -> str:
        """The gRPC target, such as `127.0.0.1:8500`."""
        return f"{in_url(self.host)}:{self.port}"

    def start_line(self) -> str:
        """The one line that a started server writes on standard output."""
        return (
            "embedded server with TensorFlow Serving's API: "
            f"REST {self.rest} gRPC {self.grpc}{_REPLACEMENT}"
        )

    @classmethod
    def from_start_line(cls, line: str) -> "Endpoints":
        """Reads the ports back from `start_line`.

        Raises:
            ValueError: the line is no start-up line.
        """
        found = re.search(r"REST http://(?P<host>\S+):(?P<rest>\d+) gRPC \S+:(?P<grpc>\d+)", line)
        if not found:
            raise ValueError(f"expected the local server's start-up line, received {line!r}")
        return cls(found["host"].strip("[]"), int(found["grpc"]), int(found["rest"]))


def in_url(host: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
