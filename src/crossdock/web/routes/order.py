"""One order: its facts, where each unit stands, who fulfills it, why there, and what happened."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath

from crossdock.analytics import Place, places
from crossdock.events import timeline as read_timeline
from crossdock.fulfillment import fulfillments_of
from crossdock.identity import SignedIn
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import Actor, PreviewChoices, promise_of_order
from crossdock.orders import OrderView, read_order
from crossdock.web import timeline, words
from crossdock.web.asking import Site
from crossdock.web.console import Console
from crossdock.web.security import AnyRequest, AnyResponse
from crossdock.web.why import Why, why

DONE = {
    "cancel": "The units are canceled, and their stock is free again.",
    "hold": "The order is on hold. Its stock stays claimed.",
    "release_hold": "The hold is lifted.",
    "route": "The order was routed again.",
    "choose": "It is done as the customer chose.",
    "amend_address": "The delivery goes to the new address and was routed again.",
}
HOLD_REASONS = ("fraud", "payment", "address", "review", "customer_request")


@get("/orders/{order_id:str}")
async def order(request: AnyRequest, console: Site, order_id: FromPath[str]) -> AnyResponse:
    """Show an order."""
    done = request.query_params.get("done", "")
    notes = [("done", DONE[done])] if done in DONE else []
    return await order_page(request, console, decode_id("ord", order_id), notes)


async def order_page(
    request: AnyRequest, console: Console, order_id: int, notes: list[tuple[str, str]], status: int = 200
) -> AnyResponse:
    """Return the page of an order, with notes above it."""
    facts = await console.read(lambda session: _read(session, order_id, console.clock()))
    choices = None
    if "choose" in facts["order"].supported_actions:
        signed_in: SignedIn = request.state.signed_in
        choices = await console.submit(PreviewChoices(actor=Actor(signed_in.user.actor), order_id=order_id))
    return console.page(
        request,
        "order.html",
        section="Orders",
        notes=notes,
        status=status,
        hold_reasons=HOLD_REASONS,
        choices=choices,
        **facts,
    )


def _read(session: Any, order_id: int, at: int) -> dict[str, Any]:
    found = read_order(session, order_id, personal=True)
    if found is None:
        raise NotFound("There is no such order.")
    known = places(session)
    events = read_timeline(session, order_id)
    return {
        "order": found,
        "promise": promise_of_order(session, order_id, at),
        "risk": timeline.risk(events) if found.promise != "kept" else "",
        "methods": words.METHODS,
        "places": known,
        "fulfillments": fulfillments_of(session, order_id),
        "timeline": timeline.timeline(events),
        "whys": _why(session, found, known),
        "queue": [entry for entry in found.queue if entry.closed_at is None],
        "open_holds": [hold for hold in found.holds if hold.released_at is None],
        "lines_to_cancel": _cancelable(found),
    }


def _why(session: Any, order: OrderView, known: dict[str, Place]) -> list[Why]:
    """Explain the latest decision of each delivery; earlier ones are in the timeline."""
    latest = {decision.delivery: decision.id for decision in order.decisions}
    deliveries = {delivery.no: delivery for delivery in order.deliveries}
    explained = [why(session, id_, deliveries[no], known) for no, id_ in sorted(latest.items()) if no in deliveries]
    return [one for one in explained if one is not None]


class LineToCancel(msgspec.Struct, frozen=True):
    """A line of which units can still be canceled, in ordered units."""

    no: int
    sku: str
    name: str
    units: int


def _cancelable(order: OrderView) -> list[LineToCancel]:
    out = []
    for line in order.lines:
        whole = sum(getattr(line.parts, name) for name in line.parts.__struct_fields__)
        free = line.parts.waiting + line.parts.reserved + line.parts.allocated
        units = free * line.quantity // whole if whole else 0
        if units:
            out.append(LineToCancel(line.no, line.sku, line.name, units))
    return out


handlers = [order]
