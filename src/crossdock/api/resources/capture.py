"""Orders in: one, or a batch. The hot path of the API."""

from __future__ import annotations

import asyncio
from typing import Any

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, idempotency_key, request_key
from crossdock.api.documents import (
    OrderBatch,
    OrderBatchResult,
    OrderReceipt,
    OrderResult,
    ReceiptFulfillment,
    ReceiptLine,
    ReceiptQueued,
    ReceiptReservation,
)
from crossdock.api.http import Call, Header, Reply, json_reply, location, position, problem
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.fulfillment import fulfillments_of
from crossdock.kernel.clock import moment
from crossdock.kernel.errors import CrossdockError, Internal
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import (
    CapturedOrder,
    CaptureOrder,
    IdempotencyKeyReused,
    OrderContentDiffers,
    OrderRefused,
    RequestKey,
    RevisionRefused,
    UnknownChannel,
    UnknownItem,
    UnknownPolicy,
)
from crossdock.orders import OrderIn, Status, differences, order_hash, order_links, read_order

_STATUS = {status.value: status.name.lower() for status in Status}


async def create_order(call: Call) -> Reply:
    """Capture one order: 201 when it is new, 200 when it was captured before."""
    request = request_key(call)
    answer = await _capture(call, call.body, request)
    receipt = await _receipt(call, call.body, answer)
    # An answer with its content is of a capture that was new: just now, or when its Idempotency-Key came first.
    is_new = bool(answer.version)
    headers: list[Header] = [location(receipt.links.self)]
    if answer.position:
        headers.append(position(answer.position))
    if answer.replayed and is_new:
        headers.append(REPLAYED)
    return json_reply(receipt, 201 if is_new else 200, *headers)


async def create_orders(call: Call) -> Reply:
    """Capture up to 500 orders, each for itself."""
    batch: OrderBatch = call.body
    idempotency_key(call)
    results = await asyncio.gather(*(_one(call, index, order) for index, order in enumerate(batch.orders)))
    counts = {status: sum(1 for _, result in results if result.status == status) for status in (200, 201)}
    answer = OrderBatchResult(
        created=counts[201],
        existing=counts[200],
        refused=len(results) - counts[200] - counts[201],
        results=tuple(result for _, result in results),
    )
    at = max((at for at, _ in results), default=0)
    return json_reply(answer, 200, *([position(at)] if at else []))


async def _one(call: Call, index: int, order: OrderIn) -> tuple[int, OrderResult]:
    try:
        answer = await _capture(call, order, request_key(call, f"#{index}"))
        receipt = await _receipt(call, order, answer)
    except CrossdockError as error:
        return 0, OrderResult(index=index, status=error.status, order=None, problem=problem(error, call.request_id))
    return answer.position, OrderResult(index=index, status=201 if answer.version else 200, order=receipt, problem=None)


async def _capture(call: Call, order: OrderIn, request: RequestKey | None) -> CapturedOrder:
    command = CaptureOrder(actor=actor(call), request=request, order=order, content_hash=order_hash(order))
    try:
        answer: CapturedOrder = await call.backend.submit(command)
    except OrderContentDiffers as error:
        raise await _with_differences(call, order, error) from None
    return answer


async def _with_differences(call: Call, order: OrderIn, error: OrderContentDiffers) -> OrderContentDiffers:
    """Say where the order differs from the one that was captured under its id."""
    order_id: int = error.extra["order_id"]
    captured = await call.backend.database.read(lambda session: read_order(session, order_id, personal=True))
    if captured is None:
        return error
    found = differences(captured, order)
    places = f" It differs at {', '.join(fault.pointer for fault in found[:5])}." if found else ""
    return OrderContentDiffers(f"{error.detail}{places}", found, order_id=order_id)


async def _receipt(call: Call, order: OrderIn, answer: CapturedOrder) -> OrderReceipt:
    if not answer.version:
        return await _stored_receipt(call, answer.order_id)
    public = encode_id("ord", answer.order_id)
    places = call.backend.config.locations
    return OrderReceipt(
        id=public,
        channel=order.channel,
        external_id=order.external_id,
        status=_STATUS[answer.status],  # type: ignore[arg-type]
        placed_at=moment(answer.placed_at),
        captured_at=moment(answer.captured_at),
        decisions=tuple([encode_id("dec", id_) for id_ in answer.decisions]),
        fulfillments=tuple(
            [
                ReceiptFulfillment(
                    id=encode_id("ful", f.id),
                    location=places[f.location_id].location.code,
                    lines=tuple([ReceiptLine(demand=line.demand_no, quantity=line.quantity) for line in f.lines]),
                )
                for f in answer.fulfillments
            ]
        ),
        queued=tuple(
            [ReceiptQueued(demand=no, quantity=quantity, queue=queue) for no, quantity, queue in answer.queued]
        ),
        reservation=_reservation(answer),
        links=order_links(public),
        version=answer.version,
    )


def _reservation(answer: CapturedOrder) -> ReceiptReservation | None:
    if not answer.reservation:
        return None
    return ReceiptReservation(id=answer.reservation_id, result=answer.reservation)


