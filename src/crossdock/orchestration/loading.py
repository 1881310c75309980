"""Orders with everything that a change of them must know, loaded and locked for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from crossdock.fulfillment.model import Execution
from crossdock.inventory.model import ClaimKind, ClaimState, PositionKey, Source
from crossdock.orchestration.promises import store as promise_store
from crossdock.orders import store as orders
from crossdock.orders.rows import group_of, is_gift, tags_of
from crossdock.orders.store import DeliveryRow, DemandRow, OrderRow
from crossdock.storage.session import Session


class HeldClaim(NamedTuple):
    """An open claim of an order, with the fulfillment it belongs to: an allocation, or what a leg takes away."""

    id: int
    order_id: int
    demand_no: int
    item_id: int
    location_id: int
    stock_class: int
    source: int
    quantity: int
    fulfillment_id: int
    picked: int = 0
    kind: int = int(ClaimKind.ALLOCATION)
    supply_line_id: int | None = None

    @property
    def on_shelf(self) -> int:
        """Its units that nobody has taken off the shelf yet."""
        return self.quantity - self.picked


class HeldFulfillment(NamedTuple):
    """A fulfillment that is not canceled."""

    id: int
    order_id: int
    delivery_no: int
    location_id: int
    execution: int
    work_day: int
    took_capacity: int
    negotiation: int
    deliver_day: int
    method: str
    version: int
    feeds: int | None = None


class Rejection(NamedTuple):
    """A location that is not asked for a demand until an instant."""

    order_id: int
    demand_no: int
    location_id: int
    until: int


class WaitingEntry(NamedTuple):
    """An open entry of a work queue."""

    id: int
    queue: str
    order_id: int
    demand_no: int
    item_id: int
    quantity: int
    reason: str


class More(NamedTuple):
    """What conditions of routes may ask of an order beyond what its changes need: loaded when a policy asks."""

    tags: tuple[str, ...]
    known_customer: bool
    gifts: frozenset[int]
    line_totals: dict[int, int]


class LoadedOrder:
    """One order, locked, as its rows were; changes are planned on copies of its demand's parts."""

    def __init__(self, row: OrderRow) -> None:
        self.row = row
        self.demand: dict[int, DemandRow] = {}
        self.deliveries: dict[int, DeliveryRow] = {}
        self.claims: dict[int, HeldClaim] = {}
        """Its allocations: each unit of its demand that has a place stands on one of them."""
        self.leaving: dict[tuple[int, int], HeldClaim] = {}
        """What legs take away where they begin, by fulfillment and demand number."""
        self.legs: dict[int, HeldClaim] = {}
        """The same by the supply line that a leg brings."""
        self.fulfillments: dict[int, HeldFulfillment] = {}
        self.waiting: list[WaitingEntry] = []
        self.rejections: list[Rejection] = []
        self.line_quantities: dict[int, int] = {}
        self.unit_values: dict[int, int] = {}
        self.groups: dict[int, int] = {}
        """The numbers of the lines that leave together with others."""
        self.promised_day: int | None = None
        self.promised_begin: int | None = None
        self.more: More | None = None

    @property
    def item_ids(self) -> set[int]:
        """The items that its demand asks for."""
        return {demand.item_id for demand in self.demand.values()}

    @property
    def in_bundles(self) -> set[int]:
        """The demand that is a part of a bundle: its line has other parts, or more units of it than were ordered."""
        lines: dict[int, list[DemandRow]] = {}
        for demand in self.demand.values():
            lines.setdefault(demand.line_no, []).append(demand)
        return {
            demand.no
            for line_no, parts in lines.items()
            for demand in parts
            if len(parts) > 1 or demand.quantity > self.line_quantities.get(line_no, demand.quantity)
        }

    def barred(self, demand_no: int, at: int) -> tuple[int, ...]:
        """Return the locations that have said no to a demand and are not asked for it at an instant, ascending."""
        found = {r.location_id for r in self.rejections if r.demand_no == demand_no and r.until > at}
        return tuple(sorted(found))

    def planned_claims(self, delivery_no: int | None = None) -> list[HeldClaim]:
        """Return the claims of which no location knows yet: they can be moved as one likes."""
        return [
            claim
            for claim in self.claims.values()
            if claim.quantity > 0
            and self.fulfillments[claim.fulfillment_id].execution == Execution.PLANNED
            and delivery_no in (None, self.demand[claim.demand_no].delivery_no)
        ]

    def claims_of(self, fulfillment_id: int) -> list[HeldClaim]:
        """Return the claims of a fulfillment, by demand."""
        held = [c for c in self.claims.values() if c.fulfillment_id == fulfillment_id and c.quantity > 0]
        return sorted(held, key=lambda claim: (claim.demand_no, claim.id))

    @property
    def parts(self) -> int:
        """How many fulfillments the customer sees; legs between our locations are none."""
        return sum(1 for fulfillment in self.fulfillments.values() if fulfillment.feeds is None)

    def behind(self, claim: HeldClaim) -> HeldClaim:
        """Return the claim on the stock that an allocation rests on now: itself, or that of the leg that brings it."""
        return claim if claim.supply_line_id is None else self.legs.get(claim.supply_line_id, claim)

    def resting_on(self, key: PositionKey) -> list[HeldClaim]:
        """Return the allocations whose units are at a position, those that are to leave it on a transfer included."""
        found = [(claim, self.behind(claim)) for claim in self.claims.values() if claim.quantity > 0]
        return [
            claim
            for claim, there in found
            if there.source == Source.POSITION and (there.item_id, there.location_id, there.stock_class) == key
        ]

    def resting_in(self, fulfillment_id: int) -> list[HeldClaim]:
        """Return the allocations that a fulfillment holds, or brings as the first leg of two."""
        held = [(c, (c.fulfillment_id, self.behind(c).fulfillment_id)) for c in self.claims.values() if c.quantity > 0]
        return [claim for claim, places in held if fulfillment_id in places]


