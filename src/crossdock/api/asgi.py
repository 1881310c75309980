"""From ASGI to an operation and back: address, key, limits, body, errors; the same road for every request.

Written by hand because capture is hot: a request costs one dictionary look-up for its address, one hash and one
look-up for its key, one decode for its body. Everything else happens only when something is wrong.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from crossdock.api.backend import Backend
from crossdock.api.decoding import decode
from crossdock.api.errors import (
    BodyTooLarge,
    Forbidden,
    InvalidParameter,
    MethodNotAllowed,
    NoSuchRoute,
    Unauthorized,
    UnsupportedMediaType,
)
from crossdock.api.http import Call, Header, Reply, problem_reply
from crossdock.api.operations import MAX_BODY, Operation
from crossdock.api.parameters import Query, read_path, read_query
from crossdock.api.waiting import wait_for_position
from crossdock.kernel.errors import CrossdockError, Internal

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_NO_QUERY = Query
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


FastPath = Callable[[Scope, Send], Awaitable[bool]]
"""Answers a request at once if it can and says so; if not, the request goes the road of all others."""


async def _nobody(scope: Scope, send: Send) -> bool:  # noqa: ARG001
    return False


class ClientGone(Exception):
    """The client went away before its body was complete: nobody is left to answer."""


class _Route:
    """An address and what may be done there."""

    def __init__(self, path: str) -> None:
        self.parts = [None if part.startswith("{") else part for part in path.split("/")]
        self.names: tuple[str, ...] = tuple(re.findall(r"\{(\w+)\}", path))
        self.methods: dict[str, Operation] = {}

    def texts(self, parts: list[str]) -> list[str] | None:
        """Return the parameters of a path that is this route's; None when it is not."""
        if len(parts) != len(self.parts):
            return None
        texts = []
        for own, part in zip(self.parts, parts, strict=True):
            if own is None:
                texts.append(part)
            elif own != part:
                return None
        return texts


