"""What can be done to an order."""

from __future__ import annotations

from typing import Any

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, request_key, wanted_version
from crossdock.api.documents import (
    AmendAddressIn,
    CancelIn,
    HoldIn,
    RouteIn,
)
from crossdock.api.errors import RepeatedKey
from crossdock.api.http import Call, Reply, etag, json_reply, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.resources.orders import order_view
from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.orchestration import (
    AddressFixed,
    AddressNotServed,
    AmendAddress,
    CancelUnits,
    Command,
    IdempotencyKeyReused,
    NoSuchHold,
    NothingToCancel,
    NothingToRoute,
    OrderChanged,
    OrderNotFound,
    PlaceHold,
    ReleaseHold,
    RouteAgain,
    VersionMismatch,
)
from crossdock.orders import (
    OrderView,
)


async def _change(call: Call, command: Command) -> Reply:
    answer: OrderChanged = await call.backend.submit(command)
    view = await order_view(call, answer.order_id)
    headers = [etag(view.version)]
    if answer.position:
        headers.append(position(answer.position))
    if answer.replayed:
        headers.append(REPLAYED)
    return json_reply(view, 200, *headers)


async def cancel(call: Call) -> Reply:
    """Cancel units, lines, or the whole order."""
    asked: CancelIn = call.body
    lines: dict[int, int] | None = None
    if asked.lines is not None:
        lines = {line.line: line.quantity for line in asked.lines}
        if len(lines) < len(asked.lines):
            faults = _repeated([line.line for line in asked.lines])
            raise RepeatedKey(faults[0].message, faults)
    return await _change(
        call,
        CancelUnits(
            actor=actor(call),
            request=request_key(call),
            order_id=call.path["order_id"],
            lines=lines,
            reason=asked.reason,
            version=wanted_version(call),
        ),
    )


def _repeated(numbers: list[int]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(f"/lines/{index}/line", "repeated", f"Line {number} is named twice.")
        for index, number in enumerate(numbers)
        if number in numbers[:index]
    )[:100]


async def amend_address(call: Call) -> Reply:
    """Send a delivery elsewhere."""
    asked: AmendAddressIn = call.body
    return await _change(
        call,
        AmendAddress(
            actor=actor(call),
            request=request_key(call),
            order_id=call.path["order_id"],
            delivery_no=asked.delivery,
            destination=asked.destination,
            reason=asked.reason,
            version=wanted_version(call),
        ),
    )


async def hold(call: Call) -> Reply:
    """Stop the order's release."""
    asked: HoldIn = call.body
    return await _change(
        call,
        PlaceHold(
            actor=actor(call),
            request=request_key(call),
            order_id=call.path["order_id"],
            reason=asked.reason,
            note=asked.note,
            version=wanted_version(call),
        ),
    )


async def release_hold(call: Call) -> Reply:
    """Lift a hold."""
    asked: HoldIn = call.body
    return await _change(
        call,
        ReleaseHold(
            actor=actor(call),
            request=request_key(call),
            order_id=call.path["order_id"],
            reason=asked.reason,
            note=asked.note,
            version=wanted_version(call),
        ),
    )


async def route(call: Call) -> Reply:
    """Decide once more."""
    asked: RouteIn = call.body
    return await _change(
        call,
        RouteAgain(
            actor=actor(call),
            request=request_key(call),
            order_id=call.path["order_id"],
            reason=asked.reason,
            version=wanted_version(call),
        ),
    )


def _action(name: str, id_: str, summary: str, handler: Any, body: Any, example: Any, **more: Any) -> Operation:
    errors: tuple[type[CrossdockError], ...] = more.pop("errors", ())
    headers = ("ETag", "Crossdock-Log-Position", "Idempotency-Replayed")
    return Operation(
        method="POST",
        path=f"/v1/orders/{{order_id}}/actions/{name}",
        id=id_,
        tag="orders",
        summary=summary,
        handler=handler,
        scope="orders:write",
        body=body,
        examples={"example": example},
        idempotent=True,
        if_match=True,
        answers=(Answer(200, OrderView, "Done; the order as it is now.", None, headers),),
        errors=(OrderNotFound, VersionMismatch, IdempotencyKeyReused, *errors),
        **more,
    )


def add_to(table: Table) -> None:
    """Add the operations that change orders."""
    back = {"order": Link("get_order", {"order_id": "$response.body#/id"})}
    table.add(
        _action(
            "cancel",
            "cancel_order",
            "Cancel units, lines or the whole order",
            cancel,
            CancelIn,
            examples.CANCEL_ALL,
            errors=(NothingToCancel, RepeatedKey),
            links=back,
        )
    )
    table.add(
        _action(
            "amend_address",
            "amend_order_address",
            "Send a delivery elsewhere",
            amend_address,
            AmendAddressIn,
            examples.AMEND_ADDRESS,
            errors=(AddressFixed, AddressNotServed),
            links=back,
        )
    )
    table.add(
        _action(
            "hold",
            "hold_order",
            "Put an order on hold",
            hold,
            HoldIn,
            examples.HOLD,
            errors=(NoSuchHold,),
            links={"release": Link("release_order_hold", {"order_id": "$response.body#/id"}, examples.HOLD)},
        )
    )
    table.add(
        _action(
            "release_hold",
            "release_order_hold",
            "Lift a hold",
            release_hold,
            HoldIn,
            examples.HOLD,
            errors=(NoSuchHold,),
            links=back,
        )
    )
    table.add(
        _action(
            "route",
            "route_order",
            "Decide an order's units once more",
            route,
            RouteIn,
            examples.ROUTE,
            errors=(NothingToRoute,),
            links=back,
        )
    )
