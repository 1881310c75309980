"""Items, locations and channels: each put one by one or in batches, read, listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, request_key
from crossdock.api.documents import (
    ChannelBatch,
    ChannelList,
    ItemBatch,
    ItemList,
    LocationBatch,
    LocationList,
    PutResult,
    PutResults,
)
from crossdock.api.errors import InvalidCursor, KeyDiffers, RepeatedKey
from crossdock.api.http import Call, Header, Reply, etag, json_reply, location, make_cursor, position, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery, Query
from crossdock.catalog import Item, list_items, read_item
from crossdock.kernel.document import Words
from crossdock.kernel.errors import CrossdockError, FieldError, Invalid, NotFound
from crossdock.network import (
    Channel,
    Location,
    LocationKind,
    list_channels,
    list_locations,
    read_channel,
    read_location,
)
from crossdock.orchestration import (
    Command,
    ConfigurationRefused,
    IdempotencyKeyReused,
    Put,
    PutChannels,
    PutItems,
    PutLocations,
    UnknownItem,
)


class ItemsQuery(PageQuery, frozen=True):
    """The filter of the list of items."""

    q: Words = ""


class LocationsQuery(PageQuery, frozen=True):
    """The filters of the list of locations."""

    kind: LocationKind | None = None
    active: bool | None = None


class Kind(NamedTuple):
    """What makes one kind of document differ from the others."""

    one: str
    many: str
    key: str
    parameter: str
    document: type
    batch: type
    page: type
    query: type[Query]
    put: Callable[..., Command]
    read: Callable[[Any, str], tuple[Any, int] | None]
    listed: Callable[[Any, Any, str, int], list[Any]]
    example: dict[str, Any]
    more: tuple[dict[str, Any], ...] = ()
    errors: tuple[type[CrossdockError], ...] = ()

    def key_of(self, document: Any) -> str:
        """Return the document's key."""
        key: str = getattr(document, self.key)
        return key


ITEMS = Kind(
    "item",
    "items",
    "sku",
    "sku",
    Item,
    ItemBatch,
    ItemList,
    ItemsQuery,
    PutItems,
    read_item,
    lambda session, query, after, limit: list_items(session, query.q, after, limit),
    examples.ITEM,
    (examples.OTHER_ITEM,),
    (UnknownItem,),
)
LOCATIONS = Kind(
    "location",
    "locations",
    "code",
    "code",
    Location,
    LocationBatch,
    LocationList,
    LocationsQuery,
    PutLocations,
    read_location,
    lambda session, query, after, limit: list_locations(
        session, query.kind, active=query.active, after=after, limit=limit
    ),
    examples.LOCATION,
    (),
    (ConfigurationRefused,),
)
CHANNELS = Kind(
    "channel",
    "channels",
    "code",
    "code",
    Channel,
    ChannelBatch,
    ChannelList,
    PageQuery,
    PutChannels,
    read_channel,
    lambda session, query, after, limit: list_channels(session, after, limit),  # noqa: ARG005
    examples.CHANNEL,
    (),
    (ConfigurationRefused,),
)


def add_to(table: Table) -> None:
    """Add the operations of every kind."""
    for kind in (ITEMS, LOCATIONS, CHANNELS):
        for operation in _operations(kind):
            table.add(operation)


