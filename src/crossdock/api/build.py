"""Putting the API together: as an ASGI application, and as the handlers that Litestar mounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import asgi
from litestar.handlers import ASGIRouteHandler

from crossdock.api import openapi, pages
from crossdock.api.asgi import Api, Receive, Scope, Send
from crossdock.api.backend import Backend
from crossdock.api.decoding import decode
from crossdock.api.http import JSON, Reply
from crossdock.api.resources import availability
from crossdock.api.table import operations
from crossdock.inventory import SupplyLineIn
from crossdock.orchestration import ImportRunner, SupplyRunner, hashed
from crossdock.orders import OrderIn

MOUNTS = ("/v1", "/healthz", "/readyz", "/openapi.json", "/docs")
_CACHE = (b"cache-control", b"max-age=300")
_order = msgspec.json.Decoder(OrderIn)
_supply = msgspec.json.Decoder(SupplyLineIn)


def create_api(backend: Backend) -> Api:
    """Return the API of an application."""
    table = operations()
    return Api(
        backend,
        table,
        {
            b"/openapi.json": Reply(200, openapi.encoded(table), [JSON, _CACHE]),
            b"/docs": Reply(200, pages.docs_page(table), [pages.HTML, pages.CSP, _CACHE]),
            b"/docs/errors": Reply(200, pages.errors_page(), [pages.HTML, pages.CSP, _CACHE]),
        },
        (availability.PATH, availability.remembered(backend)),
    )


def api_handlers(api: Api) -> Sequence[ASGIRouteHandler]:
    """Return the handlers with which Litestar hands everything below the API's addresses over to it."""

    async def hand_over(scope: Any, receive: Receive, send: Send) -> None:
        await api(whole(scope), receive, send)

    return [asgi(path, is_mount=True, copy_scope=True)(hand_over) for path in (*MOUNTS,)]


def whole(scope: Scope) -> Scope:
    """Give a mounted request its whole path back: Litestar takes the mount's own part off."""
    raw: bytes = scope.get("raw_path") or b""
    if raw:
        scope["path"] = raw.partition(b"?")[0].decode("latin-1")
    return scope


def create_import_runner(backend: Any) -> ImportRunner:
    """Return who works on the imports; orders are read from NDJSON as strictly as from a request."""

    def read(line: bytes) -> tuple[OrderIn, bytes]:
        order: OrderIn = decode(_order, line)
        return hashed(order)

    return ImportRunner(backend, read)


def create_supply_runner(backend: Any) -> SupplyRunner:
    """Return who works on the imports of supply lines, read as strictly as from a request."""

    def read(line: bytes) -> SupplyLineIn:
        document: SupplyLineIn = decode(_supply, line)
        return document

    return SupplyRunner(backend, read)
