"""What is done with fulfillments: the steps of a location, what it refuses, who else does it."""

from __future__ import annotations

from typing import Any

from crossdock.api import examples
from crossdock.api import work_documents as d
from crossdock.api.commands import REPLAYED, actor, request_key, wanted_version
from crossdock.api.errors import RepeatedKey
from crossdock.api.http import Call, Header, Reply, etag, json_reply, location, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.fulfillment import OfferView, WrongState, read_fulfillment, read_offer
from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import (
    Accept,
    Assign,
    CannotAssign,
    ClaimOffer,
    FulfillmentNotFound,
    IdempotencyKeyReused,
    NotOffered,
    NotThatMany,
    Offered,
    OfferGone,
    OfferJob,
    OfferNotFound,
    OfferOpen,
    OnHold,
    Pick,
    Reject,
    Release,
    Restock,
    ShortPick,
    Start,
    UnknownLocation,
    VersionMismatch,
    WorkDone,
)

_LINE = {"demand": 1, "quantity": 1}
_HEADERS = ("ETag", "Crossdock-Log-Position", "Idempotency-Replayed")


def _lines(given: tuple[d.WorkLineIn, ...] | None) -> dict[int, int] | None:
    if given is None:
        return None
    lines = {line.demand: line.quantity for line in given}
    if len(lines) < len(given):
        numbers = [line.demand for line in given]
        at = next(n for n, number in enumerate(numbers) if number in numbers[:n])
        fault = FieldError(f"/lines/{at}/demand", "repeated", f"Demand {numbers[at]} is named twice.")
        raise RepeatedKey(fault.message, (fault,))
    return lines


def _base(call: Call) -> dict[str, Any]:
    return {
        "actor": actor(call),
        "request": request_key(call),
        "fulfillment_id": call.path["fulfillment_id"],
        "version": wanted_version(call),
    }


async def _done(call: Call, command: Any) -> Reply:
    answer: WorkDone = await call.backend.submit(command)
    return await _result(call, answer)


async def _result(call: Call, answer: WorkDone) -> Reply:
    id_ = answer.fulfillment_id
    view = await call.backend.database.read(lambda session: read_fulfillment(session, id_))
    if view is None:
        raise FulfillmentNotFound(f"There is no fulfillment {encode_id('ful', id_)}.")
    headers: list[Header] = [etag(view.version)]
    if answer.position:
        headers.append(position(answer.position))
    if answer.replayed:
        headers.append(REPLAYED)
    return json_reply(d.WorkResult(moved=answer.moved, kept=answer.kept, fulfillment=view), 200, *headers)


async def release(call: Call) -> Reply:
    """Let the location know of its work."""
    return await _done(call, Release(**_base(call)))


async def accept(call: Call) -> Reply:
    """The location will do it."""
    return await _done(call, Accept(**_base(call)))


async def start(call: Call) -> Reply:
    """The location begins."""
    return await _done(call, Start(**_base(call)))


async def pick(call: Call) -> Reply:
    """Take units off the shelf."""
    asked: d.UnitsIn = call.body
    return await _done(call, Pick(**_base(call), lines=_lines(asked.lines)))


async def restock(call: Call) -> Reply:
    """Put picked units back."""
    asked: d.UnitsIn = call.body
    return await _done(call, Restock(**_base(call), lines=_lines(asked.lines)))


async def reject(call: Call) -> Reply:
    """The location does not do it."""
    asked: d.RejectIn = call.body
    return await _done(call, Reject(**_base(call), reason=asked.reason, lines=_lines(asked.lines), note=asked.note))


async def short_pick(call: Call) -> Reply:
    """Units were not found."""
    asked: d.ShortPickIn = call.body
    lines = _lines(asked.lines) or {}
    return await _done(call, ShortPick(**_base(call), reason=asked.reason, lines=lines, note=asked.note))


async def assign(call: Call) -> Reply:
    """Have another location do it."""
    asked: d.AssignIn = call.body
    return await _done(call, Assign(**_base(call), location=asked.location, reason=asked.reason))


async def offer(call: Call) -> Reply:
    """Offer the job to several locations."""
    asked: d.OfferIn = call.body
    command = OfferJob(**_base(call), locations=asked.locations, minutes=asked.minutes, reason=asked.reason)
    answer: Offered = await call.backend.submit(command)
    view = await _offer(call, answer.offer_id)
    headers: list[Header] = [location(f"/v1/offers/{view.id}")]
    if answer.position:
        headers.append(position(answer.position))
    if answer.replayed:
        headers.append(REPLAYED)
    return json_reply(view, 201, *headers)


async def get_offer(call: Call) -> Reply:
    """Read an offer."""
    return json_reply(await _offer(call, call.path["offer_id"]))


async def claim(call: Call) -> Reply:
    """Take an offered job."""
    asked: d.ClaimIn = call.body
    command = ClaimOffer(
        actor=actor(call), request=request_key(call), offer_id=call.path["offer_id"], location=asked.location
    )
    answer: WorkDone = await call.backend.submit(command)
    return await _result(call, answer)


