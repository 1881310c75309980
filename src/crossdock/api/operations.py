"""One table of everything the API does: routing, access, limits and the OpenAPI document are all read from it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from crossdock.api.http import Call, Reply
from crossdock.api.parameters import Query
from crossdock.kernel.errors import CrossdockError

MAX_BODY = 8 * 1024 * 1024

Handler = Callable[[Call], Awaitable[Reply]]


class Answer(msgspec.Struct, frozen=True):
    """A way in which an operation succeeds."""

    status: int
    type: Any
    description: str
    example: Any = None
    headers: tuple[str, ...] = ()
    media: str = "application/json"


class Link(msgspec.Struct, frozen=True):
    """What can be done with an answer: another operation, with parameters taken from it."""

    operation: str
    parameters: dict[str, str]
    body: Any = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one address."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    handler: Handler
    answers: tuple[Answer, ...]
    scope: str | None
    description: str = ""
    query: type[Query] | None = None
    body: Any = None
    examples: dict[str, Any] = {}
    path_examples: dict[str, str] = {}
    media: str = "application/json"
    streamed: bool = False
    errors: tuple[type[CrossdockError], ...] = ()
    idempotent: bool = False
    if_match: bool = False
    links: dict[str, Link] = {}

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names of the parameters in the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))


class Table:
    """The operations, in the order in which the documentation shows them."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def add(self, operation: Operation) -> None:
        """Add an operation; its id and its method at its path are its own."""
        for known in self.operations:
            if known.id == operation.id or (known.method, known.path) == (operation.method, operation.path):
                raise ValueError(f"{operation.id} is there already")
        self.operations.append(operation)