class Api:
    """The ASGI application of the API."""

    def __init__(
        self,
        backend: Backend,
        operations: Iterable[Operation],
        pages: Mapping[bytes, Reply] | None = None,
        fast: tuple[str, FastPath] | None = None,
    ) -> None:
        self._fast_path, self._fast = fast or ("", _nobody)
        self.backend = backend
        self._pages = dict(pages or {})
        self.operations = tuple(operations)
        self._routes: dict[str, _Route] = {}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        for operation in self.operations:
            self._routes.setdefault(operation.path, _Route(operation.path)).methods[operation.method] = operation
            if operation.body is not None and not operation.streamed:
                self._decoders[operation.id] = msgspec.json.Decoder(operation.body)
        self._with_parameters = [route for route in self._routes.values() if route.names]
        self._fixed = {path.encode(): route for path, route in self._routes.items() if not route.names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["path"] == self._fast_path and await self._fast(scope, send):
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-request-id")
        fits = given is not None and _REQUEST_ID.fullmatch(given) is not None
        request_id = given.decode() if fits and given is not None else secrets.token_hex(8)
        page = self._pages.get(scope["path"].encode())
        try:
            if page is not None and scope["method"] in ("GET", "HEAD"):
                reply = page
            else:
                reply = await self._answer(scope, headers, request_id, receive)
        except ClientGone:
            return
        except CrossdockError as error:
            reply = _refusal(error, request_id)
        except Exception:
            log.exception("request %s failed: %s %s", request_id, scope["method"], scope["path"])
            reply = problem_reply(Internal("An unexpected fault; look for the request_id in the log."), request_id)
        await _send(send, reply, request_id, with_body=scope["method"] != "HEAD")

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], request_id: str, receive: Receive) -> Reply:
        route, values = self._find(scope)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = route.methods.get(method)
        if operation is None:
            allowed = sorted({*route.methods, *({"HEAD"} if "GET" in route.methods else ())})
            raise MethodNotAllowed(f"{scope['method']} is not possible here.", allow=", ".join(allowed))
        call = Call(self.backend, operation, headers, {}, request_id, receive)
        if operation.scope is not None:
            await self._let_in(call)
        call.path = read_path(route.names, values) if values else {}
        call.query_string = scope["query_string"]
        if operation.query is not None:
            call.query = read_query(operation.query, scope["query_string"])
        elif scope["query_string"]:
            read_query(_NO_QUERY, scope["query_string"])
        if operation.body is not None:
            self._check_media(call)
            if not operation.streamed:
                call.raw = await read_body(call, MAX_BODY)
                call.body = decode(self._decoders[operation.id], call.raw)
        if method == "GET" and b"crossdock-log-position" in headers:
            await wait_for_position(call)
        return await operation.handler(call)

    def _find(self, scope: Scope) -> tuple[_Route, list[str]]:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        raw = raw.partition(b"?")[0]
        route = self._fixed.get(raw)
        if route is not None:
            return route, []
        try:
            parts = [unquote_to_bytes(part).decode() for part in raw.split(b"/")]
        except UnicodeDecodeError:
            raise InvalidParameter("The path is not percent-encoded UTF-8.") from None
        route = self._fixed.get("/".join(parts).encode())
        if route is not None:
            return route, []
        for route in self._with_parameters:
            texts = route.texts(parts)
            if texts is not None:
                return route, texts
        if raw in self._pages:
            raise MethodNotAllowed("This page can only be read.", allow="GET, HEAD")
        raise NoSuchRoute(f"There is nothing at {scope['path'][:100]}.")

    async def _let_in(self, call: Call) -> None:
        """Find out whose key it is, and that it may do this."""
        keys, now = self.backend.keys, self.backend.clock()
        scheme, _, secret = call.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if keys.is_stale(now):
            await self._load_keys(now)
        if scheme.lower() != "bearer" or not secret:
            raise Unauthorized("The request carries no API key.")
        credential = keys.find(secret.strip(), now)
        if credential is None and keys.is_stale(now, missed=True):
            await self._load_keys(now)
            credential = keys.find(secret.strip(), now)
        if credential is None:
            raise Unauthorized("The API key is unknown, revoked or expired.")
        scope = call.operation.scope
        if scope and not credential.may(scope):
            raise Forbidden(f"The key '{credential.name}' lacks the scope '{scope}'.")
        call.credential = credential

    async def _load_keys(self, now: int) -> None:
        await self.backend.database.read(lambda session: self.backend.keys.load(session, now))

    def _check_media(self, call: Call) -> None:
        wanted = call.operation.media
        given = call.headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if given != wanted:
            raise UnsupportedMediaType(f"Send {wanted}, not {given[:80] or 'a body without Content-Type'}.")


async def read_body(call: Call, limit: int) -> bytes:
    """Receive the whole body; raises BodyTooLarge as soon as it is known to be."""
    length = call.headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise BodyTooLarge(f"The body has {int(length):,} bytes; {limit:,} are taken.")
    chunks: list[bytes] = []
    size = 0
    async for chunk in body_chunks(call):
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(f"The body has more than {limit:,} bytes.")
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def body_chunks(call: Call) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises ClientGone when its end never does."""
    more = True
    while more:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        if chunk:
            yield chunk


def _refusal(error: CrossdockError, request_id: str) -> Reply:
    reply = problem_reply(error, request_id)
    if isinstance(error, MethodNotAllowed):
        reply.headers.append((b"allow", error.extra["allow"].encode()))
    return reply


async def _send(send: Send, reply: Reply, request_id: str, *, with_body: bool) -> None:
    headers: list[Header] = [
        *reply.headers,
        _NO_SNIFFING,
        (b"x-request-id", request_id.encode()),
    ]
    if reply.stream is not None:
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if with_body:
            async for part in reply.stream:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if with_body else b""})
