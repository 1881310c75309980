"""Deciding to see what would come of it: units are given back in memory, a decision is made, and nothing stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from crossdock.inventory.facts import with_allocated
from crossdock.inventory.model import Counters, PositionKey, Source
from crossdock.inventory.shares import last_taken_first
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.loading import HeldClaim, LoadedOrder
from crossdock.orchestration.plans import Routed
from crossdock.orders.status import WAITING

Given = Sequence[tuple[HeldClaim, int]]
"""Claims, and how many units of each would be given back first."""


def would_assign(changes: Changes, order: LoadedOrder, delivery_no: int) -> int:
    """Return how many units a new decision on a delivery would assign, with what it holds and nobody knows of back."""
    back = [(claim, claim.quantity) for claim in order.planned_claims(delivery_no)]
    wanted = {d.no: d.parts[WAITING] for d in order.demand.values() if d.delivery_no == delivery_no}
    for claim, units in back:
        wanted[claim.demand_no] += units
    return sum(found(try_route(changes, order, delivery_no, wanted, back)).values())


def try_route(
    changes: Changes,
    order: LoadedOrder,
    delivery_no: int,
    wanted: Mapping[int, int],
    back: Given,
    *,
    bound: int | None = None,
    asked_again: bool = False,
) -> list[Routed]:
    """Return what would be decided for units of a delivery's demand after some claims' units were given back.

    ``bound`` lets it see one location alone; with ``asked_again`` those that said no may be asked all the same.
    """
    demand = changes.asked(order, wanted, asked_again=asked_again)
    if not demand:
        return []
    # What is on its way through a place is given back where it still is.
    back = [*back, *((order.behind(claim), n) for claim, n in back if order.behind(claim) is not claim)]
    with changes.engine.planner.trying():
        _give_back(changes, back)
        _free_days(changes.engine, order, back)
        parts = changes.parts(demand)
        return [one for begin, part in parts for one in changes.decide(order, delivery_no, part, begin, bound)]


def found(decided: Iterable[Routed]) -> dict[int, int]:
    """Return how many units of each demand decisions have assigned."""
    units: dict[int, int] = defaultdict(int)
    for routed in decided:
        for claim in routed.claims:
            units[claim.demand_no] += claim.quantity
    return units


def _give_back(changes: Changes, back: Given) -> None:
    """Let the picture show units as if they had been given back."""
    mirror, shares = changes.engine.mirror, changes.engine.planner.shares
    after: dict[PositionKey, Counters] = {}
    for claim, units in back:
        if not units or claim.source != Source.POSITION:
            continue
        key = (claim.item_id, claim.location_id, claim.stock_class)
        now = after.get(key, changes.positions[key])
        after[key] = now.plus(with_allocated(now, now.allocated - units))
        credit = after[key].claimable - now.claimable
        mirror.credit(claim.item_id, claim.location_id, credit)
        shares.moved(claim.item_id, claim.location_id, credit, after[key].short - now.short)
        taken = changes.shares_of(claim.id)
        if taken:
            total = sum(part for _, part in taken)
            _, given = last_taken_first(taken, min(total, max(0, total - (claim.quantity - units))))
            shares.give_back(claim.item_id, claim.location_id, given)


def _free_days(engine: Engine, order: LoadedOrder, back: Given) -> None:
    """Let the picture show the work days of fulfillments of which nothing would be left."""
    left: dict[int, int] = defaultdict(int)
    for claim in (*order.claims.values(), *order.legs.values()):
        left[claim.fulfillment_id] += claim.quantity
    for claim, units in back:
        left[claim.fulfillment_id] -= units
    for id_ in {claim.fulfillment_id for claim, _ in back}:
        fulfillment = order.fulfillments[id_]
        if fulfillment.took_capacity and not left[id_]:
            engine.planner.free_capacity(fulfillment.location_id, fulfillment.work_day)
