"""What comes in the address: path parameters by their name, query parameters by a struct of the operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, inspect

from crossdock.api.errors import InvalidParameter
from crossdock.kernel.document import CLEAN
from crossdock.kernel.errors import FieldError, Invalid
from crossdock.kernel.ids import decode_id

ID_LETTERS = "[0-7][0-9a-hjkmnp-tv-z]{12}"

Limit = Annotated[int, Meta(ge=1, le=500, description="how many at most")]
Position = Annotated[int, Meta(ge=0, le=2**62, description="events behind this position of the log")]
Cursor = Annotated[
    str, Meta(min_length=1, max_length=1000, pattern="^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before")
]


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query parameters of an operation; all have defaults."""


class PageQuery(Query, frozen=True):
    """The parameters of every list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class PathParameter(NamedTuple):
    """A parameter in the path: its schema for people, its reading for us."""

    schema: dict[str, Any]
    description: str
    read: Callable[[str], Any]


def _id(prefix: str, what: str) -> PathParameter:
    schema = {"type": "string", "pattern": f"^{prefix}_{ID_LETTERS}$"}
    return PathParameter(schema, f"the id of the {what}", lambda text: decode_id(prefix, text))


def _text(pattern: str, longest: int, what: str) -> PathParameter:
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}

    def read(text: str) -> str:
        if not 1 <= len(text) <= longest or not re.search(pattern, text):
            raise Invalid(f"'{text[:40]}' does not follow {pattern} with at most {longest} characters.")
        return text

    return PathParameter(schema, what, read)


def _number(what: str) -> PathParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": _MOST_VERSIONS}

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:12]) <= _MOST_VERSIONS:
            raise Invalid(f"'{text[:40]}' is no whole number from 1 to {_MOST_VERSIONS}.")
        return int(text)

    return PathParameter(schema, what, read)


_MOST_VERSIONS = 2**31
_CODE = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
PATH_PARAMETERS: dict[str, PathParameter] = {
    "order_id": _id("ord", "order"),
    "decision_id": _id("dec", "decision"),
    "fulfillment_id": _id("ful", "fulfillment"),
    "offer_id": _id("off", "offer"),
    "supply_line_id": _id("sup", "supply line"),
    "reservation_id": _id("rsv", "reservation"),
    "job_id": _id("job", "job"),
    "trial_id": _id("job", "trial"),
    "promise_id": _id("prm", "promise"),
    "key_id": _id("key", "API key"),
    "number": _number("the number of the version"),
    "code": _text(_CODE, 64, "the code"),
    "sku": _text(CLEAN, 64, "the SKU, percent-encoded"),
    "external_id": _text(CLEAN, 120, "the channel's own id of the order, percent-encoded"),
}


def read_path(names: tuple[str, ...], texts: list[str]) -> dict[str, Any]:
    """Read the parameters of a path; raises InvalidParameter with every fault."""
    values: dict[str, Any] = {}
    faults: list[FieldError] = []
    for name, text in zip(names, texts, strict=True):
        try:
            values[name] = PATH_PARAMETERS[name].read(text)
        except Invalid as error:
            faults.append(FieldError(f"path:{name}", "invalid", error.detail))
    if faults:
        raise InvalidParameter(faults[0].message, tuple(faults))
    return values


def read_query(type_: type[Query], query: bytes) -> Any:
    """Read the query parameters of an operation; raises InvalidParameter with every fault, unknown names too."""
    given: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=600
        ):
            given.setdefault(name, []).append(value)
    except ValueError:
        raise InvalidParameter("The query string is not percent-encoded UTF-8, or has more than 600 parts.") from None
    values: dict[str, Any] = {}
    faults: list[FieldError] = []
    if "%00" in query.decode("ascii"):
        faults += [
            FieldError(f"query:{name[:64]}", "control_character", "A text cannot hold the character NUL.")
            for name, texts in given.items()
            if any("\x00" in text for text in texts)
        ]
    for field in msgspec.structs.fields(type_):
        texts = given.pop(field.encode_name, None)
        if texts is None:
            continue
        is_list = isinstance(field.default, tuple)
        if len(texts) > 1 and not is_list:
            faults.append(FieldError(f"query:{field.encode_name}", "repeated", "This parameter is given once."))
            continue
        try:
            value = msgspec.convert(texts if is_list else texts[0], field.type, strict=_is_instant(field.type))
        except msgspec.ValidationError as error:
            faults.append(FieldError(f"query:{field.encode_name}", "invalid", str(error)))
            continue
        if value is None:  # "null" is a word like any other here
            faults.append(FieldError(f"query:{field.encode_name}", "invalid", "Leave the parameter out instead."))
        values[field.name] = value
    faults += [FieldError(f"query:{name[:64]}", "unknown_parameter", "There is no such parameter.") for name in given]
    if faults:
        raise InvalidParameter(f"{faults[0].pointer}: {faults[0].message}", tuple(faults))
    return type_(**values)


@cache
def _is_instant(type_: Any) -> bool:
    """Say whether a parameter is an instant: those are read strictly, for a bare number names no time."""
    node = inspect.type_info(type_)
    members = node.types if isinstance(node, inspect.UnionType) else (node,)
    plain = (member.type if isinstance(member, inspect.Metadata) else member for member in members)
    return any(isinstance(member, inspect.DateTimeType) for member in plain)
