"""What can be promised: of an item, a page of items, thousands of pairs; why, and how fresh the answers are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta

from crossdock.api import examples
from crossdock.api.asgi import FastPath, Scope, Send
from crossdock.api.availability_documents import (
    AvailabilityList,
    PairResult,
    PairResults,
    PairsIn,
)
from crossdock.api.backend import Backend
from crossdock.api.documents import Sku, View
from crossdock.api.errors import InvalidParameter
from crossdock.api.http import JSON, NDJSON, Call, Header, Reply, encode, json_reply, position
from crossdock.api.operations import Answer, Operation, Table
from crossdock.api.parameters import Query
from crossdock.inventory import AvailabilityExplained
from crossdock.kernel.document import Code
from crossdock.kernel.errors import FieldError, NotFound
from crossdock.orchestration import (
    LIMIT_SECONDS,
    Ask,
    AtpAnswer,
    ExportHead,
    Told,
    UnknownChannel,
    UnknownLocation,
    availability_document,
    explain_availability,
    export_availability,
)

PATH = "/v1/inventory/availability"
_TURN_SECONDS = 0.001
_SCOPE = "inventory:read"
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_THE_LONG_ROAD = frozenset({b"x-request-id", b"crossdock-log-position"})
Skus = Annotated[tuple[Sku, ...], Meta(max_length=100)]


class AvailabilityQuery(Query, frozen=True):
    """Which SKUs, up to 100; for which channel, by which date, at which location."""

    sku: Skus = ()
    channel: Annotated[Code, Meta(description="as this channel sees it; without one, all there is")] | None = None
    on: Annotated[date, Meta(description="by this date: with what arrives until then; without one, now")] | None = None
    location: Annotated[Code, Meta(description="what can be had at this location, to be collected there")] | None = None
    by_location: Annotated[bool, Meta(description="say it of each location that has any")] = True


async def get_availability(call: Call) -> Reply:
    """Say what can be promised."""
    query: AvailabilityQuery = call.query
    atp, day = call.backend.atp, None if query.on is None else query.on.toordinal()
    await call.backend.database.turnstile.pass_through(_TURN_SECONDS)
    asks = [Ask(sku, query.channel or "", query.location or "", day) for sku in dict.fromkeys(query.sku)]
    before = atp.before(asks)
    answer = await atp.answer(asks, _at_least(call))
    found = [told for told in answer.told if _exists(told)]
    data = tuple(availability_document(answer, told, by_location=query.by_location) for told in found)
    body = encode(AvailabilityList(data=data, stale=answer.stale))
    if before is not None and not answer.stale:
        atp.remember(call.query_string, before, body)
    return Reply(200, body, [JSON, *_as_of(answer)])


def remembered(backend: Backend) -> FastPath:
    """Return what answers a question about one item that was asked before, if nothing has changed the answer since.

    The same key check, and nothing else of the road of all requests: shops ask this hundreds of times for an order.
    """
    atp, keys, clock, turnstile = backend.atp, backend.keys, backend.clock, backend.database.turnstile

    async def answer(scope: Scope, send: Send) -> bool:
        now = clock()
        seen = atp.picture.position  # before the look: what is true after it may be newer than the answer
        body = atp.remembered(scope["query_string"])
        if body is None or scope["method"] != "GET" or keys.is_stale(now):
            return False
        secret = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                secret = value
            elif name in _THE_LONG_ROAD:
                return False
        credential = keys.find(secret[7:].decode("latin-1"), now) if secret[:7] == b"Bearer " else None
        if credential is None or not credential.may(_SCOPE):
            return False
        if turnstile.busy():
            await turnstile.pass_through(_TURN_SECONDS)
        length = (b"content-length", b"%d" % len(body))
        headers = [JSON, _NO_SNIFFING, length, position(seen), (b"x-request-id", b"%x" % now)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return True

    return answer


def _exists(told: Told) -> bool:
    """Say whether a SKU exists; raises what says that the channel or the location does not."""
    if told.fault == "unknown_channel":
        fault = FieldError("query:channel", "unknown_channel", f"There is no channel '{told.ask.channel}'.")
        raise UnknownChannel(fault.message, (fault,))
    if told.fault == "unknown_location":
        fault = FieldError("query:location", "unknown_location", f"No active location is '{told.ask.location}'.")
        raise UnknownLocation(fault.message, (fault,))
    return not told.fault


async def ask_many(call: Call) -> Reply:
    """Answer thousands of questions."""
    asked: PairsIn = call.body
    day = None if asked.on is None else asked.on.toordinal()
    await call.backend.database.turnstile.pass_through(_TURN_SECONDS)
    asks = [Ask(pair.sku, pair.channel or "", pair.location or "", day) for pair in asked.pairs]
    answer = await call.backend.atp.answer(asks, _at_least(call))
    document = PairResults(results=_results(answer.told), stale=answer.stale)
    return json_reply(document, 200, *_as_of(answer))


def _results(told: Sequence[Told]) -> tuple[PairResult, ...]:
    return tuple(
        PairResult(
            sku=each.ask.sku,
            channel=each.ask.channel,
            location=each.ask.location,
            available_to_promise=each.total,
            level=each.level,
            code=each.fault,
        )
        for each in told
    )


def _at_least(call: Call) -> int:
    """Return the log position that the request brings back; 0 when it brings none."""
    text = call.headers.get(b"crossdock-log-position")
    if text is None:
        return 0
    if not text.isdigit() or len(text) > 18:
        fault = FieldError("header:Crossdock-Log-Position", "invalid", "Expected the number of an earlier answer.")
        raise InvalidParameter(fault.message, (fault,))
    return int(text)


def _as_of(answer: AtpAnswer) -> list[Header]:
    headers = [position(answer.position)]
    if answer.stale:
        headers.append((b"crossdock-lag-ms", b"%d" % round(answer.lag * 1000)))
    return headers


class ExplanationQuery(Query, frozen=True):
    """For which channel, by which date."""

    channel: Annotated[Code, Meta(description="as this channel sees it; without one, all there is")] | None = None
    on: Annotated[date, Meta(description="by this date: with what arrives until then; without one, now")] | None = None


async def get_explanation(call: Call) -> Reply:
    """Explain a number."""
    query: ExplanationQuery = call.query
    ask = Ask(call.path["sku"], query.channel or "", "", None if query.on is None else query.on.toordinal())
    now = call.backend.clock()
    found = await call.backend.database.read(lambda session: explain_availability(session, ask, now))
    return json_reply(found, 200, position(found.position))


class ExportQuery(Query, frozen=True):
    """For which channel, and since when."""

    channel: Annotated[Code, Meta(description="as this channel sees it; without one, all there is")] | None = None
    after: Annotated[int, Meta(ge=0, le=2**62, description="`position` of the last export; 0 for everything")] = 0
    by_location: Annotated[bool, Meta(description="say it of each location that has any")] = False


async def get_export(call: Call) -> Reply:
    """Export availability."""
    query: ExportQuery = call.query
    atp, database = call.backend.atp, call.backend.database
    lines = await export_availability(atp, database, query.channel or "", query.after, by_location=query.by_location)
    return Reply(200, b"", [NDJSON], lines)


class PictureView(View, frozen=True):
    """How fresh this process's answers are."""

    loaded: bool
    position: int
    lag_ms: int | None
    limit_ms: int
    positions: int
    memory_mb: float
    load_seconds: float


