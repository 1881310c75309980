"""Changes to captured orders, gathered over a batch and written together: unclaim, cancel, route again.

Everything a change may touch is locked before anything is decided (orders, their claims, every position of the items),
so what is planned in memory is what is written, and the counters' CHECKs stand behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crossdock.events.catalog import (
    FulfillmentCanceled,
    FulfillmentChanged,
    OrderDequeued,
    PlannedLine,
    new_event,
)
from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment import tables as fulfillment_tables
from crossdock.fulfillment.model import Execution
from crossdock.inventory import claims, ledger, supply
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.facts import with_allocated
from crossdock.inventory.model import PLAIN, CauseKind, Counters, Movement, MovementType, PositionKey, Source
from crossdock.inventory.shares import Part, last_taken_first
from crossdock.inventory.supply import SupplyRow
from crossdock.kernel.clock import utc_day
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import tables
from crossdock.orchestration.asked import destination, new_demand
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.loading import HeldClaim, LoadedOrder, WaitingEntry, load_more
from crossdock.orchestration.plans import NewDemand, NewFulfillment, Queued, Routed
from crossdock.orchestration.policies.routing import route
from crossdock.orchestration.recording import Routing
from crossdock.orchestration.supply import limits
from crossdock.orchestration.supply.launches import as_preorders, by_launch, later_of
from crossdock.orchestration.supply.line import WaitingLine
from crossdock.orchestration.transfers.pegged import Pegged
from crossdock.orchestration.views import shares
from crossdock.orders import store as orders
from crossdock.orders import tables as order_tables
from crossdock.orders.status import ALLOCATED, CANCELED, RELEASED, WAITING, derive, total
from crossdock.storage import guard
from crossdock.storage.errors import TransientFault
from crossdock.storage.unit import Unit


class Changes:
    """What a batch changes of orders that exist; nothing is written before ``write``."""

    def __init__(
        self,
        unit: Unit,
        engine: Engine,
        positions: dict[PositionKey, Counters],
        claimed_shares: dict[int, list[Part]],
        supplied: frozenset[int],
    ) -> None:
        self._shares = claimed_shares
        self._share_takes: list[tuple[int, int, int]] = []
        self._unit = unit
        self._engine = engine
        self.positions = positions
        """The locked positions as they will be; facts of the same transaction have changed them already."""
        self._movements: list[Movement] = []
        self._claims_left: dict[int, int] = {}
        self._entries_left: dict[int, int] = {}
        self._line_cancels: dict[tuple[int, int, int], int] = defaultdict(int)
        self._pegged = Pegged()
        self._ended: list[int] = []
        self._capacity_back: list[tuple[int, int]] = []
        self._capacity_takes: list[list[guard.Take]] = []
        self._orders: dict[int, LoadedOrder] = {}
        self._line = WaitingLine(supplied)
        self._rows: dict[Any, list[tuple[Any, ...]]] = {
            table: []
            for table in (
                order_tables.queue_entries,
                fulfillment_tables.fulfillments,
                fulfillment_tables.fulfillment_lines,
                inventory_tables.claims,
                inventory_tables.claim_shares,
                inventory_tables.supply_lines,
                tables.decisions,
            )
        }
        self._routing = Routing(self._rows, unit, engine.directory)

    @property
    def engine(self) -> Engine:
        """The state in memory that it changes with the database."""
        return self._engine

    @property
    def now(self) -> int:
        """The instant of the transaction."""
        return self._unit.now

    def fact(self, movement: Movement) -> None:
        """Add a fact about stock; what it does to the counters is visible to every later decision of the batch."""
        self._post(movement)

    def taken(self, movement: Movement) -> None:
        """Add what a decision has taken: the planner has debited the picture as it decided."""
        self.positions[movement.key] = self.positions[movement.key].plus(movement.change)
        self._movements.append(movement)

    def pending_since(self, key: PositionKey, at: int) -> int:
        """Return by how much this batch's own movements after an instant change what is physically there."""
        return sum(m.change.on_hand for m in self._movements if m.key == key and m.occurred_at > at)

    def _post(self, movement: Movement) -> None:
        before = self.positions[movement.key]
        after = before.plus(movement.change)
        self.positions[movement.key] = after
        self._movements.append(movement)
        item, location, stock_class = movement.key
        if stock_class == PLAIN:
            credit = after.claimable - before.claimable
            self._engine.mirror.credit(item, location, credit)
            basis = movement.change.on_hand + movement.change.short
            self._engine.planner.shares.moved(item, location, credit, basis)

    def planned_ids(self, order: LoadedOrder) -> list[int]:
        """Return the fulfillments of an order that this transaction has planned, in their order."""
        return [row[0] for row in self._rows[fulfillment_tables.fulfillments] if row[1] == order.row.id]

    def touch(self, order: LoadedOrder) -> None:
        """Count an order's version up though none of its units move."""
        self._orders[order.row.id] = order

    # -- units that go back ----------------------------------------------------------------------------------------

    def unclaim(self, order: LoadedOrder, claim_id: int, quantity: int, cause: str, actor: str) -> None:
        """Give back units of a claim; they wait again, and a fulfillment of which nothing is left is called off."""
        claim = order.claims[claim_id]
        order.claims[claim_id] = claim._replace(quantity=claim.quantity - quantity)
        self._orders[order.row.id] = order
        parts = order.demand[claim.demand_no].parts
        is_planned = order.fulfillments[claim.fulfillment_id].execution == Execution.PLANNED
        parts[ALLOCATED if is_planned else RELEASED] -= quantity
        parts[WAITING] += quantity
        self._give_back(order, claim, quantity, cause, actor)
        leg = self._pegged.less(order, claim, quantity)
        if leg is not None:
            self._give_back(order, leg, quantity, cause, actor)

    def _give_back(self, order: LoadedOrder, claim: HeldClaim, quantity: int, cause: str, actor: str) -> None:
        """Take units out of a claim and its line; its position gets them back, if it stands on one."""
        left = claim.quantity - quantity
        self._claims_left[claim.id] = left
        self._line_cancels[claim.fulfillment_id, claim.demand_no, claim.id] += quantity
        if claim.source == Source.POSITION:
            self._give_back_shares(claim, left)
            key = (claim.item_id, claim.location_id, claim.stock_class)
            before = self.positions[key]
            change = with_allocated(before, before.allocated - quantity)
            at = self._unit.now
            # The sequence is set when written: the ledger knows how many releases the claim has had.
            self._post(Movement(MovementType.RELEASED, key, change, at, CauseKind.CLAIM, claim.id))
        self._after_unclaim(order, claim.fulfillment_id, claim.demand_no, quantity, cause, actor)

    def shares_of(self, claim_id: int) -> Sequence[Part]:
        """Return from which counters of shares a claim took its units, in order."""
        return self._shares.get(claim_id, ())

    def _give_back_shares(self, claim: HeldClaim, left: int) -> None:
        """Let later decisions see what the claim took last from shares; ``claims.shrink`` writes it."""
        parts = self._shares.get(claim.id)
        if parts:
            self._shares[claim.id], back = last_taken_first(parts, sum(units for _, units in parts) - left)
            self._engine.planner.shares.give_back(claim.item_id, claim.location_id, back)

    def _after_unclaim(
        self, order: LoadedOrder, fulfillment_id: int, demand_no: int, quantity: int, cause: str, actor: str
    ) -> None:
        fulfillment = order.fulfillments[fulfillment_id]
        text_id, subject = encode_id("ord", order.row.id), encode_id("ful", fulfillment_id)
        code = self._engine.directory.locations[fulfillment.location_id].location.code
        held = (*order.claims.values(), *order.legs.values())
        rest = [c for c in held if c.fulfillment_id == fulfillment_id and c.quantity > 0]
        event: FulfillmentChanged | FulfillmentCanceled
        if rest:
            sku = self._sku(order.demand[demand_no].item_id)
            line = PlannedLine(demand_no, sku, quantity)
            event = FulfillmentChanged(
                order_id=text_id, fulfillment_id=subject, location=code, lines=(line,), reason=cause
            )
        else:
            del order.fulfillments[fulfillment_id]
            self._ended.append(fulfillment_id)
            if fulfillment.took_capacity:
                self._capacity_back.append((fulfillment.location_id, fulfillment.work_day))
                self._engine.planner.free_capacity(fulfillment.location_id, fulfillment.work_day)
            event = FulfillmentCanceled(order_id=text_id, fulfillment_id=subject, location=code, reason=cause)
        self._event(event, subject, order, actor)

    def cancel_waiting(self, order: LoadedOrder, demand_no: int, quantity: int, cause: str, actor: str) -> None:
        """Cancel units that wait; what their queue entries no longer stand for leaves the queue."""
        parts = order.demand[demand_no].parts
        parts[WAITING] -= quantity
        parts[CANCELED] += quantity
        self._orders[order.row.id] = order
        self.dequeue(order, demand_no, cause, actor)

    def dequeue(self, order: LoadedOrder, demand_no: int, cause: str, actor: str) -> None:
        """Let queue entries stand for no more units than wait."""
        waiting = order.demand[demand_no].parts[WAITING]
        for index, entry in enumerate(order.waiting):
            if entry.demand_no != demand_no or entry.quantity == 0:
                continue
            left = min(entry.quantity, waiting)
            waiting -= left
            if left < entry.quantity:
                self._leave_queue(order, index, entry, left, cause, actor)

    def take_out(self, order: LoadedOrder, demand_no: int, queue: str, cause: str, actor: str) -> None:
        """Take a demand's units out of a queue: they go on waiting, for what is decided next."""
        for index, entry in enumerate(order.waiting):
            if (entry.demand_no, entry.queue) == (demand_no, queue) and entry.quantity:
                self._leave_queue(order, index, entry, 0, cause, actor)

    def _leave_queue(
        self, order: LoadedOrder, index: int, entry: WaitingEntry, left: int, cause: str, actor: str
    ) -> None:
        order.waiting[index] = entry._replace(quantity=left)
        self._line.changed(order.row.channel_id, entry.queue, entry.item_id, entry.reason, left - entry.quantity)
        self._entries_left[entry.id] = left
        self._unit.waits(entry.item_id, left - entry.quantity)
        event = OrderDequeued(
            order_id=encode_id("ord", order.row.id),
            queue=entry.queue,
            reason=cause,
            demand=entry.demand_no,
            sku=self._sku(entry.item_id),
            quantity=entry.quantity - left,
        )
        self._event(event, event.order_id, order, actor)

    # -- units that are routed -------------------------------------------------------------------------------------

    def route(
        self,
        order: LoadedOrder,
        delivery_no: int,
        wanted: Mapping[int, int],
        cause: str,
        actor: str,
        *,
        only_if_found: bool = False,
        bound: int | None = None,
    ) -> bool:
        """Decide units that wait (demand number to quantity) of one delivery; says whether anything was found for them.

        What is found is claimed. With ``only_if_found`` a decision that assigns nothing is not taken over. Units of
        items before their launch are decided on their own, for the launch day. ``bound`` is the one location that
        somebody has chosen for them: it is asked even if it has said no before.
        """
        demand = self.asked(order, wanted, asked_again=bound is not None)
        found = False
        for begin, part in self.parts(demand) if demand else ():
            decided = self.decide(order, delivery_no, part, begin, bound)
            is_found = any(routed.fulfillments for routed in decided)
            if is_found or not only_if_found:
                for routed in decided:
                    self.adopt(order, routed, cause, actor)
                # Where they may come from may be another matter now: so is what they are bound to.
                self._line.unsettle(d.item_id for d in part)
            found = found or is_found
        return found

    def asked(self, order: LoadedOrder, wanted: Mapping[int, int], *, asked_again: bool = False) -> list[NewDemand]:
        """Return units of demand as routing must know them; ``asked_again`` forgets which locations have said no."""
        directory, at = self._engine.directory, self._unit.now
        demand = [new_demand(directory, order, no, n, at) for no, n in sorted(wanted.items()) if n > 0]
        return [d._replace(barred=()) for d in demand] if asked_again else demand

    def parts(self, demand: Sequence[NewDemand]) -> list[tuple[int | None, Sequence[NewDemand]]]:
        """Part demand by the day on which work on it may begin."""
        return by_launch(self._engine.directory, demand, self._unit.now)

    def decide(
        self,
        order: LoadedOrder,
        delivery_no: int,
        demand: Sequence[NewDemand],
        begin: int | None,
        bound: int | None = None,
    ) -> list[Routed]:
        """Decide demand of a delivery by the routes that hold, and debit what it gets; ``bound``: at one location."""
        at = self._unit.now
        begin = later_of(begin, order.promised_begin, at)
        where, routes, channel = destination(self._engine.directory, order, delivery_no, begin, at)
        where = where if bound is None else where._replace(bound=bound)
        return route(self._engine.planner, delivery_no, demand, where, routes, at, channel)

    def adopt(self, order: LoadedOrder, routed: Routed, cause: str, actor: str) -> None:
        """Take a decision over: claims, fulfillments, queue entries, events."""
        row, at = order.row, self._unit.now
        self._orders[row.id] = order
        for fulfillment in routed.fulfillments:
            self._adopt_fulfillment(order, fulfillment)
        queued = as_preorders(self._engine.directory, self._still_to_queue(order, routed), at)
        if cause == "revision":
            queued = self._line.limited(self._unit, self._engine.directory, row.channel_id, queued)
        fresh = routed._replace(queued=queued)
        entries = self._rows[order_tables.queue_entries]
        known = len(entries)
        self._routing.add(row.id, encode_id("ord", row.id), fresh, at, cause, row.currency, actor, row.priority)
        # What this transaction queues stands for its units as well, should it come back to them.
        order.waiting += [WaitingEntry(*entry[:7]) for entry in entries[known:]]
        for entry in entries[known:]:
            self._line.changed(order.row.channel_id, entry[1], entry[4], entry[6], entry[5])
        for no in {claim.demand_no for claim in routed.claims}:
            self.dequeue(order, no, "routed", actor)
        for no, quantity in routed.canceled:
            self.cancel_waiting(order, no, quantity, "policy", actor)

    def _adopt_fulfillment(self, order: LoadedOrder, fulfillment: NewFulfillment) -> None:
        if fulfillment.took_capacity:
            day = (fulfillment.location_id, fulfillment.work_day, 0)
            self._capacity_takes.append([guard.Take(guard.Kind.CAPACITY, day, 1)])
        for claim in fulfillment.claims:
            if fulfillment.feeds is None:
                parts = order.demand[claim.demand_no].parts
                parts[WAITING] -= claim.quantity
                parts[ALLOCATED] += claim.quantity
            if claim.unlimited or claim.supply is not None:
                continue
            key = (claim.item_id, claim.location_id, PLAIN)
            self._share_takes += [(claim.item_id, share, units) for share, units in claim.shares]
            change = Counters(allocated=claim.quantity)
            at = self._unit.now
            self.taken(Movement(MovementType.ALLOCATED, key, change, at, CauseKind.CLAIM, claim.id))

    def _still_to_queue(self, order: LoadedOrder, routed: Routed) -> tuple[Queued, ...]:
        """Return new queue entries for what no entry stands for yet: units that go on waiting keep their place."""
        entries = []
        for queued in routed.queued:
            stands = sum(entry.quantity for entry in order.waiting if entry.demand_no == queued.demand_no)
            missing = order.demand[queued.demand_no].parts[WAITING] - stands
            if missing > 0:
                entries.append(queued._replace(quantity=missing))
        return tuple(entries)

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, before: Sequence[SupplyRow] = ()) -> dict[int, int]:
        """Write everything and return the new version of each changed order; raises CapacityLost if a day filled up.

        ``before`` are supply lines that the transaction has changed, as they were; who waits is bound anew.
        """
        unit = self._unit
        self._engine.keep_derived(unit)
        claims.shrink(unit, list(self._claims_left.items()))
        claims.give_back_capacity(unit, self._capacity_back, utc_day(unit.now))
        self._engine.open_capacity(unit, [want for takes in self._capacity_takes for want in takes])
        if any(missing is not None for missing in guard.take(unit.session, self._capacity_takes).missing):
            raise CapacityLost
        shares.use(unit, self._share_takes)
        self._pegged.write(unit)
        ledger.post(unit, claims.numbered(unit, self._movements))
        fulfillments.cancel_lines(unit, [(*key, n) for key, n in self._line_cancels.items()])
        fulfillments.end(unit, self._ended)
        for table, rows in self._rows.items():
            unit.insert(table, rows)
        orders.shrink_entries(unit, list(self._entries_left.items()))
        changed = list(self._orders.values())
        orders.write_parts(unit, [demand for order in changed for demand in order.demand.values()])
        made: dict[int, int] = defaultdict(int)
        for fulfillment_row in self._rows[fulfillment_tables.fulfillments]:
            made[fulfillment_row[1]] += fulfillment_row[9] is None
        versions = orders.touch(
            unit,
            [
                (
                    order.row.id,
                    derive(total([demand.parts for demand in order.demand.values()])),
                    order.parts + made[order.row.id],
                )
                for order in changed
            ],
        )
        self._engine.changed_otherwise({movement.key[0] for movement in self._movements})
        self._line.settle(unit, self._engine.directory, before)
        return versions

    def tell(self, order: LoadedOrder, event: Any, subject: str, actor: str) -> None:
        """Tell everybody a fact about an order."""
        self._event(event, subject, order, actor)

    def _event(self, event: Any, subject: str, order: LoadedOrder, actor: str) -> None:
        self._unit.event(new_event(event, at=self._unit.now, subject=subject, actor=actor, order_id=order.row.id))

    def _sku(self, item_id: int) -> str:
        return self._engine.directory.item_by_id(item_id).sku


