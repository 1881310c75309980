"""Commands on captured orders: cancel units, amend an address, hold and release, route again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from crossdock.customers import vault
from crossdock.events.catalog import (
    OrderAddressAmended,
    OrderCanceled,
    OrderHoldPlaced,
    OrderHoldReleased,
    new_event,
)
from crossdock.kernel.errors import CrossdockError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import CapacityLost, Changes, open_changes
from crossdock.orchestration.commands import (
    AmendAddress,
    CancelUnits,
    CapturedOrder,
    OrderChanged,
    PlaceHold,
    ReleaseHold,
    RouteAgain,
)
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import (
    AddressFixed,
    AddressNotServed,
    NoSuchHold,
    NothingToCancel,
    NothingToRoute,
    OrderNotFound,
    VersionMismatch,
)
from crossdock.orchestration.loading import LoadedOrder, load
from crossdock.orchestration.orders.capture import place_of_address
from crossdock.orchestration.trying import would_assign
from crossdock.orders import store as orders
from crossdock.orders.status import ALLOCATED, CANCELED, LOST, WAITING
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome


class OrderHandler(ABC):
    """What the commands on one order have in common: lock and load the batch's orders, change each, write once."""

    max_batch = 64

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: Any) -> int:
        return 20

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        self._engine.follow(unit.session)
        loaded = load(unit.session, {command.order_id for command in commands})
        changes = open_changes(unit, self._engine, loaded.values(), also=self.also_items(unit, commands))
        outcomes: list[Outcome] = [None] * len(commands)
        seen: set[int] = set()
        for index, command in enumerate(commands):
            if command.order_id in seen:
                outcomes[index] = AGAIN  # one change an order a batch: the second starts from what the first left
                continue
            try:
                order = _current(loaded, command)
                seen.add(command.order_id)
                changed = self.change(changes, unit, order, command)
                outcomes[index] = (
                    changed
                    if isinstance(changed, CapturedOrder)
                    else OrderChanged(order_id=order.row.id, version=0, changed=changed)
                )
            except CrossdockError as refusal:
                outcomes[index] = refusal
        try:
            versions = changes.write()
        except CapacityLost:
            self._engine.planner.sight.forget_capacity()
            raise
        for outcome in outcomes:
            if isinstance(outcome, OrderChanged):
                outcome.version = versions.get(outcome.order_id, loaded[outcome.order_id].row.version)
        return outcomes

    def also_items(self, unit: Unit, commands: Sequence[Any]) -> Sequence[int]:
        """Return the items that the commands bring into the orders, to be locked with those that are in them."""
        return ()

    @abstractmethod
    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: Any) -> dict[str, Any] | CapturedOrder:
        """Plan the change of one order; refuses before it has planned anything."""


def _current(loaded: dict[int, LoadedOrder], command: Any) -> LoadedOrder:
    order = loaded.get(command.order_id)
    if order is None:
        raise OrderNotFound(f"There is no order {encode_id('ord', command.order_id)}.")
    if command.version is not None and command.version != order.row.version:
        raise VersionMismatch(f"The order is at version {order.row.version}, the request names {command.version}.")
    return order


def _tell(unit: Unit, order: LoadedOrder, event: Any, actor: str) -> None:
    subject = encode_id("ord", order.row.id)
    unit.event(new_event(event, at=unit.now, subject=subject, actor=actor, order_id=order.row.id))


class CancelHandler(OrderHandler):
    """Does CancelUnits: what waits first, then what is allocated, the smallest claim first to save parcels."""

    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: CancelUnits) -> dict[str, Any]:
        wanted = self._wanted(order, command)
        actor = command.actor.name
        for no, quantity in wanted.items():
            free_units(changes, order, no, quantity, actor)
            changes.cancel_waiting(order, no, quantity, "canceled", actor)
        lines: dict[str, int] = {}
        for no, quantity in wanted.items():
            demand = order.demand[no]
            per_line = order.line_quantities[demand.line_no]
            lines[str(demand.line_no)] = max(lines.get(str(demand.line_no), 0), quantity * per_line // demand.quantity)
        complete = all(sum(d.parts) == d.parts[CANCELED] + d.parts[LOST] for d in order.demand.values())
        units = sum(wanted.values())
        event = OrderCanceled(
            order_id=encode_id("ord", order.row.id), lines=lines, units=units, complete=complete, reason=command.reason
        )
        _tell(unit, order, event, actor)
        return {"canceled": lines, "units": units, "complete": complete}

    def _wanted(self, order: LoadedOrder, command: CancelUnits) -> dict[int, int]:
        """Return units to cancel by demand number; refuses what cannot be canceled, all or nothing."""
        free = {no: d.parts[WAITING] + d.parts[ALLOCATED] for no, d in order.demand.items()}
        if command.lines is None:
            wanted = {no: quantity for no, quantity in free.items() if quantity}
            if not wanted:
                raise NothingToCancel("No unit of this order can still be canceled.")
            return wanted
        wanted = {}
        for line_no, quantity in command.lines.items():
            ordered = order.line_quantities.get(line_no)
            if ordered is None:
                raise NothingToCancel(f"The order has no line {line_no}.")
            for no, demand in order.demand.items():
                if demand.line_no != line_no:
                    continue
                # A bundle's line has a demand for each part: canceling a bundle cancels all its parts.
                units, rest = divmod(quantity * demand.quantity, ordered)
                if rest or units > free[no] or units < 1:
                    can = free[no] * ordered // demand.quantity
                    raise NothingToCancel(f"Of line {line_no} {can} units can be canceled, not {quantity}.")
                wanted[no] = units
        return wanted


def free_units(changes: Changes, order: LoadedOrder, no: int, quantity: int, actor: str) -> None:
    """Unclaim as many units of a demand as more than wait are to be canceled."""
    missing = quantity - order.demand[no].parts[WAITING]
    held = [claim for claim in order.planned_claims() if claim.demand_no == no]
    for claim in sorted(held, key=lambda c: (c.quantity, c.id)):
        if missing <= 0:
            break
        part = min(missing, claim.quantity)
        changes.unclaim(order, claim.id, part, "canceled", actor)
        missing -= part


class RouteHandler(OrderHandler):
    """Does RouteAgain: decides with the own claims added back; without a better place the old claims stay."""

    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: RouteAgain) -> dict[str, Any]:
        movable = {no: d.parts[WAITING] + d.parts[ALLOCATED] for no, d in order.demand.items()}
        if not any(movable.values()):
            raise NothingToRoute("Every unit of this order is canceled or on its way.")
        before, kept = _allocated(order), []
        for delivery_no in order.deliveries:
            if would_assign(changes, order, delivery_no) < _allocated(order, delivery_no):
                kept.append(delivery_no)
            else:
                route_again(changes, order, [delivery_no], "route", command.actor.name)
        return {"allocated": _allocated(order), "allocated_before": before, "kept": kept}


