"""The server inside this process: its models, its two APIs and what it watches."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from serving.batching_parameters import BatchingParameters, read_batching_parameters
from serving.catalog import Catalog
from serving.errors import ServingError
from serving.limits import WorkRoom
from serving.listening import RestServer, bind_grpc, listen, make_grpc_server
from serving.plans import ModelPlan, read_plans
from serving.settings import DRAIN_S, Endpoints, RequestLimits, ServerSettings, is_loopback
from serving.watching import Watcher

if TYPE_CHECKING:
    from serving.servable import Servable

_LOG = logging.getLogger(__name__)


@contextmanager
def running(settings: ServerSettings) -> Iterator[Endpoints]:
    """Runs the server inside this process for the length of a `with` block.

    Raises:
        PortTakenError: a port is in use.
        ServingError: the configuration is refused.
        OSError: a file of the configuration cannot be read.
    """
    _warn_if_open(settings)
    with ExitStack() as closing:
        # All that can be wrong with the settings is found before TensorFlow is imported.
        file = settings.model_config_file
        seen = file.read_bytes() if file else b""  # before the plans: no change after is missed
        plans = planned_models(settings)
        catalog = _make_catalog(settings)
        closing.callback(catalog.close)
        limits = settings.limits
        room = WorkRoom(_in_the_room(settings))
        closing.callback(room.close)
        listener = closing.enter_context(listen(settings.host, settings.rest_api_port))
        grpc_server = make_grpc_server(
            capacity=room.capacity, max_request_bytes=limits.max_request_bytes
        )
        closing.callback(lambda: grpc_server.stop(None).wait())
        port = bind_grpc(grpc_server, settings.host, settings.port)

        from serving.rest import application
        from serving.rpc import add_services

        _apply(catalog, plans)
        for watcher in _watch(settings, catalog, seen=seen):
            closing.callback(watcher.close)
        add_services(grpc_server, catalog, room, limits)
        rest = RestServer(application(catalog, room, limits), listener)
        grpc_server.start()
        try:
            yield Endpoints(settings.host, port, listener.getsockname()[1])
        finally:
            drained = grpc_server.stop(DRAIN_S)
            rest.stop()
            drained.wait()


def planned_models(settings: ServerSettings) -> tuple[ModelPlan, ...]:
    """The models that the settings name, from the flags or from models.config.

    Raises:
        ServingError: the file is refused.
        OSError: the file cannot be read.
    """
    if settings.model_config_file is not None:
        return read_plans(settings.model_config_file)
    assert settings.model_base_path is not None  # ServerSettings checks it
    return (ModelPlan(settings.model_name, settings.model_base_path.absolute()),)


def _warn_if_open(settings: ServerSettings) -> None:
    if not is_loopback(settings.host):
        _LOG.warning(
            "--host=%s: every machine that reaches this one may query the models; "
            "this server has neither TLS nor authentication",
            settings.host,
        )


def _in_the_room(settings: ServerSettings) -> RequestLimits:
    """With batching no request waits outside: in the batcher it can be joined with others."""
    limits = settings.limits
    if not settings.enable_batching:
        return limits
    return replace(limits, running=limits.running + limits.waiting, waiting=0)


def _make_catalog(settings: ServerSettings) -> "Catalog[Servable]":
    batching = BatchingParameters() if settings.enable_batching else None
    if settings.batching_parameters_file is not None:
        batching = read_batching_parameters(settings.batching_parameters_file)
    limit_s = settings.limits.request_timeout_s

    def load(path: Path, _version: int) -> "Servable":
        from serving.warmup import load_and_warm_up

        return load_and_warm_up(path, time_limit_s=limit_s, batching=batching)

    return Catalog(load=load, retry=settings.retry)


def _apply(catalog: "Catalog[Servable]", plans: Sequence[ModelPlan]) -> None:
    with suppress(ServingError):  # a label that waits is logged, and every poll tries it again
        catalog.apply(plans)


def _watch(
    settings: ServerSettings, catalog: "Catalog[Servable]", *, seen: bytes
) -> Iterator[Watcher]:
    yield Watcher(
        catalog.poll, every_s=settings.file_system_poll_wait_seconds, name="version-watcher"
    )
    file, every_s = settings.model_config_file, settings.model_config_file_poll_wait_seconds
    if file is not None and every_s > 0:
        look = _Rereading(file, catalog, seen=seen).look
        yield Watcher(look, every_s=every_s, name="configuration-watcher")


class _Rereading:
    """Applies a models.config whenever its text has changed."""

    def __init__(self, file: Path, catalog: "Catalog[Servable]", *, seen: bytes) -> None:
        self._file = file
        self._catalog = catalog
        self._seen = seen

    def look(self) -> None:
        now = self._file.read_bytes()
        if now == self._seen:
            return
        _apply(self._catalog, read_plans(self._file))
        self._seen = now
