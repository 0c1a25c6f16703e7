"""Taking ports, and the thread that answers REST on one."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import grpc
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from serving.settings import DRAIN_S

RESERVED_THREADS = 4  # so that status and reload are answered while predictions fill the rest
_STARTED_LOOK_S = 0.01


class PortTakenError(Exception):
    """A port that cannot be listened on, with the flag that changes it."""

    def __init__(self, flag: str, *, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"--{flag}={port}: cannot listen on {host}:{port} ({reason}); "
            "choose another port, or 0 to let the system choose"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound for REST; port 0 lets the system choose.

    Raises:
        PortTakenError: the port is in use, or not this user's to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it every answer on
    # a kept-alive connection waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PortTakenError(
            "rest_api_port", host=host, port=port, reason=error.strerror or str(error)
        ) from error
    return listener


def make_grpc_server(*, capacity: int, max_request_bytes: int) -> grpc.Server:
    """A gRPC server without services or port that holds `capacity` predictions at a time."""
    threads = capacity + RESERVED_THREADS
    return grpc.server(
        ThreadPoolExecutor(threads, thread_name_prefix="grpc"),
        maximum_concurrent_rpcs=threads,
        options=[
            ("grpc.max_receive_message_length", max_request_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # else a second server takes the same port and half the calls
        ],
    )


def bind_grpc(server: grpc.Server, host: str, port: int) -> int:
    """Gives a gRPC server its port and returns the one that it got.

    Raises:
        PortTakenError: the port is in use, or not this user's to take.
    """
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise PortTakenError(
            "port", host=host, port=port, reason="in use or not allowed"
        ) from error


class _Protocol(H11Protocol):
    """HTTP/1.1 that refuses in the API's form what it cannot read."""

    def send_400_response(self, msg: str) -> None:
        body = json.dumps({"error": msg})
        self.transport.write(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode("ascii")
        )
        self.transport.close()


class RestServer:
    """An ASGI application that answers in a thread of its own from the moment it is made."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                http=_Protocol,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=round(DRAIN_S),
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="rest", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the REST server ended before it answered, see the log")
            sleep(_STARTED_LOOK_S)

    def stop(self) -> None:
        """Takes no more connections, finishes the requests it has and ends the thread."""
        self._server.should_exit = True
        self._thread.join()
