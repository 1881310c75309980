"""The steps that a location takes: it learns of its work, accepts, starts, picks, puts back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock.events.work import (
    FulfillmentAccepted,
    FulfillmentPicked,
    FulfillmentReleased,
    FulfillmentRestocked,
    FulfillmentStarted,
    WorkLine,
)
from crossdock.fulfillment.model import UNANSWERED, Execution, Negotiation, WrongState, word
from crossdock.inventory.model import Source
from crossdock.orchestration.loading import HeldClaim, HeldFulfillment, LoadedOrder
from crossdock.orchestration.work.bench import Bench, WorkHandler, current
from crossdock.orchestration.work.commands import Accept, OfFulfillment, Pick, Release, Restock, Start, WorkDone
from crossdock.orchestration.work.errors import NotThatMany, OnHold
from crossdock.orchestration.work.steps import ACCEPT, START, minutes_for
from crossdock.storage.unit import Unit


class StepHandler(WorkHandler):
    """What the steps of a fulfillment have in common."""

    def do(self, unit: Unit, command: OfFulfillment) -> WorkDone:
        bench = Bench(unit, self._engine, [order_id := self.order_of(unit, command.fulfillment_id)])
        order = bench.loaded[order_id]
        fulfillment = current(order, command.fulfillment_id, command.version)
        self.take(bench, order, fulfillment, command)
        bench.write()
        return WorkDone(order_id=order_id, fulfillment_id=fulfillment.id)

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Any) -> None:
        """Take the step, or refuse it."""
        raise NotImplementedError

    def due(self, bench: Bench, fulfillment: HeldFulfillment, kind: int) -> str:
        """Set by when the location is to have taken its next step."""
        rules = self._engine.directory.work_rules
        place = self._engine.directory.locations[fulfillment.location_id].location
        return bench.steps.due(fulfillment.id, kind, minutes_for(rules, place, kind), rules.notice_minutes)


class ReleaseHandler(StepHandler):
    """Does Release."""

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Release) -> None:
        if order.row.on_hold:
            raise OnHold("The order is on hold; its locations do not learn of it before that is lifted.")
        if any(claim.source == Source.PEGGED for claim in order.claims_of(fulfillment.id)):
            raise WrongState("Goods for it are still on their way from other locations.")
        said_yes = fulfillment.negotiation == Negotiation.ACCEPTED
        bench.steps.set(order, fulfillment, Execution.RELEASED, None if said_yes else Negotiation.SENT)
        by = self.due(bench, fulfillment, START if said_yes else ACCEPT)
        event = FulfillmentReleased(**bench.who(order, fulfillment), accept_by="" if said_yes else by)
        bench.tell(order, event, command.actor.name)


class AcceptHandler(StepHandler):
    """Does Accept."""

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Accept) -> None:
        if fulfillment.execution != Execution.RELEASED or fulfillment.negotiation not in UNANSWERED:
            raise _wrong(fulfillment, "accepted")
        accept(bench, order, fulfillment, self.due(bench, fulfillment, START), command.actor.name)


class StartHandler(StepHandler):
    """Does Start."""

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Start) -> None:
        if fulfillment.execution != Execution.RELEASED:
            raise _wrong(fulfillment, "started")
        if fulfillment.negotiation in UNANSWERED:
            accept(bench, order, fulfillment, "", command.actor.name)
            fulfillment = order.fulfillments[fulfillment.id]
        bench.steps.set(order, fulfillment, Execution.IN_PROGRESS)
        bench.steps.not_due(fulfillment.id)
        bench.tell(order, FulfillmentStarted(**bench.who(order, fulfillment)), command.actor.name)


class PickHandler(StepHandler):
    """Does Pick."""

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Pick) -> None:
        if fulfillment.execution != Execution.IN_PROGRESS:
            raise _wrong(fulfillment, "picked")
        units = units_of(order.claims_of(fulfillment.id), command.lines, picked=False)
        bench.steps.pick(order, fulfillment, {claim.id: n for claim, n in units})
        complete = not any(claim.on_shelf for claim in order.claims_of(fulfillment.id))
        bench.steps.set(order, fulfillment, Execution.PICKED if complete else None)
        lines = lines_of(bench, units)
        event = FulfillmentPicked(**bench.who(order, fulfillment), lines=lines, complete=complete)
        bench.tell(order, event, command.actor.name)


class RestockHandler(StepHandler):
    """Does Restock."""

    def take(self, bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, command: Restock) -> None:
        if fulfillment.execution not in (Execution.IN_PROGRESS, Execution.PICKED):
            raise _wrong(fulfillment, "put back")
        units = units_of(order.claims_of(fulfillment.id), command.lines, picked=True)
        bench.steps.pick(order, fulfillment, {claim.id: -n for claim, n in units})
        is_picked = fulfillment.execution == Execution.PICKED
        bench.steps.set(order, fulfillment, Execution.IN_PROGRESS if is_picked else None)
        lines = lines_of(bench, units)
        bench.tell(order, FulfillmentRestocked(**bench.who(order, fulfillment), lines=lines), command.actor.name)


def accept(bench: Bench, order: LoadedOrder, fulfillment: HeldFulfillment, start_by: str, actor: str) -> None:
    """Let a location have said yes."""
    bench.steps.set(order, fulfillment, None, Negotiation.ACCEPTED)
    bench.tell(order, FulfillmentAccepted(**bench.who(order, fulfillment), start_by=start_by), actor)


def units_of(claims: Iterable[HeldClaim], lines: dict[int, int] | None, *, picked: bool) -> list[tuple[HeldClaim, int]]:
    """Return the claims that lines (demand number to units) name, with None all; raises NotThatMany.

    ``picked`` asks for units that are off the shelf, else for those that lie on it.
    """
    there = [(claim, claim.picked if picked else claim.on_shelf) for claim in claims]
    where = "picked" if picked else "on the shelf"
    if lines is None:
        every = [(claim, n) for claim, n in there if n]
        if not every:
            raise NotThatMany(f"No unit of the fulfillment is {where}.")
        return every
    wanted = dict(lines)
    units: list[tuple[HeldClaim, int]] = []
    for claim, n in there:
        part = min(n, wanted.get(claim.demand_no, 0))
        if part > 0:
            units.append((claim, part))
            wanted[claim.demand_no] -= part
    for no, missing in sorted(wanted.items()):
        if missing or lines[no] < 1:
            has = sum(n for claim, n in there if claim.demand_no == no)
            raise NotThatMany(f"Of demand {no} the fulfillment has {has} units {where}, not {lines[no]}.")
    return units


def lines_of(bench: Bench, units: Iterable[tuple[HeldClaim, int]]) -> tuple[WorkLine, ...]:
    """Return units as events name them."""
    return tuple(WorkLine(claim.demand_no, bench.sku(claim.item_id), n) for claim, n in units)


def _wrong(fulfillment: HeldFulfillment, what: str) -> WrongState:
    stands = f"{word(Execution(fulfillment.execution))}, {word(Negotiation(fulfillment.negotiation))}"
    return WrongState(f"A fulfillment that is {stands} cannot be {what}.")
