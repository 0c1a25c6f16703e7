"""The REST API as an ASGI application."""

import asyncio
import logging
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from serving import answers
from serving.catalog import Catalog
from serving.conversion import encode
from serving.errors import Code, ServingError
from serving.limits import WorkRoom, shutting_down, too_late
from serving.paths import parse_target
from serving.servable import Servable
from serving.settings import RequestLimits

_LOG = logging.getLogger(__name__)

_API_PREFIX = "/v1/"
NOT_FOUND = 404
BODY_TOO_LARGE = 413
ENCODING_NOT_SUPPORTED = 415


def application(catalog: Catalog[Servable], room: WorkRoom, limits: RequestLimits) -> ASGIApp:
    """The application; predictions run in `room`, everything else in the event loop."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:  # any method and any path, so that each refusal is in the API's form
            response = await endpoint(Request(scope, receive))
            await response(scope, receive, send)

    async def endpoint(request: Request) -> Response:
        try:
            return await asyncio.wait_for(
                _answer(request, catalog, room, limits), limits.request_timeout_s
            )
        except asyncio.TimeoutError:
            return _refusal(too_late(limits.request_timeout_s))
        except ServingError as error:
            return _refusal(error)
        except asyncio.CancelledError:  # the drain is over
            return _refusal(shutting_down())
        except ClientDisconnect:
            return _error(Code.CANCELLED.http_status, "the client went away")
        except Exception as error:  # noqa: BLE001 - the client gets the fault, the log the rest
            _LOG.exception("%s %s failed", request.method, request.url.path)
            return _error(Code.INTERNAL.http_status, f"{type(error).__name__}: {error}")

    return app


async def _answer(
    request: Request, catalog: Catalog[Servable], room: WorkRoom, limits: RequestLimits
) -> Response:
    body = await _body(request, limits.max_request_bytes)  # before any refusal, see there
    path = request.scope["raw_path"].decode("latin-1")
    if not path.lower().startswith(_API_PREFIX):
        return _error(NOT_FOUND, f"no such path: {path}; the API starts at {_API_PREFIX}models")
    target = parse_target(request.method, path)
    if target.verb == "status":
        return _json(answers.status_json(answers.status(catalog, target)))
    if target.verb == "metadata":
        return _json(answers.metadata_json(answers.metadata(catalog, target)))
    if target.verb != "predict":
        raise answers.refuse(target.verb)
    if request.headers.get("content-encoding", "identity") != "identity":
        return _error(ENCODING_NOT_SUPPORTED, "send the body without Content-Encoding")
    if body is None:
        return _error(
            BODY_TOO_LARGE,
            f"the body is larger than {limits.max_request_bytes} bytes (--max_request_bytes): "
            "send fewer rows in a request",
        )
    work = partial(answers.predict_json, catalog, target, body)
    return Response(await asyncio.wrap_future(room.submit(work)), media_type="application/json")


async def _body(request: Request, limit_bytes: int) -> bytes | None:
    """The body, or None if it is too large.

    A body that is too large or not wanted is read to its end all the same, the former without
    keeping it: a client that is cut off while it sends sees a broken connection and never the
    reason.
    """
    kept, size_bytes = bytearray(), 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes <= limit_bytes:
            kept += chunk
    return bytes(kept) if size_bytes <= limit_bytes else None


def _json(document: dict[str, Any]) -> Response:
    return Response(encode(document), media_type="application/json")


def _refusal(error: ServingError) -> Response:
    return _error(error.code.http_status, error.message)


def _error(status: int, message: str) -> Response:
    return Response(encode({"error": message}), status, media_type="application/json")