async def _offer(call: Call, id_: int) -> OfferView:
    view = await call.backend.database.read(lambda session: read_offer(session, id_))
    if view is None:
        raise OfferNotFound(f"There is no offer {encode_id('off', id_)}.")
    return view


def _now(operation: str, body: Any = None) -> Link:
    """Return a link to what can be done next with the fulfillment as it is now."""
    return Link(operation, {"fulfillment_id": "$response.body#/fulfillment/id"}, body)


def _action(
    name: str, summary: str, handler: Any, body: Any, example: Any, *errors: type[CrossdockError], **more: Any
) -> Operation:
    return Operation(
        method="POST",
        path=f"/v1/fulfillments/{{fulfillment_id}}/actions/{name}",
        id=f"{name}_fulfillment",
        tag="fulfillments",
        summary=summary,
        handler=handler,
        scope="orders:write",
        body=body,
        examples={"example": example},
        idempotent=True,
        if_match=True,
        answers=more.pop(
            "answers", (Answer(200, d.WorkResult, "Done; the fulfillment as it is now.", None, _HEADERS),)
        ),
        errors=(FulfillmentNotFound, VersionMismatch, WrongState, IdempotencyKeyReused, *errors),
        links=more.pop("links", {}) or {"fulfillment": _now("get_fulfillment")},
        **more,
    )


def add_to(table: Table) -> None:
    """Add the operations on work."""
    table.add(
        _action(
            "release",
            "Let the location know of its work",
            release,
            d.StepIn,
            {},
            OnHold,
            links={
                "accept": _now("accept_fulfillment", {}),
                "start": _now("start_fulfillment", {}),
                "reject": _now("reject_fulfillment", {"reason": "too_busy"}),
            },
        )
    )
    table.add(_action("accept", "The location will do it", accept, d.StepIn, {}))
    table.add(
        _action(
            "start",
            "The location begins",
            start,
            d.StepIn,
            {},
            links={
                "pick": _now("pick_fulfillment", {}),
                "short_pick": _now("short_pick_fulfillment", {"lines": [_LINE]}),
            },
        )
    )
    units = {"lines": [_LINE]}
    table.add(
        _action(
            "pick",
            "Take units off the shelf",
            pick,
            d.UnitsIn,
            units,
            NotThatMany,
            RepeatedKey,
            links={"restock": _now("restock_fulfillment", {})},
        )
    )
    table.add(_action("restock", "Put picked units back", restock, d.UnitsIn, units, NotThatMany, RepeatedKey))
    table.add(
        _action(
            "reject",
            "The location does not do it: the stock is put right and others are asked",
            reject,
            d.RejectIn,
            {"reason": "too_busy", "note": "three are ill"},
            NotThatMany,
            RepeatedKey,
            description=(
                "`not_in_stock` empties the position and sends all other open work for the item there elsewhere; "
                "`mismatch` takes the units off; `damaged` and `worn_display` set them aside; `too_busy` and `other` "
                "leave the stock as it is. The location is not asked for these lines again for a time. Units that are "
                "there and that nobody else can have stay (`kept`). A pick-up is not routed: its customer is asked."
            ),
        )
    )
    table.add(
        _action(
            "short_pick",
            "Units were not found: the stock is put right and others are asked",
            short_pick,
            d.ShortPickIn,
            {"lines": [_LINE], "reason": "not_in_stock"},
            NotThatMany,
            RepeatedKey,
        )
    )
    table.add(
        _action(
            "assign",
            "Have another location do it, and keep the reason",
            assign,
            d.AssignIn,
            examples.ASSIGN,
            CannotAssign,
            UnknownLocation,
        )
    )
    table.add(
        _action(
            "offer",
            "Offer the job to several locations: the first that claims it has it",
            offer,
            d.OfferIn,
            examples.OFFER,
            CannotAssign,
            OfferOpen,
            UnknownLocation,
            answers=(
                Answer(
                    201, OfferView, "Offered.", None, ("Location", "Crossdock-Log-Position", "Idempotency-Replayed")
                ),
            ),
            links={"claim": Link("claim_offer", {"offer_id": "$response.body#/id"}, {"location": "DC1"})},
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/offers/{offer_id}",
            id="get_offer",
            tag="fulfillments",
            summary="Read an offer: who may have the job, and who has it",
            handler=get_offer,
            scope="orders:read",
            answers=(Answer(200, OfferView, "Found."),),
            errors=(OfferNotFound,),
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/offers/{offer_id}/actions/claim",
            id="claim_offer",
            tag="fulfillments",
            summary="Take an offered job; the first location has it, the others are refused",
            handler=claim,
            scope="orders:write",
            body=d.ClaimIn,
            examples={"example": {"location": "DC1"}},
            idempotent=True,
            answers=(Answer(200, d.WorkResult, "The job is the location's.", None, _HEADERS),),
            errors=(
                OfferNotFound,
                OfferGone,
                NotOffered,
                CannotAssign,
                UnknownLocation,
                WrongState,
                IdempotencyKeyReused,
            ),
        )
    )