async def _stored_receipt(call: Call, order_id: int) -> OrderReceipt:
    """Return the receipt of an order that was captured before, as it stands now."""

    def read(session: Any) -> tuple[Any, Any]:
        return read_order(session, order_id), fulfillments_of(session, order_id)

    view, fulfillments = await call.backend.database.read(read)
    if view is None:
        raise Internal("The order was captured, but is not there.")
    return OrderReceipt(
        id=view.id,
        channel=view.channel,
        external_id=view.external_id,
        status=view.status,
        placed_at=view.placed_at,
        captured_at=view.captured_at,
        decisions=tuple(decision.id for decision in view.decisions),
        fulfillments=tuple(
            ReceiptFulfillment(
                id=f.id,
                location=f.location,
                lines=tuple(ReceiptLine(demand=x.demand, quantity=x.quantity - x.canceled) for x in f.lines),
            )
            for f in fulfillments
            if f.execution != "canceled"
        ),
        queued=tuple(
            ReceiptQueued(demand=entry.demand, quantity=entry.quantity, queue=entry.queue)
            for entry in view.queue
            if entry.closed_at is None
        ),
        reservation=None,
        links=view.links,
        version=view.version,
    )


_REFUSALS = (UnknownChannel, UnknownItem, UnknownPolicy, OrderRefused, RevisionRefused, IdempotencyKeyReused)
_LINKS = {
    name: Link(operation, {"order_id": "$response.body#/id"})
    for name, operation in (
        ("order", "get_order"),
        ("timeline", "get_order_timeline"),
        ("decisions", "list_order_decisions"),
        ("fulfillments", "list_order_fulfillments"),
    )
} | {
    "same_order": Link("find_order", {"code": "$response.body#/channel", "external_id": "$response.body#/external_id"}),
    "cancel": Link("cancel_order", {"order_id": "$response.body#/id"}, examples.CANCEL),
    "amend_address": Link("amend_order_address", {"order_id": "$response.body#/id"}, examples.AMEND_ADDRESS),
    "hold": Link("hold_order", {"order_id": "$response.body#/id"}, examples.HOLD),
    "release_hold": Link("release_order_hold", {"order_id": "$response.body#/id"}, examples.HOLD),
    "route": Link("route_order", {"order_id": "$response.body#/id"}, examples.ROUTE),
    "decision": Link("get_decision", {"decision_id": "$response.body#/decisions/0"}),
    "flips": Link("get_decision_flips", {"decision_id": "$response.body#/decisions/0"}),
    "fulfillment": Link("get_fulfillment", {"fulfillment_id": "$response.body#/fulfillments/0/id"}),
    "choices": Link("get_order_choices", {"order_id": "$response.body#/id"}),
    "choose": Link("choose_for_order", {"order_id": "$response.body#/id"}, examples.CHOOSE),
    "preview_assignment": Link("preview_assignment", {"order_id": "$response.body#/id"}, examples.PREVIEW),
    "release": Link("release_fulfillment", {"fulfillment_id": "$response.body#/fulfillments/0/id"}, {}),
    "assign": Link("assign_fulfillment", {"fulfillment_id": "$response.body#/fulfillments/0/id"}, examples.ASSIGN),
    "offer": Link("offer_fulfillment", {"fulfillment_id": "$response.body#/fulfillments/0/id"}, examples.OFFER),
}


def add_to(table: Table) -> None:
    """Add the operations that take orders in."""
    table.add(
        Operation(
            method="POST",
            path="/v1/orders",
            id="create_order",
            tag="orders",
            summary="Capture an order",
            description=(
                "The order is checked, routed, its stock claimed, and everything recorded, in one step. The same order "
                "again (channel, external id, same content) is answered with 200 and the captured order; another "
                "content under the same external id with 409 and the places that differ. A newer `revision` amends the "
                "captured order, an older one is ignored."
            ),
            handler=create_order,
            scope="orders:write",
            body=OrderIn,
            examples=examples.ORDERS,
            idempotent=True,
            answers=(
                Answer(
                    201,
                    OrderReceipt,
                    "Captured.",
                    examples.RECEIPT,
                    ("Location", "Crossdock-Log-Position", "Idempotency-Replayed"),
                ),
                Answer(
                    200,
                    OrderReceipt,
                    "Captured before; as it stands now.",
                    examples.RECEIPT,
                    ("Location", "Idempotency-Replayed"),
                ),
            ),
            errors=(*_REFUSALS, OrderContentDiffers),
            links=_LINKS,
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/orders:batch",
            id="create_orders",
            tag="orders",
            summary="Capture up to 500 orders",
            description=(
                "Each order is captured for itself: what one is refused for does not touch the others, and `results` "
                "has an entry for each, in order. Only a body outside the schema refuses the whole."
            ),
            handler=create_orders,
            scope="orders:write",
            body=OrderBatch,
            examples={"two": {"orders": list(examples.ORDERS.values())[:2]}},
            idempotent=True,
            answers=(Answer(200, OrderBatchResult, "A result for each order.", None, ("Crossdock-Log-Position",)),),
        )
    )
