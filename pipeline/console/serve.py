"""`malmoi serve`: TensorFlow Serving's API on this machine."""

import os
import re
import shlex
import shutil
import socket
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from pipeline.config import Config
    from serving.settings import ServerSettings


_FOLDER: Final = re.compile(r'base_path: "(.*)"')


class BackendChoice(str, Enum):
    """The values of `--backend`."""

    AUTO = "auto"
    EMBEDDED = "embedded"
    BINARY = "binary"
    DOCKER = "docker"
    PODMAN = "podman"


def serve(
    config: ConfigFile,
    overrides: Overrides = None,
    backend: Annotated[
        BackendChoice,
        typer.Option(
            help="binary, docker and podman run TensorFlow Serving; embedded is our stand-in; "
            "auto takes the first that this machine has."
        ),
    ] = BackendChoice.AUTO,
    batching: Annotated[
        bool, typer.Option("--batching", help="Join requests that arrive together.")
    ] = False,
) -> None:
    """Serve the pushed versions by REST and gRPC until interrupted.

    It listens on serving.host, 127.0.0.1 by default; tensorflow_model_server knows no host and
    listens on every address. A push and a rollback take over without a restart; ask
    /labels/stable or /labels/canary.

    Example: malmoi serve malmoi.yaml --set serving.rest_port=8601
    """
    from serving.backends import START_FOLDER, Backend, BackendError, choose, command_line
    from serving.errors import ServingError
    from serving.releases.errors import ReleaseError
    from serving.releases.folder import versions
    from serving.settings import is_loopback

    settings = load_config(config, overrides)
    models = settings.models_dir
    try:
        if not versions(models):
            raise ReleaseError(f"no pushed model in {models}: `malmoi run` makes one")
        _settle_if_moved(models)
        chosen = choose(backend.value)
        line = command_line(server_settings(settings, batching=batching), chosen)
    except (BackendError, ServingError, ReleaseError, OSError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    if not shutil.which(line[0]):
        complain(f"--backend {backend.value}: there is no {line[0]} on PATH; try --backend auto")
        raise typer.Exit(FAULT)
    taken = list(_taken_ports(settings))
    if taken:
        complain("\n".join(taken))
        raise typer.Exit(FAULT)
    if chosen is Backend.BINARY and is_loopback(settings.serving.host):
        complain(
            f"{line[0]} listens on every address, not on {settings.serving.host} alone: whoever "
            "reaches this machine may query the model; --backend embedded keeps to it"
        )
    tell(f"{settings.name}: {shlex.join(line)}")
    os.chdir(START_FOLDER)
    os.execvp(line[0], line)


def _settle_if_moved(models: Path) -> None:
    """Have models.config name its own folder: after a move, and in a copy, it names another."""
    from serving.releases.publish import recover
    from serving.releases.serving_files import MODELS_CONFIG

    followed = models / MODELS_CONFIG
    named = _FOLDER.search(followed.read_text("utf-8")) if followed.is_file() else None
    if named and Path(named[1]).resolve() != models.resolve():
        recover(models)


def _taken_ports(config: "Config") -> Iterator[str]:
    """Name the ports that cannot be listened on, by the keys that change them."""
    host = config.serving.host
    ports = {"rest_port": config.serving.rest_port, "grpc_port": config.serving.grpc_port}
    for key, port in ports.items():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as error:
                yield (
                    f"cannot listen on {host}:{port} ({error.strerror}): choose another port with "
                    f"--set serving.{key}=..., or 0 to let the system choose, or another address "
                    "with --set serving.host=..."
                )


def server_settings(config: "Config", *, batching: bool = False) -> "ServerSettings":
    """Turn the configuration into what a server is told.

    It follows models.config, which every push and rollback writes. A folder without one, such as
    one that was copied together by hand, is served by its newest version.
    """
    from serving.releases.serving_files import MODELS_CONFIG
    from serving.releases.settings import FOLLOW_S
    from serving.settings import ServerSettings

    followed = config.models_dir / MODELS_CONFIG
    known = followed.is_file()
    return ServerSettings(
        model_name=config.name,
        model_base_path=None if known else config.models_dir,
        model_config_file=followed if known else None,
        model_config_file_poll_wait_seconds=FOLLOW_S if known else 0.0,
        host=config.serving.host,
        port=config.serving.grpc_port,
        rest_api_port=config.serving.rest_port,
        enable_batching=batching,
    )