def load(session: Session, order_ids: Iterable[int]) -> dict[int, LoadedOrder]:
    """Lock these orders and their open claims, in global order, and load what belongs to them."""
    keys = [(order_id,) for order_id in sorted(set(order_ids))]
    loaded = {row.id: LoadedOrder(row) for row in orders.lock_orders(session, keys)}
    keys = [(order_id,) for order_id in loaded]
    for demand in orders.demands(session, keys):
        loaded[demand.order_id].demand[demand.no] = demand
    for delivery in orders.deliveries(session, keys):
        loaded[delivery.order_id].deliveries[delivery.no] = delivery
    for order_id, no, quantity, unit_price, data in session.fetch_keys(_LINES, ("bigint",), keys):
        loaded[order_id].line_quantities[no] = quantity
        loaded[order_id].unit_values[no] = unit_price
        if data:
            loaded[order_id].groups[no] = group_of(data)
    for row in session.fetch_keys(_CLAIMS, ("bigint",), keys, ClaimState.OPEN.value):
        claim = HeldClaim(*row)
        if claim.kind == ClaimKind.TRANSFER:
            loaded[claim.order_id].leaving[claim.fulfillment_id, claim.demand_no] = claim
        else:
            loaded[claim.order_id].claims[claim.id] = claim
    _load_legs(session, loaded)
    for row in session.fetch_keys(_FULFILLMENTS, ("bigint",), keys, Execution.CANCELED.value):
        fulfillment = HeldFulfillment(*row)
        loaded[fulfillment.order_id].fulfillments[fulfillment.id] = fulfillment
    for row in session.fetch_keys(_QUEUE, ("bigint",), keys):
        entry = WaitingEntry(*row)
        loaded[entry.order_id].waiting.append(entry)
    for row in session.fetch_keys(_REJECTIONS, ("bigint",), keys):
        rejection = Rejection(*row)
        loaded[rejection.order_id].rejections.append(rejection)
    for order_id, day, begin in promise_store.promised_days(session, keys):
        loaded[order_id].promised_day = day
        loaded[order_id].promised_begin = begin
    return loaded


