"""Which server serves here: TensorFlow Serving where there is one, else the embedded server."""

import ipaddress
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path

from serving.plans import read_plans
from serving.settings import GRPC_PORT, IMAGE, LOOPBACK, REST_PORT, ServerSettings, in_url

BINARY = "tensorflow_model_server"
LABELS_AT_START = "--allow_version_labels_for_unavailable_models=true"
ENGINE_PATIENCE_S = 5.0  # an engine that runs answers in well under 1 s, one that hangs never

# Where to start a command line: `python -m` looks there first, and finds this version's server. In
# a folder of the user's it would take a queue.py beside the rows for Python's own.
START_FOLDER = Path(__file__).resolve().parents[1]


class Backend(Enum):
    """A way to serve. All but `EMBEDDED` are TensorFlow Serving itself."""

    EMBEDDED = "embedded"
    BINARY = "binary"
    DOCKER = "docker"
    PODMAN = "podman"


class BackendError(ValueError):
    """Settings that a backend cannot be started with."""


def choose(name: str = "auto") -> Backend:
    """The backend of this name; `auto` takes the best that this machine has.

    Raises:
        BackendError: no backend has the name.
    """
    if name == "auto":
        return detect()
    try:
        return Backend(name)
    except ValueError as error:
        names = ", ".join(["auto", *(backend.value for backend in Backend)])
        raise BackendError(
            f"serving backend: expected one of {names}, received {name!r}"
        ) from error


def detect(*, patience_s: float = ENGINE_PATIENCE_S) -> Backend:
    """The best backend here: the binary, an engine that answers, the embedded server."""
    if shutil.which(BINARY):
        return Backend.BINARY
    for engine in (Backend.DOCKER, Backend.PODMAN):
        if _answers(engine.value, patience_s):
            return engine
    return Backend.EMBEDDED


def command_line(settings: ServerSettings, backend: Backend) -> list[str]:
    """The command that serves these settings with this backend; start it in `START_FOLDER`.

    Raises:
        BackendError: TensorFlow Serving cannot do what the settings ask for.
        ServingError: a container needs to read models.config, and the file is refused.
    """
    if backend is Backend.EMBEDDED:
        return [sys.executable, "-m", "serving.server", *_own_flags(settings)]
    if not settings.port or not settings.rest_api_port:
        raise BackendError(
            f"{backend.value}: TensorFlow Serving cannot choose ports, "
            "give --port and --rest_api_port above 0"
        )
    if backend is Backend.BINARY:
        ports = [f"--port={settings.port}", f"--rest_api_port={settings.rest_api_port}"]
        models = _model_flags(settings, labels_at_start=True)
        return [BINARY, *ports, *models, *_shared_flags(settings)]
    return _container_line(settings, backend)


def _container_line(settings: ServerSettings, backend: Backend) -> list[str]:
    folders = _mounts(settings)
    image = IMAGE if backend is Backend.DOCKER else f"docker.io/{IMAGE}"
    host = _published_on(settings.host, backend)
    line = [
        *(backend.value, "run", "--rm"),
        *("-p", f"{host}:{settings.rest_api_port}:{REST_PORT}"),
        *("-p", f"{host}:{settings.port}:{GRPC_PORT}"),
    ]
    for here, there in folders.items():
        line += ["-v", f"{here}:{there}:ro"]
    line += ["-e", f"MODEL_NAME={settings.model_name}", image]
    if settings.model_config_file is not None:
        line += _model_flags(settings, labels_at_start=True)
    return [*line, *_shared_flags(settings)]


def _published_on(host: str, backend: Backend) -> str:
    """The host as `-p` takes it: an address, no name."""
    if host == "localhost":
        return LOOPBACK
    try:
        return in_url(str(ipaddress.ip_address(host)))
    except ValueError as error:
        raise BackendError(
            f"{backend.value}: --host: expected an address such as {LOOPBACK}, received {host!r}"
        ) from error


def _mounts(settings: ServerSettings) -> dict[Path, Path | str]:
    """Folders and files by their place here, with their place in the container.

    A models.config names absolute paths, so that its models keep theirs. A file inside of a
    mounted folder needs no mount of its own, and must not have one: a file mount holds on to the
    first file, whatever is renamed into its place.
    """
    mounts: dict[Path, Path | str] = {}
    if settings.model_base_path is not None:
        mounts[settings.model_base_path.absolute()] = f"/models/{settings.model_name}"
    if settings.model_config_file is not None:
        for plan in read_plans(settings.model_config_file):
            mounts[plan.base_path] = plan.base_path
    for file in (settings.model_config_file, settings.batching_parameters_file):
        if file is not None and not mounts.keys() & set(file.absolute().parents):
            mounts[file.absolute()] = file.absolute()
    return mounts


def _model_flags(settings: ServerSettings, *, labels_at_start: bool = False) -> list[str]:
    """What to serve; TensorFlow Serving takes a file's labels at its start with a flag only."""
    if settings.model_config_file is not None:
        flag = f"--model_config_file={settings.model_config_file.absolute()}"
        return [flag, LABELS_AT_START] if labels_at_start else [flag]
    assert settings.model_base_path is not None  # ServerSettings checks it
    return [
        f"--model_name={settings.model_name}",
        f"--model_base_path={settings.model_base_path.absolute()}",
    ]


def _shared_flags(settings: ServerSettings) -> list[str]:
    """The flags that both servers know, besides models and ports."""
    poll_s = max(1, round(settings.file_system_poll_wait_seconds))  # whole seconds there
    flags = [
        f"--file_system_poll_wait_seconds={poll_s}",
        f"--max_num_load_retries={settings.retry.max_num_load_retries}",
        f"--load_retry_interval_micros={settings.retry.load_retry_interval_micros}",
        f"--rest_api_timeout_in_ms={round(settings.limits.request_timeout_s * 1000)}",
    ]
    if settings.model_config_file_poll_wait_seconds:
        wait_s = max(1, round(settings.model_config_file_poll_wait_seconds))
        flags.append(f"--model_config_file_poll_wait_seconds={wait_s}")
    return [*flags, *_batching_flags(settings)]


def _own_flags(settings: ServerSettings) -> list[str]:
    limits = settings.limits
    return [
        *_model_flags(settings),
        f"--host={settings.host}",
        f"--port={settings.port}",
        f"--rest_api_port={settings.rest_api_port}",
        f"--file_system_poll_wait_seconds={settings.file_system_poll_wait_seconds}",
        f"--model_config_file_poll_wait_seconds={settings.model_config_file_poll_wait_seconds}",
        f"--max_num_load_retries={settings.retry.max_num_load_retries}",
        f"--load_retry_interval_micros={settings.retry.load_retry_interval_micros}",
        f"--max_request_bytes={limits.max_request_bytes}",
        f"--request_timeout_s={limits.request_timeout_s}",
        f"--max_running_requests={limits.running}",
        f"--max_waiting_requests={limits.waiting}",
        *_batching_flags(settings),
    ]


def _batching_flags(settings: ServerSettings) -> list[str]:
    flags = ["--enable_batching=true"] if settings.enable_batching else []
    if settings.batching_parameters_file is not None:
        flags.append(f"--batching_parameters_file={settings.batching_parameters_file.absolute()}")
    return flags


def _answers(engine: str, patience_s: float) -> bool:
    """Whether the engine's daemon answers: a client alone can start no container."""
    if not shutil.which(engine):
        return False
    try:
        done = subprocess.run(
            [engine, "info"], capture_output=True, timeout=patience_s, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.returncode == 0
