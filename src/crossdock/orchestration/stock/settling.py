"""What facts about stock do, one after the other: to the counters, to who loses a claim by them, to who waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossdock.events.catalog import StockShort, new_event
from crossdock.fulfillment.model import Execution
from crossdock.inventory import ledger, records
from crossdock.inventory.facts import with_on_hand
from crossdock.inventory.model import CauseKind, CountBasis, Counters, Movement, MovementType, PositionKey
from crossdock.orchestration import loading
from crossdock.orchestration.changes import Changes, open_changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.stock.victims import Holders
from crossdock.orchestration.supply.waiting import serve
from crossdock.orchestration.work.rerouting import again
from crossdock.orders import queues
from crossdock.storage.unit import Unit


class Fact(NamedTuple):
    """A fact that is understood: a count, or what is added (negative: taken), with what it is recorded under."""

    key: PositionKey
    type: MovementType
    quantity: int
    at: int
    basis: CountBasis
    acknowledged: int | None
    """The claimed units that an ``available`` count has taken off, when its source says so."""
    cause: tuple[CauseKind, int, int]
    """Kind, id and sequence of the movement's cause."""

    @property
    def is_count(self) -> bool:
        """Say whether it says what there is, and not what has changed."""
        return self.type is MovementType.COUNTED


class Settled(NamedTuple):
    """What a fact did: what is there after it, whether it came too late to do anything, whether anything changed."""

    on_hand: int
    late: bool = False
    changed: bool = True


def settle(unit: Unit, engine: Engine, facts: Sequence[Fact], actor: str) -> list[Settled]:
    """Record facts in their order and do what follows from them in the same transaction.

    Orders, reservations and claims are locked before positions; who lost a claim goes before who has none yet.
    """
    if not facts:
        return []
    session = unit.session
    items = {fact.key[0] for fact in facts}
    waiting = queues.waiting_orders(session, items)
    takers = [fact.key for fact in facts if fact.is_count or fact.quantity < 0]
    loaded = loading.load(session, {*waiting, *queues.orders_claiming(session, takers)})
    holders = Holders(unit, engine, takers)
    ledger.open_positions(unit, {fact.key for fact in facts})
    changes = open_changes(unit, engine, loaded.values(), also=sorted(items | holders.item_ids))
    before = {fact.key: changes.positions[fact.key].short for fact in facts}
    counts = records.last_counts(session, before)
    done = [apply(unit, changes, fact, counts) for fact in facts]
    rescue(unit, engine, changes, loaded, holders, before, actor)
    serve(changes, engine, loaded, waiting, items, actor)
    changes.write()
    holders.write()
    return done


def apply(unit: Unit, changes: Changes, fact: Fact, counts: dict[PositionKey, int]) -> Settled:
    """Turn a fact into its movement; a count that finds what is known moves the instant of the count alone.

    What happened before the last count and is told after it was counted already: it changes nothing any more.
    """
    key = fact.key
    before, last = changes.positions[key], counts.get(key)
    late = last is not None and (fact.at < last if fact.is_count else fact.at <= last)
    change = Counters()
    if fact.is_count and not late:
        counts[key] = fact.at
        change = _count(unit, changes, fact, before)
    elif not late:
        change = with_on_hand(before, before.on_hand + fact.quantity)
    changed = bool(change.on_hand) or not fact.is_count
    if changed or late:
        changes.fact(Movement(fact.type, key, change, fact.at, *fact.cause))
    return Settled(changes.positions[key].on_hand, late, changed)


def _count(unit: Unit, changes: Changes, fact: Fact, before: Counters) -> Counters:
    """A count as of T replaces what was known at T; what moved after T stays on top."""
    at, key = fact.at, fact.key
    moved = records.moved_since(unit.session, {key: at}).get(key, records.Moved())
    there = fact.quantity + moved.on_hand + changes.pending_since(key, at)
    if fact.basis is CountBasis.SHELF:
        there += before.picked - moved.picked
    elif fact.basis is CountBasis.AVAILABLE:
        claimed = before.reserved + before.allocated - moved.claimed
        there += claimed if fact.acknowledged is None else fact.acknowledged
    records.counted(unit, key, at, fact.basis)
    return with_on_hand(before, there)


# -- what follows from it ----------------------------------------------------------------------------------------------


def rescue(
    unit: Unit,
    engine: Engine,
    changes: Changes,
    loaded: dict[int, loading.LoadedOrder],
    holders: Holders,
    before: dict[PositionKey, int],
    actor: str,
) -> None:
    """Put the victims of a shortage back on the road: reservations before orders, the latest promise first.

    What a location knows of already gives way last, and what it has taken off the shelf not at all: that is there.
    """
    for key, short_before in sorted(before.items()):
        position = changes.positions[key]
        if position.short <= short_before:
            continue
        tell_short(unit, engine, key, position, actor)
        holders.give_way(changes, key, actor)
        held = [(order, claim) for order in loaded.values() for claim in order.resting_on(key) if claim.on_shelf > 0]
        held.sort(key=lambda pair: (_is_known(*pair), -pair[0].row.captured_at, -pair[1].id))
        for order, claim in held:
            lacking = changes.positions[key].short
            if lacking <= 0:
                break
            demand = order.demand[claim.demand_no]
            quantity = min(lacking, claim.on_shelf)
            changes.unclaim(order, claim.id, quantity, "short", actor)
            again(changes, order, demand.delivery_no, {demand.no: quantity}, "short", actor)


def _is_known(order: loading.LoadedOrder, claim: loading.HeldClaim) -> bool:
    return order.fulfillments[claim.fulfillment_id].execution != Execution.PLANNED


def tell_short(unit: Unit, engine: Engine, key: PositionKey, position: Counters, actor: str) -> None:
    """Tell everybody that less is at a location than is claimed there."""
    item, location, _ = key
    sku = engine.directory.item_by_id(item).sku
    event = StockShort(
        sku=sku,
        location=engine.directory.locations[location].location.code,
        on_hand=position.on_hand,
        claimed=position.reserved + position.allocated,
        short=position.short,
    )
    unit.event(new_event(event, at=unit.now, subject=sku, actor=actor))
