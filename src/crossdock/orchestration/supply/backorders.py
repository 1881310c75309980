"""New orders that must wait: whether they may, and which supply they are bound to, before anything is written.

An order goes to the end of the line that waits for an item, so it takes what the supply lines have left: nobody before
it is looked at. Where it does not (a higher priority, an order that was placed earlier), the whole line is bound anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crossdock.events.supply import OrderBackorderBound
from crossdock.inventory import supply
from crossdock.inventory.supply import SupplyRow
from crossdock.inventory.supply_rules import Line, Waiting, bind
from crossdock.kernel.clock import utc_day
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Queued, Routed
from crossdock.orchestration.promises.coming import Road, arrival
from crossdock.orchestration.reach import Permitted
from crossdock.orchestration.supply import limits
from crossdock.orchestration.supply.binding import bound_event, insert_claims, rebind, tell
from crossdock.orchestration.supply.launches import as_preorders
from crossdock.orchestration.supply.limits import LimitKey
from crossdock.orders import queues
from crossdock.storage.guard import Kind, Take
from crossdock.storage.unit import Unit

if TYPE_CHECKING:
    from crossdock.orchestration.orders.capture import NewOrder


class _Bound(NamedTuple):
    demand_no: int
    item_id: int
    line: SupplyRow
    units: int


class Backorders:
    """The part of one batch of captures that must wait."""

    def __init__(self, unit: Unit, directory: Directory, orders: Iterable[NewOrder]) -> None:
        self._unit = unit
        self._directory = directory
        self._bound: dict[int, list[_Bound]] = {}
        self._anew: set[int] = set()
        waiting = [order for order in orders if _items(order)]
        if waiting:
            self._admit(waiting)
            self._bind(waiting)

    # -- who may wait --------------------------------------------------------------------------------------------

    def _admit(self, orders: Sequence[NewOrder]) -> None:
        """Send units beyond a limit to a person, and have the others taken from their counters."""
        for order in orders:
            order.routed = [
                routed._replace(queued=_placed(order, as_preorders(self._directory, routed.queued, order.at)))
                for routed in order.routed
            ]
        keys = {key for order in orders for entry in _waits(order) for key in self._keys(order, entry)}
        room = limits.room(self._unit, self._directory, keys)
        for order in orders:
            order.routed = [self._limited(order, routed, room) for routed in order.routed]

    def _keys(self, order: NewOrder, entry: Queued) -> tuple[LimitKey, LimitKey]:
        return limits.keys_of(entry.item_id, order.channel.id, entry.reason)

    def _limited(self, order: NewOrder, routed: Routed, room: dict[LimitKey, int]) -> Routed:
        queued: list[Queued] = []
        takes: list[Take] = []
        for entry in routed.queued:
            keys = self._keys(order, entry) if entry.queue == "backorder" else ()
            full = next((key for key in keys if room[key] < entry.quantity), None)
            if full is not None:
                queued.append(limits.beyond(self._directory, entry, full, room[full]))
                continue
            queued.append(entry)
            for key in keys:
                room[key] -= entry.quantity
                takes.append(Take(Kind.LIMIT, key, entry.quantity))
        return routed._replace(queued=tuple(queued), takes=(*routed.takes, *takes))

    # -- what they are bound to ----------------------------------------------------------------------------------

    def _bind(self, orders: Sequence[NewOrder]) -> None:
        """Let each order in turn take the earliest units that nobody has a claim on, of lines that may serve it."""
        session, directory = self._unit.session, self._directory
        rows = supply.open_lines(session, {item for order in orders for item in _items(order)})
        if not rows:
            return
        lines = {row.id: row for row in rows}
        left = {row.id: row.open - row.claimed for row in rows}
        last = queues.last_in_line(session, {row.item_id for row in rows})
        places = Permitted(directory)
        for order in orders:
            if order.confirmation is not None:
                # What it gives back of a supply line in this very write is its own to take.
                for line, units in order.confirmation.coming.items():
                    left[line] = left.get(line, 0) + units
            priority = order.order.priority
            for number, routed in enumerate(order.routed):
                takes: list[Take] = []
                for entry in (entry for entry in routed.queued if entry.queue == "backorder"):
                    ours = [row for row in rows if row.item_id == entry.item_id]
                    end, since = last.get(entry.item_id), entry.since or order.at
                    if not ours:
                        continue
                    if end is not None and (-priority, since) < (-end.priority, end.since):
                        self._anew.add(entry.item_id)
                        continue
                    last[entry.item_id] = queues.Last(priority, since)
                    item = directory.item_by_id(entry.item_id)
                    delivery = order.order.deliveries[routed.delivery_no - 1]
                    country, point = order.destination(routed.delivery_no)
                    terms = (delivery.method, delivery.service_level)
                    allowed = places.of(order.channel.id, *terms, country, point, item)
                    asked = Waiting((order.id, entry.demand_no), entry.quantity, allowed)
                    offered = [Line(row.id, row.expected_day, row.location_id, left[row.id]) for row in ours]
                    for key, line, units in bind([asked], offered):
                        left[line] -= units
                        takes.append(Take(Kind.SUPPLY, (line,), units))
                        self._bound.setdefault(order.id, []).append(_Bound(key[1], entry.item_id, lines[line], units))
                order.routed[number] = routed._replace(takes=(*routed.takes, *takes))
            if order.promise is not None:
                order.supplied_day = self._supplied_day(order)

    def _supplied_day(self, order: NewOrder) -> int | None:
        """Return the day on which all units arrive that an order waits for; None when some are bound to nothing."""
        bound, promise = self._bound.get(order.id, []), order.promise
        waiting = sum(entry.quantity for routed in order.routed for entry in routed.queued)
        if promise is None or not waiting or sum(each.units for each in bound) < waiting:
            return None
        directory, delivery = self._directory, order.order.deliveries[0]
        country, point = order.destination(1)
        road = Road(order.channel.id, delivery.method, delivery.service_level, country, point)
        calendars = {site: directory.calendars[column] for column, site in enumerate(directory.location_ids)}
        last = 0
        for each in bound:
            launch = directory.item_by_id(each.item_id).launch_day
            begin = max(each.line.expected_day, utc_day(order.at), launch, promise.begin_day or 0)
            days = arrival(directory, calendars, each.line.location_id, begin, road, order.at)
            if days is None:
                return None
            last = max(last, days[1])
        return last

    # -- what is written -----------------------------------------------------------------------------------------

    def write(self, kept: Sequence[NewOrder]) -> None:
        """Write what the orders that were taken in are bound to, with the dates that this gives them."""
        for order in kept:
            bound = self._bound.get(order.id, [])
            insert_claims(self._unit, [((order.id, each.demand_no), each.line, each.units) for each in bound])
            for each in bound:
                self._unit.supply_changed(each.item_id)
            actor = order.command.actor.name
            for no, item_id in dict.fromkeys((each.demand_no, each.item_id) for each in bound):
                has = [(each.line, each.units) for each in bound if each.demand_no == no]
                event = bound_event(self._directory, OrderBackorderBound, (order.id, no), item_id, has)
                tell(self._unit, order.id, event, actor)
        anew = self._anew & {item for order in kept for item in _items(order)}
        if anew:
            rebind(self._unit, self._directory, anew, "system:supply")


def _placed(order: NewOrder, queued: Sequence[Queued]) -> tuple[Queued, ...]:
    """Let units that a reservation held of what is coming keep its place in the line: nobody who came later passes."""
    hold = None if order.confirmation is None else order.confirmation.hold
    if hold is None:
        return tuple(queued)
    coming = {claim.item_id for claim, _ in hold.given if claim.supply_line_id is not None}
    since = hold.reservation.row.created_at
    return tuple(entry._replace(since=since) if entry.item_id in coming else entry for entry in queued)


def _waits(order: NewOrder) -> list[Queued]:
    return [entry for routed in order.routed for entry in routed.queued if entry.queue == "backorder"]


def _items(order: NewOrder) -> set[int]:
    return {entry.item_id for entry in _waits(order)}