def load_more(session: Session, loaded: Mapping[int, LoadedOrder]) -> None:
    """Load what conditions of routes ask of these orders beyond what their changes need."""
    keys = [(order_id,) for order_id in sorted(loaded)]
    totals: dict[int, dict[int, int]] = {order_id: {} for order_id in loaded}
    gifts: dict[int, set[int]] = {order_id: set() for order_id in loaded}
    for order_id, no, total in session.fetch_keys(_TOTALS, ("bigint",), keys):
        totals[order_id][no] = total
    for order_id, no, data in session.fetch_keys(_GIFTS, ("bigint",), keys):
        if is_gift(data):
            gifts[order_id].add(no)
    for order_id, data, known in session.fetch_keys(_CUSTOMERS, ("bigint",), keys):
        tags = tags_of(data)
        loaded[order_id].more = More(tags, bool(known), frozenset(gifts[order_id]), totals[order_id])


_TOTALS = """
    WITH k(id) AS ({keys})
    SELECT l.order_id, l.no, l.total FROM k JOIN lines l ON l.order_id = k.id
"""
_GIFTS = """
    WITH k(id) AS ({keys})
    SELECT d.order_id, d.no, d.data FROM k JOIN deliveries d ON d.order_id = k.id
"""
_CUSTOMERS = """
    WITH k(id) AS ({keys})
    SELECT o.id, o.data, CASE WHEN p.external_id IS NULL THEN 0 ELSE 1 END
    FROM k JOIN orders o ON o.id = k.id LEFT JOIN parties p ON p.id = o.party_id
"""


def _load_legs(session: Session, loaded: Mapping[int, LoadedOrder]) -> None:
    """Find for each line that is pegged to one of the orders the claim of the leg that brings it."""
    lines = {c.supply_line_id: c for order in loaded.values() for c in order.claims.values() if c.supply_line_id}
    keys = sorted((id_,) for id_ in lines)
    for line_id, fulfillment_id in session.fetch_keys(_BROUGHT, ("bigint",), keys) if keys else ():
        claim = lines[line_id]
        order = loaded[claim.order_id]
        leg = order.leaving.get((fulfillment_id, claim.demand_no))
        if leg is not None:
            order.legs[line_id] = leg


_BROUGHT = """
    WITH k(id) AS ({keys})
    SELECT s.id, s.fulfillment_id FROM k JOIN supply_lines s ON s.id = k.id WHERE s.fulfillment_id IS NOT NULL
"""
_LINES = """
    WITH k(id) AS ({keys})
    SELECT l.order_id, l.no, l.quantity, l.unit_price, CASE WHEN l.data LIKE '%"together":%' THEN l.data ELSE '' END
    FROM k JOIN lines l ON l.order_id = k.id
"""
_CLAIMS = """
    WITH k(id) AS ({keys})
    SELECT c.id, c.owner_id, c.owner_no, c.item_id, c.location_id, c.stock_class, c.source, c.quantity,
        f.fulfillment_id, f.picked, c.kind, c.supply_line_id
    FROM k JOIN claims c ON c.owner_id = k.id
    JOIN fulfillments u ON u.order_id = k.id
    JOIN fulfillment_lines f ON f.fulfillment_id = u.id AND f.demand_no = c.owner_no AND f.claim_id = c.id
    WHERE c.state = ? ORDER BY c.id {lock}
"""
_FULFILLMENTS = """
    WITH k(id) AS ({keys})
    SELECT f.id, f.order_id, f.delivery_no, f.location_id, f.execution, f.work_day, f.took_capacity,
        f.negotiation, f.deliver_day, f.method, f.version, f.feeds
    FROM k JOIN fulfillments f ON f.order_id = k.id WHERE f.execution <> ? ORDER BY f.id
"""
_QUEUE = """
    WITH k(id) AS ({keys})
    SELECT q.id, q.queue, q.order_id, q.demand_no, q.item_id, q.quantity, q.reason
    FROM k JOIN queue_entries q ON q.order_id = k.id WHERE q.closed_at IS NULL ORDER BY q.id
"""
_REJECTIONS = """
    WITH k(id) AS ({keys})
    SELECT r.order_id, r.demand_no, r.location_id, max(r.until) FROM k JOIN rejections r ON r.order_id = k.id
    GROUP BY r.order_id, r.demand_no, r.location_id ORDER BY r.order_id, r.demand_no, r.location_id
"""
