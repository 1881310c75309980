"""Promises: what can be had when, and a promise read again."""

from __future__ import annotations

from typing import Any

from crossdock.api.commands import REPLAYED, actor, request_key
from crossdock.api.http import JSON, Call, Header, Reply, json_reply, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import (
    IdempotencyKeyReused,
    NotEnoughToReserve,
    PromiseRefused,
    Quote,
    ReservationRefused,
    ReservedTooLate,
    UnknownChannel,
    UnknownItem,
    UnknownPolicy,
    made_before,
    make_promises,
    quote_of,
    read_promise,
)
from crossdock.promising import PromiseIn, Promises, PromiseView

BASKET: dict[str, Any] = {
    "channel": "web",
    "lines": [{"sku": "85123A", "quantity": 2, "unit_price": 295}, {"sku": "71053", "quantity": 1}],
    "destination": {"country": "GB", "postal_code": "SW1Y 4JH"},
}
EARLIEST: dict[str, Any] = {**BASKET, "methods": ["ship"], "goal": "earliest", "keep": False}
PICK_UP: dict[str, Any] = {
    "channel": "web",
    "lines": [{"sku": "85123A", "quantity": 1}],
    "methods": ["pickup", "ship_to_store"],
    "locations": ["DC1"],
}


async def create_promises(call: Call) -> Reply:
    """Say what can be promised, and keep it for whoever orders."""
    backend, asked, request = call.backend, call.body, request_key(call)

    async def ask() -> Quote:
        at = backend.clock()
        return await backend.database.read(lambda session: quote_of(backend.promises, session, asked, at))

    made = None
    if request is not None:
        made = await backend.database.read(lambda session: made_before(session, request))
    if made is None:
        made = await make_promises(asked, ask, backend.submit, actor(call), request)
    headers: list[Header] = [position(made.position)] if made.position else []
    if made.replayed:
        headers.append(REPLAYED)
    return Reply(201 if made.is_kept else 200, bytes(made.document), [JSON, *headers])


async def get_promise(call: Call) -> Reply:
    """Read a promise."""
    id_: int = call.path["promise_id"]
    at = call.backend.clock()
    view = await call.backend.database.read(lambda session: read_promise(session, id_, at))
    if view is None:
        raise NotFound("There is no promise of this id, or none any more.")
    return json_reply(view)


def add_to(table: Table) -> None:
    """Add the operations on promises."""
    table.add(
        Operation(
            method="POST",
            path="/v1/promises",
            id="create_promises",
            tag="promises",
            summary="Ask what can be promised for a product page, a basket or a checkout",
            description=(
                "Each way in which the basket can be had (shipped by each service level, picked up, sent to a store) "
                "is decided as an order would be: same stock, same rules, same costs. An offer says when everything "
                "is there, until when to order for that day to hold, what it costs and emits, how sure it is, and what "
                "it rests on. `goal`, `by` and `not_before` ask for the first day, a day, or a window. An order that "
                "brings the `id` of an offer as `promise_id` is routed to keep it. With `reserve` the units of "
                "the first complete offer are held until it expires, for its order alone. With `keep` false nothing is "
                "stored, and no order can bring an offer: for product pages that nobody orders from. Repeated under "
                "its Idempotency-Key, a request whose offers were kept is answered as it was, and holds nothing again."
            ),
            handler=create_promises,
            scope="promises:write",
            body=PromiseIn,
            examples={"basket": BASKET, "earliest": EARLIEST, "pick_up": PICK_UP},
            idempotent=True,
            answers=(
                Answer(
                    201,
                    Promises,
                    "Offers that are kept until they expire.",
                    None,
                    ("Crossdock-Log-Position", "Idempotency-Replayed"),
                ),
                Answer(200, Promises, "Offers that are not kept, or none."),
            ),
            links={"promise": Link("get_promise", {"promise_id": "$response.body#/data/0/id"})},
            errors=(
                UnknownChannel,
                UnknownItem,
                UnknownPolicy,
                PromiseRefused,
                ReservationRefused,
                NotEnoughToReserve,
                ReservedTooLate,
                IdempotencyKeyReused,
            ),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/promises/{promise_id}",
            id="get_promise",
            tag="promises",
            summary="Read a promise as it stands",
            handler=get_promise,
            scope="promises:read",
            answers=(Answer(200, PromiseView, "Found."),),
            errors=(NotFound,),
        )
    )
