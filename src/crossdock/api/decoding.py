"""From bytes to documents: one fast decode, and only when it fails a walk that finds every fault with its pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from crossdock.api.errors import InvalidJson
from crossdock.kernel.errors import FieldError, Invalid

MAX_FAULTS = 100
_NUL = b"\\u0000"
Fault = FieldError


def decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Decode a body; raises Invalid with every fault, or InvalidJson when it is no JSON at all."""
    try:
        value = decoder.decode(body)
    except msgspec.ValidationError as error:
        try:
            value = _second_look(decoder, body, str(error))
        except RecursionError:
            raise InvalidJson("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidJson(f"The body is not JSON: {_plain(error)}.") from None
    if _NUL in body and (faults := tuple(_nuls(msgspec.json.decode(body), ""))):
        raise _invalid(list(faults))
    return value


def _plain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).removeprefix("JSON is malformed: ") or "nothing was sent"


def _second_look(decoder: msgspec.json.Decoder[Any], body: bytes, first: str) -> Any:
    """Find every fault; when there is none, whole numbers were only written as 8.0, which JSON takes for 8."""
    try:
        plain = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a body may be wrong before it stops being text
        raise InvalidJson(f"The body is not JSON: {_plain(error)}.") from None
    if found := [*faults(decoder.type, plain), *_nuls(plain, "")]:
        raise _invalid(found)
    try:
        return decoder.decode(msgspec.json.encode(_whole(plain)))
    except msgspec.ValidationError:
        raise _invalid([Fault("", "invalid", first)]) from None


