"""Errors that say what is wrong, where, and what to do next; each has a stable code that is documented.

A feature's errors subclass one of the families here. The registry lets the API describe them in OpenAPI, the CLI turn
them into exit codes, and the docs check refuse an undocumented one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault in a document, with the JSON pointer of its place."""

    pointer: str
    code: str
    message: str


class CrossdockError(Exception):
    """The root of every error that a user may see; never raised itself."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False
    next_step: ClassVar[str] = ""

    registry: ClassVar[dict[str, type[CrossdockError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known = CrossdockError.registry.get(cls.code)
        if "code" in cls.__dict__:
            if known is not None and known.__qualname__ != cls.__qualname__:
                raise TypeError(f"error code {cls.code} belongs to {known.__qualname__} already")
            CrossdockError.registry[cls.code] = cls

    def __init__(self, detail: str = "", errors: tuple[FieldError, ...] = (), **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.extra = extra


class Invalid(CrossdockError):
    """The request does not follow the schema."""

    code = "invalid_request"
    status = 400
    title = "The request does not follow the schema"
    next_step = "Correct the fields named in `errors` and send it again."


class Refused(CrossdockError):
    """The request is well-formed, but the business does not allow it."""

    code = "refused"
    status = 422
    title = "The business does not allow this"
    next_step = "Read `detail`; the same request will be refused again until the facts change."


class NotFound(CrossdockError):
    """No such resource."""

    code = "not_found"
    status = 404
    title = "There is no such resource"
    next_step = "Check the id; list the collection to see what exists."


class Conflict(CrossdockError):
    """The request contradicts what is stored."""

    code = "conflict"
    status = 409
    title = "The request contradicts what is stored"
    next_step = "Read the resource again and decide anew."


class Unavailable(CrossdockError):
    """The system cannot answer now; the same request may be repeated."""

    code = "unavailable"
    status = 503
    title = "The service cannot take this request now"
    retryable = True
    next_step = "Repeat the request with the same Idempotency-Key after the time in Retry-After."


class Internal(CrossdockError):
    """A fault of ours; the request had no effect."""

    code = "internal_error"
    status = 500
    title = "Something went wrong on our side"
    retryable = True
    next_step = "Repeat the request with the same Idempotency-Key; if it stays, report the request_id."
