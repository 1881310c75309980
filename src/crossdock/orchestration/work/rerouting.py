"""Units that cannot stay where they were: to others, or back to the customer who was to collect them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossdock.events.work import OrderChoiceAsked, WorkLine
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.loading import HeldClaim, LoadedOrder
from crossdock.orchestration.plans import Queued, Routed
from crossdock.orchestration.trying import found, try_route

CHOICE = "customer_choice"
"""The queue of pick-ups whose customers are to choose."""
Units = Sequence[tuple[HeldClaim, int]]


class Moved(NamedTuple):
    """How many units went elsewhere, and how many stay because nobody else can have them."""

    moved: int
    kept: int


def is_collected(order: LoadedOrder, delivery_no: int) -> bool:
    """Say whether a customer comes for the goods himself."""
    return order.deliveries[delivery_no].method == "pickup"


def again(
    changes: Changes, order: LoadedOrder, delivery_no: int, wanted: Mapping[int, int], cause: str, actor: str
) -> None:
    """Decide units that wait anew; a pick-up is never routed silently, its customer is asked."""
    if is_collected(order, delivery_no):
        ask(changes, order, delivery_no, wanted, cause, actor)
    else:
        changes.route(order, delivery_no, wanted, cause, actor)


def ask(
    changes: Changes, order: LoadedOrder, delivery_no: int, wanted: Mapping[int, int], reason: str, actor: str
) -> None:
    """Put units that wait into the queue of those whose customers are to choose."""
    detail = "They were to be picked up; the customer chooses another store, shipping, waiting or a refund."
    queued = tuple(
        Queued(no, order.demand[no].item_id, n, CHOICE, reason, detail) for no, n in sorted(wanted.items()) if n > 0
    )
    if not queued:
        return
    changes.adopt(order, Routed(delivery_no, 0, None, b"", (), queued, (), ()), reason, actor)
    directory, order_id = changes.engine.directory, encode_id("ord", order.row.id)
    lines = tuple(WorkLine(q.demand_no, directory.item_by_id(q.item_id).sku, q.quantity) for q in queued)
    event = OrderChoiceAsked(order_id=order_id, delivery=delivery_no, lines=lines, reason=reason)
    changes.tell(order, event, order_id, actor)


def elsewhere(changes: Changes, order: LoadedOrder, delivery_no: int, units: Units, cause: str, actor: str) -> Moved:
    """Give units that are there to others, as far as others can have them; the rest stays claimed where it is."""
    wanted = by_demand(units)
    able = found(try_route(changes, order, delivery_no, wanted, units))
    going: dict[int, int] = {}
    for claim, n in units:
        part = min(n, able.get(claim.demand_no, 0) - going.get(claim.demand_no, 0))
        if part > 0:
            changes.unclaim(order, claim.id, part, cause, actor)
            going[claim.demand_no] = going.get(claim.demand_no, 0) + part
    if going:
        changes.route(order, delivery_no, going, cause, actor)
    moved = sum(going.values())
    return Moved(moved, sum(wanted.values()) - moved)


def by_demand(units: Units) -> dict[int, int]:
    """Add units up by demand."""
    wanted: dict[int, int] = {}
    for claim, n in units:
        wanted[claim.demand_no] = wanted.get(claim.demand_no, 0) + n
    return wanted