class CapacityLost(TransientFault):
    """A location's day filled up between the look and the write: the batch is decided again."""


def open_changes(unit: Unit, engine: Engine, loaded: Iterable[LoadedOrder], also: Sequence[int] = ()) -> Changes:
    """Lock every position of the orders' items (and ``also``), and make the picture in memory say what they say."""
    session = unit.session
    loaded = list(loaded)
    if engine.directory.asks_more:
        load_more(session, {order.row.id: order for order in loaded})
    items = {item for order in loaded for item in order.item_ids} | set(also)
    engine.directory.load_items_by_id(session, items)
    taken: dict[int, list[Part]] = {}
    if engine.directory.shares.groups:
        held = [claim for order in loaded for claim in (*order.claims, *(leg.id for leg in order.legs.values()))]
        taken = claims.shares_of(session, held)
    # Before positions, as everywhere: the days' capacity, and the supply that what waits is bound to.
    days = [(f.location_id, f.work_day) for order in loaded for f in order.fulfillments.values() if f.took_capacity]
    engine.lock_capacity(session, unit.now, days)
    supplied = frozenset(row.item_id for row in supply.open_lines(session, items, locked=True))
    limits.lock(session, items)
    positions = engine.lock_items(session, items)
    later = {order.promised_begin for order in loaded} - {None}
    engine.planner.sight.prepare(session, [unit.now], sorted(items), later)
    return Changes(unit, engine, positions, taken, supplied)
