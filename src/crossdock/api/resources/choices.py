"""Orders in the hands of people: another location seen before it is chosen, and what a customer chooses."""

from __future__ import annotations

from crossdock.api import examples
from crossdock.api import work_documents as d
from crossdock.api.commands import REPLAYED, actor, request_key, wanted_version
from crossdock.api.http import Call, Header, Reply, etag, json_reply, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.resources.orders import order_view
from crossdock.fulfillment import WrongState
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration import (
    ChoicesFound,
    Choose,
    IdempotencyKeyReused,
    NothingToChoose,
    OrderChanged,
    OrderNotFound,
    PreviewAssignment,
    PreviewChoices,
    Previewed,
    UnknownFulfillment,
    UnknownLocation,
    VersionMismatch,
)
from crossdock.orders import OrderView


async def preview(call: Call) -> Reply:
    """See another location before it is chosen."""
    asked: d.PreviewIn = call.body
    command = PreviewAssignment(
        actor=actor(call),
        order_id=call.path["order_id"],
        fulfillment_id=decode_id("ful", asked.fulfillment_id),
        location=asked.location,
    )
    seen: Previewed = await call.backend.submit(command)
    document = d.AssignmentPreview(
        order_id=encode_id("ord", seen.order_id),
        fulfillment_id=encode_id("ful", seen.fulfillment_id),
        location=seen.location,
        units=seen.units,
        present=seen.present,
        proposed=seen.proposed,
        cost_difference=seen.cost_difference,
        days_difference=seen.days_difference,
        obstacles=seen.obstacles,
    )
    return json_reply(document)


async def choices(call: Call) -> Reply:
    """Read what a customer can choose."""
    found: ChoicesFound = await call.backend.submit(PreviewChoices(actor=actor(call), order_id=call.path["order_id"]))
    return json_reply(d.Choices(order_id=encode_id("ord", found.order_id), data=found.deliveries))


async def choose(call: Call) -> Reply:
    """Do what the customer chose."""
    asked: d.ChooseIn = call.body
    command = Choose(
        actor=actor(call),
        request=request_key(call),
        order_id=call.path["order_id"],
        delivery_no=asked.delivery,
        option=asked.option,
        location=asked.location or "",
        note=asked.note,
        version=wanted_version(call),
    )
    answer: OrderChanged = await call.backend.submit(command)
    view = await order_view(call, answer.order_id)
    headers: list[Header] = [etag(view.version)]
    if answer.position:
        headers.append(position(answer.position))
    if answer.replayed:
        headers.append(REPLAYED)
    return json_reply(view, 200, *headers)


def add_to(table: Table) -> None:
    """Add the operations in which a person decides."""
    table.add(
        Operation(
            method="POST",
            path="/v1/orders/{order_id}/actions/preview_assignment",
            id="preview_assignment",
            tag="orders",
            summary="See what another location would cost and when it would deliver, against the plan as it is",
            description="Decided as it would be done, with the order's own claims added back; nothing is written.",
            handler=preview,
            scope="orders:read",
            body=d.PreviewIn,
            examples={"example": examples.PREVIEW},
            answers=(Answer(200, d.AssignmentPreview, "What would come of it."),),
            errors=(OrderNotFound, UnknownFulfillment, UnknownLocation, WrongState),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/orders/{order_id}/choices",
            id="get_order_choices",
            tag="orders",
            summary="What a customer can choose for pick-ups that cannot be had as planned, with cost and date",
            handler=choices,
            scope="orders:read",
            answers=(Answer(200, d.Choices, "The options, decided now; empty when nobody is asked."),),
            errors=(OrderNotFound,),
            links={"choose": Link("choose_for_order", {"order_id": "$response.body#/order_id"}, {"option": "wait"})},
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/orders/{order_id}/actions/choose",
            id="choose_for_order",
            tag="orders",
            summary="Do what the customer chose: ship it, another store, wait, or cancel",
            handler=choose,
            scope="orders:write",
            body=d.ChooseIn,
            examples={"example": examples.CHOOSE},
            idempotent=True,
            if_match=True,
            answers=(
                Answer(
                    200,
                    OrderView,
                    "Done; the order as it is now.",
                    None,
                    ("ETag", "Crossdock-Log-Position", "Idempotency-Replayed"),
                ),
            ),
            errors=(OrderNotFound, VersionMismatch, NothingToChoose, IdempotencyKeyReused),
        )
    )