def _allocated(order: LoadedOrder, delivery_no: int | None = None) -> int:
    """Return how many units of an order, or of one of its deliveries, are allocated."""
    demand = [d for d in order.demand.values() if delivery_no in (None, d.delivery_no)]
    return sum(d.parts[ALLOCATED] for d in demand)


def route_again(changes: Changes, order: LoadedOrder, delivery_nos: Any, cause: str, actor: str) -> None:
    """Give back what the deliveries' fulfillments claim and decide all of their units anew, in one transaction."""
    for delivery_no in list(delivery_nos):
        for claim in order.planned_claims(delivery_no):
            changes.unclaim(order, claim.id, claim.quantity, cause, actor)
        wanted = {no: d.parts[WAITING] for no, d in order.demand.items() if d.delivery_no == delivery_no}
        changes.route(order, delivery_no, wanted, cause, actor)


class AddressHandler(OrderHandler):
    """Does AmendAddress: the vault gets the new address, the delivery is unclaimed and routed to it."""

    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: AmendAddress) -> dict[str, Any]:
        delivery = order.deliveries.get(command.delivery_no)
        if delivery is None:
            raise AddressFixed(f"The order has no delivery {command.delivery_no}.")
        if delivery.method != "ship":
            raise AddressFixed("This delivery is collected from a location; it has no address to change.")
        demand = [d for d in order.demand.values() if d.delivery_no == command.delivery_no]
        live = sum(sum(d.parts) - d.parts[CANCELED] - d.parts[LOST] for d in demand)
        movable = sum(d.parts[WAITING] + d.parts[ALLOCATED] for d in demand)
        if movable < live or live == 0:
            raise AddressFixed("Units of this delivery have left or are canceled.")
        address = command.destination
        area, point = place_of_address(address)
        order.deliveries[delivery.no] = delivery._replace(country=address.country, area=area, point=point)
        if _allocated(order, delivery.no) and not would_assign(changes, order, delivery.no):
            raise AddressNotServed("No location that has the goods may ship them there.")
        address_id = unit.ids.one()
        vault.insert(unit, [], [vault.address_row(address_id, order.row.party_id, address)])
        orders.amend_delivery(unit, order.row.id, delivery.no, address.country, area, point, address_id)
        event = OrderAddressAmended(
            order_id=encode_id("ord", order.row.id),
            delivery=delivery.no,
            country=address.country,
            area=area,
            before_country=delivery.country,
            before_area=delivery.area,
            reason=command.reason,
        )
        _tell(unit, order, event, command.actor.name)
        route_again(changes, order, [delivery.no], "address", command.actor.name)
        return {"delivery": delivery.no, "country": address.country, "area": area}


class PlaceHoldHandler(OrderHandler):
    """Does PlaceHold."""

    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: PlaceHold) -> dict[str, Any]:
        if command.reason in orders.open_holds(unit.session, order.row.id):
            raise NoSuchHold(f"The order is on hold for '{command.reason}' already.")
        orders.place_hold(unit, order.row.id, command.reason, command.note, command.actor.name)
        event = OrderHoldPlaced(order_id=encode_id("ord", order.row.id), reason=command.reason, note=command.note)
        _tell(unit, order, event, command.actor.name)
        changes.touch(order)
        return {"hold": command.reason}


class ReleaseHoldHandler(OrderHandler):
    """Does ReleaseHold."""

    def change(self, changes: Changes, unit: Unit, order: LoadedOrder, command: ReleaseHold) -> dict[str, Any]:
        hold_id = orders.open_holds(unit.session, order.row.id).get(command.reason)
        if hold_id is None:
            raise NoSuchHold(f"The order is not on hold for '{command.reason}'.")
        orders.release_hold(unit, hold_id, command.actor.name)
        event = OrderHoldReleased(order_id=encode_id("ord", order.row.id), reason=command.reason, note=command.note)
        _tell(unit, order, event, command.actor.name)
        changes.touch(order)
        return {"released": command.reason}
