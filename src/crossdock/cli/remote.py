"""The API as the command line asks it: one connection at a time, problems turned back into the errors they were."""

from __future__ import annotations

import http.client
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import msgspec

from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.local import Unreachable

T = TypeVar("T")
_TIMEOUT_SECONDS = 120


class _Problem(msgspec.Struct):
    detail: str = ""
    code: str = ""
    status: int = 500
    next_step: str = ""
    errors: tuple[FieldError, ...] = ()


class ServerRefused(CrossdockError):
    """A server answered with an error that this program does not know."""

    code = "server_refused"
    title = "The server refused"


class Client:
    """A server and the key to it."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self._secret = secret

    def ask(self, method: str, path: str, kind: type[T]) -> T:
        """Ask without a body and return the answer as a value."""
        return self._as(self._request(method, path, None, {}), kind)

    def post(self, path: str, document: Any, kind: type[T]) -> T:
        """Send a document and return the answer as a value."""
        body = msgspec.json.encode(document)
        return self._as(self._request("POST", path, body, {"content-type": "application/json"}), kind)

    def put(self, path: str, document: Any, kind: type[T]) -> T:
        """Put a document and return the answer as a value."""
        body = msgspec.json.encode(document)
        return self._as(self._request("PUT", path, body, {"content-type": "application/json"}), kind)

    def send(self, path: str, upload: BinaryIO, size: int, kind: type[T], media: str = "application/x-ndjson") -> T:
        """Send a file and return the answer as a value."""
        headers = {"content-type": media, "content-length": str(size)}
        return self._as(self._request("POST", path, upload, headers), kind)

    def read(self, path: str) -> bytes:
        """Return a body as it comes."""
        return self._request("GET", path, None, {})

    def _request(self, method: str, path: str, body: Any, headers: dict[str, str]) -> bytes:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, {"authorization": f"Bearer {self._secret}", **headers})
            response = connection.getresponse()
            answer = response.read()
        except OSError as error:
            raise Unreachable(f"The server at {self.url} does not answer: {error.strerror or error}.") from error
        finally:
            connection.close()
        if response.status >= 400:
            raise _refusal(response.status, answer)
        return answer

    def _as(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise Unreachable(f"The server at {self.url} answers what this program cannot read: {error}") from error


def _refusal(status: int, body: bytes) -> CrossdockError:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem(detail=body[:200].decode(errors="replace"))
    kind = CrossdockError.registry.get(problem.code, ServerRefused)
    error = kind.__new__(kind)
    CrossdockError.__init__(error, problem.detail, problem.errors, next_step=problem.next_step, status=status)
    return error
