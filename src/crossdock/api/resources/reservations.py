"""Reservations of carts and checkouts: make, read, extend, change, move, release."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Annotated, Any

from msgspec import Meta
from msgspec.structs import replace

from crossdock.api import reservation_documents as d
from crossdock.api.commands import REPLAYED, actor, idempotency_key, request_key, wanted_version
from crossdock.api.documents import Sku
from crossdock.api.errors import InvalidCursor
from crossdock.api.http import (
    Call,
    Header,
    Reply,
    etag,
    json_reply,
    location,
    make_cursor,
    position,
    problem,
    read_cursor,
)
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery
from crossdock.inventory import (
    DurationTooLong,
    ReservationFilter,
    ReservationIn,
    ReservationNotOpen,
    ReservationState,
    ReservationStateWord,
    ReservationView,
    TooManyChanges,
    list_reservations,
    read_reservation,
)
from crossdock.kernel.clock import instant
from crossdock.kernel.content import content_hash
from crossdock.kernel.document import Code, ExternalId, Instant
from crossdock.kernel.errors import CrossdockError, Internal, NotFound
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration import (
    ChangeReservation,
    Command,
    ExplanationView,
    ExtendReservation,
    IdempotencyKeyReused,
    MoveImpossible,
    MoveReservation,
    NotEnoughToReserve,
    ReleaseReservation,
    RequestKey,
    ReservationContentDiffers,
    ReservationNotFound,
    ReservationRefused,
    Reserve,
    Reserved,
    ReservedTooLate,
    UnknownChannel,
    UnknownItem,
    UnknownPolicy,
    VersionMismatch,
    read_reservation_explanation,
)


class ReservationsQuery(PageQuery, frozen=True):
    """The filters of the reservations; all that are given must hold."""

    state: tuple[ReservationStateWord, ...] = ()
    channel: Code | None = None
    external_id: ExternalId | None = None
    sku: Sku | None = None
    location: Code | None = None
    order_id: Annotated[str, Meta(pattern="^ord_[0-7][0-9a-hjkmnp-tv-z]{12}$")] | None = None
    expires_to: Instant | None = None


async def create(call: Call) -> Reply:
    """Reserve: 201 when it is new, 200 when it was made before."""
    answer, view = await _reserve(call, call.body, request_key(call))
    is_new = bool(answer.version)
    headers: list[Header] = [location(f"/v1/reservations/{view.id}"), etag(view.version)]
    return json_reply(view, 201 if is_new else 200, *headers, *_told(answer, replayed=answer.replayed and is_new))


async def create_many(call: Call) -> Reply:
    """Make up to 100 reservations, each for itself."""
    batch: d.ReservationBatch = call.body
    idempotency_key(call)
    done = await asyncio.gather(*(_one(call, index, asked) for index, asked in enumerate(batch.reservations)))
    statuses = [result.status for _, result in done]
    document = d.ReservationBatchResult(
        created=statuses.count(201),
        existing=statuses.count(200),
        refused=len(done) - statuses.count(201) - statuses.count(200),
        results=tuple(result for _, result in done),
    )
    at = max(at for at, _ in done)
    return json_reply(document, 200, *([position(at)] if at else []))


async def _one(call: Call, index: int, asked: ReservationIn) -> tuple[int, d.ReservationResult]:
    try:
        answer, view = await _reserve(call, asked, request_key(call, f"#{index}"))
    except CrossdockError as error:
        said = problem(error, call.request_id)
        return 0, d.ReservationResult(index=index, status=error.status, reservation=None, problem=said)
    status = 201 if answer.version else 200
    return answer.position, d.ReservationResult(index=index, status=status, reservation=view, problem=None)


async def _reserve(call: Call, asked: ReservationIn, request: RequestKey | None) -> tuple[Reserved, ReservationView]:
    if asked.delivery.by is not None:
        # The same instant in another zone is the same content.
        asked = replace(asked, delivery=replace(asked.delivery, by=asked.delivery.by.astimezone(UTC)))
    command = Reserve(actor=actor(call), request=request, reservation=asked, content_hash=content_hash(asked))
    answer: Reserved = await call.backend.submit(command)
    return answer, await _view(call, answer.reservation_id)


async def _view(call: Call, reservation_id: int) -> ReservationView:
    view = await call.backend.database.read(lambda session: read_reservation(session, reservation_id))
    if view is None:
        raise ReservationNotFound(f"There is no reservation {encode_id('rsv', reservation_id)}.")
    return view


def _told(answer: Reserved, *, replayed: bool) -> list[Header]:
    headers = [position(answer.position)] if answer.position else []
    return [*headers, REPLAYED] if replayed else headers


async def get_one(call: Call) -> Reply:
    """Read a reservation."""
    view = await _view(call, call.path["reservation_id"])
    return json_reply(view, 200, etag(view.version))


async def explain(call: Call) -> Reply:
    """Say why its units are held where they are."""
    id_: int = call.path["reservation_id"]
    await _view(call, id_)
    told = await call.backend.database.read(lambda session: read_reservation_explanation(session, id_))
    if told is None:
        raise NotFound("Nobody knows any more why: a version that the decision rests on is gone.")
    return json_reply(told)


async def get_many(call: Call) -> Reply:
    """List reservations."""
    query: ReservationsQuery = call.query
    after = None if query.cursor is None else read_cursor(query.cursor, "reservations", int)[0]
    wanted = ReservationFilter(
        states=tuple(ReservationState[word.upper()] for word in query.state),
        channel=query.channel,
        external_id=query.external_id,
        sku=query.sku,
        location=query.location,
        order_id=None if query.order_id is None else decode_id("ord", query.order_id),
        expires_to=None if query.expires_to is None else instant(query.expires_to),
    )
    page = await call.backend.database.read(lambda session: list_reservations(session, wanted, after, query.limit))
    cursor = None if page.next is None else make_cursor("reservations", page.next)
    document = d.ReservationList(data=tuple(page.reservations), next_cursor=cursor)
    return json_reply(document, 200, *next_link(call, cursor))


# -- actions ----------------------------------------------------------------------------------------------------------


async def _change(call: Call, command: Command) -> Reply:
    answer = await call.backend.submit(command)
    if not isinstance(answer, Reserved):
        raise Internal("The reservation was changed, but nobody says how.")
    view = await _view(call, answer.reservation_id)
    return json_reply(view, 200, etag(view.version), *_told(answer, replayed=answer.replayed))


def _common(call: Call) -> dict[str, Any]:
    return {
        "actor": actor(call),
        "request": request_key(call),
        "reservation_id": call.path["reservation_id"],
        "version": wanted_version(call),
    }


async def extend(call: Call) -> Reply:
    """Let it last longer."""
    asked: d.ExtendIn = call.body
    return await _change(call, ExtendReservation(**_common(call), seconds=asked.duration_seconds))


async def change(call: Call) -> Reply:
    """Hold other units."""
    asked: d.ChangeReservationIn = call.body
    return await _change(call, ChangeReservation(**_common(call), lines=asked.lines, partial=asked.partial))


async def release(call: Call) -> Reply:
    """Give everything back."""
    asked: d.ReleaseReservationIn = call.body
    return await _change(call, ReleaseReservation(**_common(call), reason=asked.reason))


async def move(call: Call) -> Reply:
    """Hold the units elsewhere."""
    asked: d.MoveReservationIn = call.body
    line = None if asked.supply_line is None else decode_id("sup", asked.supply_line)
    command = MoveReservation(**_common(call), location=asked.location, supply_line_id=line, reason=asked.reason)
    return await _change(call, command)


# -- the table --------------------------------------------------------------------------------------------------------

_WROTE = ("ETag", "Crossdock-Log-Position", "Idempotency-Replayed")
_REFUSALS = (
    UnknownChannel,
    UnknownItem,
    UnknownPolicy,
    ReservationRefused,
    NotEnoughToReserve,
    ReservedTooLate,
    DurationTooLong,
    ReservationContentDiffers,
    IdempotencyKeyReused,
)
_ID = {"reservation_id": "$response.body#/id"}
_BACK = {"reservation": Link("get_reservation", _ID)}


def _action(name: str, summary: str, handler: Any, body: Any, example: Any, *errors: type[CrossdockError]) -> Operation:
    return Operation(
        method="POST",
        path=f"/v1/reservations/{{reservation_id}}/actions/{name}",
        id=f"{name}_reservation",
        tag="reservations",
        summary=summary,
        handler=handler,
        scope="orders:write",
        body=body,
        examples={"example": example},
        idempotent=True,
        if_match=True,
        answers=(Answer(200, ReservationView, "Done; the reservation as it is now.", None, _WROTE),),
        errors=(ReservationNotFound, ReservationNotOpen, VersionMismatch, IdempotencyKeyReused, *errors),
        links=_BACK,
    )


def add_to(table: Table) -> None:
    """Add the operations on reservations."""
    table.add(
        Operation(
            method="POST",
            path="/v1/reservations",
            id="create_reservation",
            tag="reservations",
            summary="Reserve units for a cart or checkout",
            description=(
                "Decided as an order of this channel would be, on its view of the stock, and held until it expires. "
                "All or nothing, unless `partial` asks for what there is. An order that names the reservation in "
                "`reservation_id` gets the units; what it does not take is given back. The same reservation again "
                "(channel, external id, same content) is answered with 200, another content with 409."
            ),
            handler=create,
            scope="orders:write",
            body=ReservationIn,
            examples={"ship": d.RESERVATION, "pick_up": d.PICK_UP},
            idempotent=True,
            answers=(
                Answer(201, ReservationView, "Reserved.", None, ("Location", *_WROTE)),
                Answer(200, ReservationView, "Reserved before; as it stands now.", None, ("Location", *_WROTE)),
            ),
            errors=_REFUSALS,
            links={
                **_BACK,
                "explanation": Link("explain_reservation", _ID),
                "extend": Link("extend_reservation", _ID, d.EXTEND),
                "change": Link("change_reservation", _ID, d.CHANGE),
                "move": Link("move_reservation", _ID, d.MOVE),
                "release": Link("release_reservation", _ID, d.RELEASE),
            },
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/reservations:batch",
            id="create_reservations",
            tag="reservations",
            summary="Make up to 100 reservations",
            description="Each is made for itself: what one is refused for does not touch the others.",
            handler=create_many,
            scope="orders:write",
            body=d.ReservationBatch,
            examples={"two": {"reservations": [d.RESERVATION, d.PICK_UP]}},
            idempotent=True,
            answers=(Answer(200, d.ReservationBatchResult, "A result for each.", None, ("Crossdock-Log-Position",)),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/reservations",
            id="list_reservations",
            tag="reservations",
            summary="List reservations, newest first",
            handler=get_many,
            scope="orders:read",
            query=ReservationsQuery,
            answers=(Answer(200, d.ReservationList, "A page.", None, ("Link",)),),
            errors=(InvalidCursor,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/reservations/{reservation_id}",
            id="get_reservation",
            tag="reservations",
            summary="Read a reservation",
            handler=get_one,
            scope="orders:read",
            answers=(Answer(200, ReservationView, "As it stands.", None, ("ETag",)),),
            errors=(ReservationNotFound,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/reservations/{reservation_id}/explanation",
            id="explain_reservation",
            tag="reservations",
            summary="Read why its units are held where they are",
            description="The latest decision on it: in words, its bill, and the verdict on every location.",
            handler=explain,
            scope="orders:read",
            answers=(Answer(200, ExplanationView, "Why."),),
            errors=(ReservationNotFound, NotFound),
        )
    )
    deciding = (NotEnoughToReserve, ReservedTooLate, TooManyChanges)
    lasting, asking = (DurationTooLong, TooManyChanges), (UnknownItem, ReservationRefused)
    for operation in (
        _action("extend", "Let a reservation last longer", extend, d.ExtendIn, d.EXTEND, *lasting),
        _action("change", "Hold other units", change, d.ChangeReservationIn, d.CHANGE, *asking, *deciding),
        _action("move", "Hold the units elsewhere", move, d.MoveReservationIn, d.MOVE, MoveImpossible, *deciding),
        _action("release", "Give everything back", release, d.ReleaseReservationIn, d.RELEASE),
    ):  # fmt: skip
        table.add(operation)