async def get_picture(call: Call) -> Reply:
    """Say how fresh answers are."""
    atp = call.backend.atp
    lag, (positions, memory) = atp.lag(), atp.picture.size()
    document = PictureView(
        loaded=atp.picture.loaded,
        position=atp.picture.position,
        lag_ms=round(lag * 1000) if math.isfinite(lag) else None,
        limit_ms=round(LIMIT_SECONDS * 1000),
        positions=positions,
        memory_mb=round(memory / 1e6, 3),
        load_seconds=round(atp.load_seconds, 3),
    )
    return json_reply(document)


_POSITION = "Crossdock-Log-Position"


def add_to(table: Table) -> None:
    """Add the operations on availability."""
    table.add(
        Operation(
            method="GET",
            path=PATH,
            id="get_availability",
            tag="inventory",
            summary="Read what can be promised of up to 100 SKUs",
            description=(
                "Answered from memory, no older than 100 ms: `stale` and `Crossdock-Lag-Ms` say if it is. A request "
                "that brings back the `Crossdock-Log-Position` of a write sees that write. SKUs that do not exist are "
                "left out. Pages of a shop ask with `by_location=false`: the answer is small and remembered."
            ),
            handler=get_availability,
            scope=_SCOPE,
            query=AvailabilityQuery,
            answers=(Answer(200, AvailabilityList, "What there is.", None, (_POSITION, "Crossdock-Lag-Ms")),),
            errors=(UnknownChannel, UnknownLocation),
        )
    )
    table.add(
        Operation(
            method="POST",
            path=f"{PATH}:batch",
            id="ask_availability",
            tag="inventory",
            summary="Ask what can be promised of up to 10,000 pairs of SKU and channel, or SKU, channel and location",
            description="Changes nothing. All answers are of one log position; what does not exist has a `code`.",
            handler=ask_many,
            scope=_SCOPE,
            body=PairsIn,
            examples={"example": examples.PAIRS},
            answers=(Answer(200, PairResults, "An answer for each.", None, (_POSITION, "Crossdock-Lag-Ms")),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path=f"{PATH}/{{sku}}/explanation",
            id="explain_availability",
            tag="inventory",
            summary="Explain what can be promised of a SKU, location by location and rule by rule",
            description=(
                "From the database, at one log position. Each location is a sum: on hand − picked − allocated − "
                "reserved, less what each rule of the view keeps back; their total less what waits and what is kept "
                "for other channels is what can be promised."
            ),
            handler=get_explanation,
            scope=_SCOPE,
            query=ExplanationQuery,
            answers=(Answer(200, AvailabilityExplained, "Explained.", None, (_POSITION,)),),
            errors=(NotFound, UnknownChannel),
        )
    )
    table.add(
        Operation(
            method="GET",
            path=f"{PATH}:export",
            id="export_availability",
            tag="inventory",
            summary="Export what can be promised of every SKU, or of those that may have changed since the last export",
            description=(
                'NDJSON: a first line `{"position": …, "complete": …}`, then an Availability a line. Bring '
                "`position` back as `after` and only items that may have changed since follow; everything follows when "
                "a view or the network changed, or the position is too old. Events tell when it is worth asking."
            ),
            handler=get_export,
            scope=_SCOPE,
            query=ExportQuery,
            answers=(
                Answer(200, ExportHead, "The first line; Availability follows.", None, (), "application/x-ndjson"),
            ),
            errors=(UnknownChannel,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/inventory/picture",
            id="get_picture",
            tag="inventory",
            summary="Read how fresh this process's answers about availability are",
            handler=get_picture,
            scope=_SCOPE,
            answers=(Answer(200, PictureView, "How fresh they are."),),
        )
    )