def _whole(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {key: _whole(item) for key, item in value.items()}
        case _:
            return value


def _invalid(found: list[Fault]) -> Invalid:
    count = "one fault" if len(found) == 1 else f"{len(found)} faults"
    place = found[0].pointer or "the document"
    return Invalid(f"The document has {count}; the first, at {place}: {found[0].message}", tuple(found[:MAX_FAULTS]))


def faults(type_: Any, value: Any, pointer: str = "") -> Iterator[Fault]:
    """Yield every way in which plain JSON data does not follow a type."""
    yield from _walk(_info(type_), value, pointer)


@lru_cache(maxsize=256)
def _info(type_: Any) -> inspect.Type:
    return inspect.type_info(type_)


def _walk(node: inspect.Type, value: Any, at: str) -> Iterator[Fault]:  # noqa: C901, PLR0912  (one arm a kind of type)
    match node:
        case inspect.Metadata():
            yield from _walk(node.type, value, at)
        case inspect.UnionType():
            yield from _walk_union(node, value, at)
        case inspect.StructType():
            yield from _walk_struct(node, value, at)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            yield from _walk_array(node, value, at)
        case inspect.DictType():
            yield from _walk_object(node, value, at)
        case inspect.StrType():
            yield from _text(node, value, at)
        case inspect.IntType():
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole and not (isinstance(value, float) and value.is_integer()):
                yield Fault(at, "wrong_type", f"Expected a whole number, got {_kind(value)}.")
            else:
                yield from _range(node, value, at)
        case inspect.FloatType():
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield Fault(at, "wrong_type", f"Expected a number, got {_kind(value)}.")
            else:
                yield from _range(node, value, at)
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield Fault(at, "wrong_type", f"Expected true or false, got {_kind(value)}.")
        case inspect.NoneType():
            if value is not None:
                yield Fault(at, "wrong_type", f"Expected null, got {_kind(value)}.")
        case inspect.LiteralType() | inspect.EnumType():
            known = node.values if isinstance(node, inspect.LiteralType) else [e.value for e in node.cls]
            if value not in known or isinstance(value, bool):
                yield Fault(at, "not_one_of", f"Expected one of {', '.join(map(str, known))}, got {_shown(value)}.")
        case inspect.DateTimeType():
            yield from _instant(node, value, at)
        case _:
            return


def _walk_union(node: inspect.UnionType, value: Any, at: str) -> Iterator[Fault]:
    tagged = [member for member in node.types if isinstance(member, inspect.StructType) and member.tag_field]
    if tagged and isinstance(value, dict):
        yield from _walk_tagged(tagged, value, at)
        return
    best: list[Fault] | None = None
    for member in node.types:
        if isinstance(member, inspect.NoneType) and value is not None:
            continue
        found = list(_walk(member, value, at))
        if not found:
            return
        best = found if best is None or len(found) < len(best) else best
    yield from best or []


def _walk_tagged(members: list[inspect.StructType], value: dict[str, Any], at: str) -> Iterator[Fault]:
    """Walk the one of several structs that the value says to be."""
    name = str(members[0].tag_field)
    said = value.get(name)
    meant = next((member for member in members if member.tag == said), None)
    if meant is not None:
        yield from _walk_struct(meant, value, at)
    elif name not in value:
        yield Fault(f"{at}/{_escape(name)}", "missing", "This field is required.")
    else:
        known = ", ".join(str(member.tag) for member in members)
        yield Fault(f"{at}/{_escape(name)}", "not_one_of", f"Expected one of {known}, got {_shown(said)}.")


def _walk_struct(node: inspect.StructType, value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(at, "wrong_type", f"Expected an object, got {_kind(value)}.")
        return
    names = {node.tag_field} - {None}
    for field in node.fields:
        names.add(field.encode_name)
        if field.encode_name in value:
            yield from _walk(field.type, value[field.encode_name], f"{at}/{_escape(field.encode_name)}")
        elif field.required:
            yield Fault(f"{at}/{_escape(field.encode_name)}", "missing", "This field is required.")
    if node.forbid_unknown_fields:
        for name in value.keys() - names:
            yield Fault(f"{at}/{_escape(name)}", "unknown_field", "There is no such field.")


def _walk_array(node: Any, value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(at, "wrong_type", f"Expected an array, got {_kind(value)}.")
        return
    yield from _length(node, len(value), at, "items")
    for index, item in enumerate(value):
        yield from _walk(node.item_type, item, f"{at}/{index}")


def _walk_object(node: inspect.DictType, value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(at, "wrong_type", f"Expected an object, got {_kind(value)}.")
        return
    yield from _length(node, len(value), at, "entries")
    for key, item in value.items():
        yield from _walk(node.key_type, key, f"{at}/{_escape(key)}")
        yield from _walk(node.value_type, item, f"{at}/{_escape(key)}")


def _text(node: inspect.StrType, value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(at, "wrong_type", f"Expected a text, got {_kind(value)}.")
        return
    yield from _length(node, len(value), at, "characters")
    if node.pattern is not None and not re.search(node.pattern, value):
        yield Fault(at, "pattern", f"{_shown(value)} does not match {node.pattern}")


def _instant(node: inspect.DateTimeType, value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(at, "wrong_type", f"Expected an RFC 3339 instant as a text, got {_kind(value)}.")
        return
    try:
        parsed: datetime = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        yield Fault(at, "not_an_instant", f"{_shown(value)} is not an RFC 3339 instant such as 2026-11-21T09:00:00Z.")
        return
    if node.tz is True and parsed.tzinfo is None:
        yield Fault(at, "no_time_zone", f"{_shown(value)} has no time zone: add Z or an offset such as +01:00.")


def _range(node: Any, value: float, at: str) -> Iterator[Fault]:
    if (node.ge is not None and value < node.ge) or (node.gt is not None and value <= node.gt):
        yield Fault(at, "minimum", f"{value} is below {node.ge if node.ge is not None else node.gt}.")
    elif (node.le is not None and value > node.le) or (node.lt is not None and value >= node.lt):
        yield Fault(at, "maximum", f"{value} is above {node.le if node.le is not None else node.lt}.")


def _length(node: Any, length: int, at: str, what: str) -> Iterator[Fault]:
    if node.min_length is not None and length < node.min_length:
        yield Fault(at, "too_short", f"At least {node.min_length} {what} are needed, {length} came.")
    if node.max_length is not None and length > node.max_length:
        yield Fault(at, "too_long", f"At most {node.max_length} {what} are taken, {length} came.")


def _nuls(value: Any, at: str) -> Iterator[Fault]:
    match value:
        case str() if "\x00" in value:
            yield Fault(at, "control_character", "A text cannot hold the character NUL.")
        case list():
            for index, item in enumerate(value):
                yield from _nuls(item, f"{at}/{index}")
        case dict():
            for key, item in value.items():
                yield from _nuls(key, f"{at}/{_escape(key)}")
                yield from _nuls(item, f"{at}/{_escape(key)}")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value!r:.40}"
        case str():
            return f"the text {_shown(value)}"
        case list():
            return "an array"
        case _:
            return "an object"


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