def _operations(kind: Kind) -> Sequence[Operation]:
    path = f"/v1/{kind.many}"
    one = f"{path}/{{{kind.parameter}}}"
    read_one = Link(f"get_{kind.one}", {kind.parameter: f"$response.body#/{kind.key}"})
    return (
        Operation(
            method="PUT",
            path=one,
            id=f"put_{kind.one}",
            tag=kind.many,
            summary=f"Create or replace one of the {kind.many}",
            handler=_put_one(kind),
            scope="config:write",
            body=kind.document,
            examples={"example": kind.example},
            answers=(
                Answer(
                    200,
                    kind.document,
                    "Replaced, or the same already.",
                    kind.example,
                    ("ETag", "Crossdock-Log-Position"),
                ),
                Answer(201, kind.document, "Created.", kind.example, ("ETag", "Location", "Crossdock-Log-Position")),
            ),
            errors=(KeyDiffers, *kind.errors),
            path_examples={kind.parameter: kind.example[kind.key]},
            links={"read": read_one},
        ),
        Operation(
            method="POST",
            path=f"{path}:batch",
            id=f"put_{kind.many}",
            tag=kind.many,
            summary=f"Create or replace up to 500 {kind.many}",
            description="All of them, or on any fault none.",
            handler=_put_many(kind),
            scope="config:write",
            body=kind.batch,
            examples={"example": {kind.many: [kind.example, *kind.more]}},
            idempotent=True,
            answers=(
                Answer(200, PutResults, "A result for each.", None, ("Crossdock-Log-Position", "Idempotency-Replayed")),
            ),
            errors=(RepeatedKey, IdempotencyKeyReused, *kind.errors),
            links={"first": Link(f"get_{kind.one}", {kind.parameter: "$response.body#/results/0/key"})},
        ),
        Operation(
            method="GET",
            path=path,
            id=f"list_{kind.many}",
            tag=kind.many,
            summary=f"List {kind.many}",
            handler=_list(kind),
            scope="config:read",
            query=kind.query,
            answers=(Answer(200, kind.page, "A page.", None, ("Link",)),),
            errors=(InvalidCursor,),
        ),
        Operation(
            method="GET",
            path=one,
            id=f"get_{kind.one}",
            tag=kind.many,
            summary=f"Read one of the {kind.many}",
            handler=_get(kind),
            scope="config:read",
            answers=(Answer(200, kind.document, "Found.", kind.example, ("ETag",)),),
            errors=(NotFound,),
            path_examples={kind.parameter: kind.example[kind.key]},
        ),
    )


async def _stored(call: Call, kind: Kind, key: str) -> tuple[Any, int]:
    found = await call.backend.database.read(lambda session: kind.read(session, key))
    if found is None:
        raise NotFound(f"There is no {kind.one} '{key}'.")
    return found


async def _submit(call: Call, command: Command) -> Put:
    try:
        answer: Put = await call.backend.submit(command)
    except Invalid as error:  # the documents follow the schema: what is wrong is what they say
        raise ConfigurationRefused(error.detail, error.errors) from None
    return answer


def _put_one(kind: Kind) -> Any:
    async def put(call: Call) -> Reply:
        key = call.path[kind.parameter]
        if kind.key_of(call.body) != key:
            text = f"The address says '{key}', the document '{kind.key_of(call.body)}'."
            raise KeyDiffers(text, (FieldError(f"/{kind.key}", "differs", text),))
        answer = await _submit(call, kind.put(actor=actor(call), **{kind.many: (call.body,)}))
        document, version = await _stored(call, kind, key)
        headers: list[Header] = [etag(version)]
        if answer.position:
            headers.append(position(answer.position))
        if answer.results[0][1] == "created":
            return json_reply(document, 201, *headers, location(call.operation.path.partition("{")[0] + _quoted(key)))
        return json_reply(document, 200, *headers)

    return put


def _put_many(kind: Kind) -> Any:
    async def put(call: Call) -> Reply:
        documents = getattr(call.body, kind.many)
        faults, seen = [], set()
        for index, document in enumerate(documents):
            key = kind.key_of(document)
            if key in seen:
                faults.append(FieldError(f"/{kind.many}/{index}/{kind.key}", "repeated", f"'{key}' is there twice."))
            seen.add(key)
        if faults:
            raise RepeatedKey(faults[0].message, tuple(faults))
        command = kind.put(actor=actor(call), request=request_key(call), **{kind.many: documents})
        answer = await _submit(call, command)
        headers: list[Header] = [position(answer.position)] if answer.position else []
        if answer.replayed:
            headers.append(REPLAYED)
        results = tuple(PutResult(key=key, result=result) for key, result in answer.results)  # type: ignore[arg-type]
        return json_reply(PutResults(results=results), 200, *headers)

    return put


def _get(kind: Kind) -> Any:
    async def get(call: Call) -> Reply:
        document, version = await _stored(call, kind, call.path[kind.parameter])
        return json_reply(document, 200, etag(version))

    return get


def _list(kind: Kind) -> Any:
    async def list_all(call: Call) -> Reply:
        query = call.query
        after = "" if query.cursor is None else read_cursor(query.cursor, kind.many, str)[0]
        found = await call.backend.database.read(lambda session: kind.listed(session, query, after, query.limit + 1))
        page = found[: query.limit]
        cursor = make_cursor(kind.many, kind.key_of(page[-1])) if len(found) > query.limit else None
        return json_reply(kind.page(data=tuple(page), next_cursor=cursor), 200, *next_link(call, cursor))

    return list_all


def _quoted(key: str) -> str:
    return quote(key, safe="")
