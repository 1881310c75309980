"""Assigning by hand: seen before it is done, by the code that does it; the reason is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crossdock.events.work import FulfillmentAssigned
from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment.model import Execution, Negotiation, WrongState, word
from crossdock.kernel.errors import FieldError
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.network.store import StoredLocation
from crossdock.orchestration.directory import StoredVersions
from crossdock.orchestration.errors import OrderNotFound
from crossdock.orchestration.loading import HeldClaim, HeldFulfillment, LoadedOrder
from crossdock.orchestration.plans import Routed
from crossdock.orchestration.trying import found, try_route
from crossdock.orchestration.work.bench import Bench, WorkHandler, current
from crossdock.orchestration.work.commands import (
    Assign,
    Obstacle,
    PreviewAssignment,
    Previewed,
    Side,
    WorkDone,
)
from crossdock.orchestration.work.errors import CannotAssign, UnknownFulfillment
from crossdock.orchestration.work.rerouting import by_demand
from crossdock.routing import Versions, explain
from crossdock.storage.unit import Unit

_MOVABLE = frozenset({Execution.PLANNED, Execution.RELEASED})


class PreviewHandler(WorkHandler):
    """Does PreviewAssignment; nothing is written."""

    def do(self, unit: Unit, command: PreviewAssignment) -> Previewed:
        order_id = command.order_id
        bench = Bench(unit, self._engine, [order_id])
        order = bench.loaded.get(order_id)
        if order is None:
            raise OrderNotFound(f"There is no order {encode_id('ord', order_id)}.")
        if fulfillments.orders_of(unit.session, [command.fulfillment_id]).get(command.fulfillment_id) != order_id:
            named = encode_id("ful", command.fulfillment_id)
            text = f"The order has no fulfillment {named}."
            raise UnknownFulfillment(text, (FieldError("/fulfillment_id", "unknown_fulfillment", text),))
        place = self.place(command.location)
        return preview(bench, order, current(order, command.fulfillment_id, None), place)


class AssignHandler(WorkHandler):
    """Does Assign."""

    def do(self, unit: Unit, command: Assign) -> WorkDone:
        order_id = self.order_of(unit, command.fulfillment_id)
        place = self.place(command.location)
        bench = Bench(unit, self._engine, [order_id])
        order = bench.loaded[order_id]
        fulfillment = current(order, command.fulfillment_id, command.version)
        if fulfillment.location_id == place.id:
            raise CannotAssign(f"It is at '{command.location}' already.")
        units = sum(claim.quantity for claim in order.claims_of(fulfillment.id))
        made = assign(bench, order, fulfillment, place, command.reason, command.actor.name)
        bench.write()
        return WorkDone(order_id=order_id, fulfillment_id=made, moved=units)


def assign(
    bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, place: StoredLocation, reason: str, actor: str
) -> int:
    """Move a fulfillment to a location; returns the id of the one that it is now. Raises CannotAssign, WrongState."""
    seen = preview(bench, order, fulfillment, place)
    if seen.obstacles:
        faults = tuple(FieldError("/location", each.fence, each.message) for each in seen.obstacles)
        raise CannotAssign(f"'{place.location.code}' cannot have them: {faults[0].message}", faults)
    units = _units(order, fulfillment)
    for claim, n in units:
        bench.changes.unclaim(order, claim.id, n, "manual", actor)
    bench.steps.not_due(fulfillment.id)
    made = bench.changes.route(order, fulfillment.delivery_no, by_demand(units), "manual", actor, bound=place.id)
    new = bench.changes.planned_ids(order)[-1] if made else 0
    event = FulfillmentAssigned(
        order_id=encode_id("ord", order.row.id),
        fulfillment_id=encode_id("ful", new),
        location=place.location.code,
        units=seen.units,
        before=bench.code(fulfillment.location_id),
        reason=reason,
        cost=None if seen.proposed is None else seen.proposed.cost,
        cost_before=None if seen.present is None else seen.present.cost,
    )
    bench.tell(order, event, actor)
    return new


def preview(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, place: StoredLocation) -> Previewed:
    """Return what a fulfillment costs where it is and would cost elsewhere; raises WrongState when it cannot go."""
    if Execution(fulfillment.execution) not in _MOVABLE:
        raise WrongState(f"A fulfillment that is {word(Execution(fulfillment.execution))} stays where it is.")
    if Negotiation(fulfillment.negotiation) is Negotiation.ACCEPTED and fulfillment.execution != Execution.PLANNED:
        raise WrongState("The location has accepted it; it can reject it, then it goes elsewhere.")
    units = _units(order, fulfillment)
    if fulfillment.feeds is not None or any(claim.supply_line_id is not None for claim, _ in units):
        raise WrongState("It is one of two legs; route the order again, and both are decided anew.")
    wanted, number = by_demand(units), fulfillment.delivery_no

    def at(location: int) -> list[Routed]:
        return try_route(bench.changes, order, number, wanted, units, bound=location, asked_again=True)

    here, there = at(fulfillment.location_id), at(place.id)
    present, proposed = side(bench, order, here), side(bench, order, there)
    complete = found(there) == wanted
    known = present is not None and proposed is not None and complete and found(here) == wanted
    return Previewed(
        order_id=order.row.id,
        fulfillment_id=fulfillment.id,
        location=place.location.code,
        units=sum(wanted.values()),
        present=present,
        proposed=proposed,
        cost_difference=_difference(present, proposed) if known else None,
        days_difference=_days(present, proposed) if known else None,
        obstacles=() if complete else obstacles(bench, place, there),
    )


def side(bench: Bench, order: LoadedOrder, decided: Sequence[Routed]) -> Side | None:
    """Return what decisions would cost and when they would deliver; None when they assign nothing."""
    made = [f for routed in decided for f in routed.fulfillments]
    decisions = [routed.decision for routed in decided if routed.decision is not None]
    if not made:
        return None
    return Side(
        locations=tuple(dict.fromkeys(bench.code(f.location_id) for f in made)),
        units=sum(claim.quantity for f in made for claim in f.claims),
        parcels=sum(bill.parcels for decision in decisions for bill in decision.bill),
        cost=Money(milli_to_minor(sum(decision.cost for decision in decisions)), order.row.currency),
        ship_on=_day(max(f.work_day for f in made)),
        deliver_on=_day(max(f.deliver_day for f in made)),
    )


def obstacles(bench: Bench, place: StoredLocation, decided: Sequence[Routed]) -> tuple[Obstacle, ...]:
    """Return what stands in a location's way, as the decision's own fences say it."""
    code, directory = place.location.code, bench.engine.directory
    if not place.location.active:
        return (Obstacle(fence="accepting", message=f"'{code}' is closed."),)
    if place.id in directory.paused:
        return (Obstacle(fence="accepting", message=f"'{code}' takes no new work for now."),)
    stored = StoredVersions(bench.unit.session)
    stored.policies.update(bench.engine.planner.derived)
    for routed in decided:
        if not routed.record:
            continue
        told = explain(routed.record, Versions(stored.networks, stored.policies, stored.views))
        verdict = next((v for v in told.verdicts if v.site_id == place.id), None)
        failed = () if verdict is None else verdict.failed
        if failed:
            return tuple(Obstacle(fence=c.fence, message=f"{c.actual}, needs {c.expected}.") for c in failed)
    return (Obstacle(fence="stock", message=f"'{code}' does not have all of the units."),)


def _units(order: LoadedOrder, fulfillment: HeldFulfillment) -> list[tuple[HeldClaim, int]]:
    return [(claim, claim.quantity) for claim in order.claims_of(fulfillment.id)]


def _difference(present: Side | None, proposed: Side | None) -> Money | None:
    if present is None or proposed is None:
        return None
    return Money(proposed.cost.amount - present.cost.amount, present.cost.currency)


def _days(present: Side | None, proposed: Side | None) -> int | None:
    if present is None or proposed is None:
        return None
    return (date.fromisoformat(proposed.deliver_on) - date.fromisoformat(present.deliver_on)).days


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
