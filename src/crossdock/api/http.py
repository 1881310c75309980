"""A request on its way in and a reply on its way out, as plain values between ASGI and the operations."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from crossdock.api.errors import InvalidCursor
from crossdock.identity import Credential
from crossdock.kernel.errors import CrossdockError, FieldError

if TYPE_CHECKING:
    from crossdock.api.backend import Backend
    from crossdock.api.operations import Operation

Header = tuple[bytes, bytes]

JSON = (b"content-type", b"application/json")
NDJSON = (b"content-type", b"application/x-ndjson")
PROBLEM_JSON = (b"content-type", b"application/problem+json")
DOCS_OF_ERRORS = "/docs/errors"

encode = msgspec.json.Encoder().encode


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457): ``code`` for programs, ``detail`` for people, ``errors`` with the place of each.

    A pointer is a JSON pointer into the body, or ``query:name``, ``path:name``, ``header:Name``.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str
    next_step: str = ""
    errors: tuple[FieldError, ...] = ()


class Reply(msgspec.Struct):
    """What is answered."""

    status: int
    body: bytes = b""
    headers: list[Header] = []
    stream: AsyncIterator[bytes] | None = None
    """The body in parts, in the place of ``body``."""


class Call:
    """A request that was let in: what was asked, by whom, and the application that answers."""

    __slots__ = (
        "backend",
        "body",
        "credential",
        "headers",
        "operation",
        "path",
        "query",
        "query_string",
        "raw",
        "receive",
        "request_id",
    )

    def __init__(
        self,
        backend: Backend,
        operation: Operation,
        headers: dict[bytes, bytes],
        path: dict[str, Any],
        request_id: str,
        receive: Any,
    ) -> None:
        self.backend = backend
        self.operation = operation
        self.headers = headers
        self.path = path
        self.request_id = request_id
        self.receive = receive
        self.credential: Credential = NOBODY
        self.query: Any = None
        self.query_string = b""
        self.body: Any = None
        self.raw = b""


NOBODY = Credential(0, "nobody", frozenset())


def problem(error: CrossdockError, request_id: str) -> Problem:
    """Describe an error."""
    return Problem(
        type=f"{DOCS_OF_ERRORS}#{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        retryable=error.retryable,
        request_id=request_id,
        next_step=error.next_step,
        errors=error.errors,
    )


def problem_reply(error: CrossdockError, request_id: str) -> Reply:
    """Answer with an error."""
    headers = [PROBLEM_JSON]
    if error.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="crossdock"'))
    if error.status == 503 and error.retryable:
        headers.append((b"retry-after", b"1"))
    return Reply(error.status, encode(problem(error, request_id)), headers)


def json_reply(value: Any, status: int = 200, *headers: Header) -> Reply:
    """Answer with a document."""
    return Reply(status, encode(value), [JSON, *headers])


def etag(version: int) -> Header:
    """Return the header that names a resource's version."""
    return b"etag", b'"%d"' % version


def position(at: int) -> Header:
    """Return the header with the log position that sees a write."""
    return b"crossdock-log-position", b"%d" % at


def location(path: str) -> Header:
    """Return the header that says where a new resource is."""
    return b"location", path.encode()


def make_cursor(list_name: str, *place: str | int) -> str:
    """Write down where a page of a list ended."""
    return base64.urlsafe_b64encode(encode((list_name, *place))).decode().rstrip("=")


def read_cursor(cursor: str, list_name: str, *kinds: type) -> tuple[Any, ...]:
    """Read where the last page ended; raises InvalidCursor when this list did not write it."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *place = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=tuple)
    except (ValueError, msgspec.DecodeError):
        raise InvalidCursor(f"'{cursor[:40]}' is no cursor.") from None
    fits = len(place) == len(kinds) and all(type(p) is kind for p, kind in zip(place, kinds, strict=True))
    if name != list_name or not fits or any(isinstance(p, int) and abs(p) >> 63 for p in place):
        raise InvalidCursor("The cursor belongs to another list or another sort.")
    if any(isinstance(p, str) and "\x00" in p for p in place):
        raise InvalidCursor(f"'{cursor[:40]}' is no cursor.")
    return tuple(place)
