"""A captured order as rows, gathered over a batch and written by one statement a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from crossdock.customers import vault
from crossdock.events.catalog import (
    FulfillmentPlanned,
    OrderCaptured,
    OrderHoldPlaced,
    OrderQueued,
    OrderRouted,
    PlannedLine,
    new_event,
)
from crossdock.events.promises import OrderPromised
from crossdock.fulfillment import tables as fulfillment_tables
from crossdock.fulfillment.model import Cancellation as FulfillmentCancellation
from crossdock.fulfillment.model import Execution, Negotiation
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.model import PLAIN, ClaimKind, ClaimState, Source
from crossdock.kernel.clock import instant
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration import tables
from crossdock.orchestration.commands import AssignedLine, CapturedFulfillment, CapturedOrder
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import NewFulfillment, Routed
from crossdock.orchestration.transfers.rows import supply_rows
from crossdock.orders import rows as order_rows
from crossdock.orders import tables as order_tables
from crossdock.orders.model import Cancellation, Origin, Promise
from crossdock.orders.status import ALLOCATED, CANCELED, WAITING, derive
from crossdock.storage.unit import Unit

if TYPE_CHECKING:
    from crossdock.orchestration.orders.capture import NewOrder

_PARTS = 9
# An enum's `value` costs a call in this Python; a batch would ask for it tens of thousands of times.
_SALE = int(Origin.SALE)
_KEPT, _AT_RISK = int(Promise.KEPT), int(Promise.AT_RISK)
_NO_CANCELLATION, _NOT_CANCELED = int(Cancellation.NONE), int(FulfillmentCancellation.NONE)
_PLANNED, _UNSENT = int(Execution.PLANNED), int(Negotiation.UNSENT)
_ALLOCATION, _TRANSFER, _OPEN = int(ClaimKind.ALLOCATION), int(ClaimKind.TRANSFER), int(ClaimState.OPEN)
_POSITION, _UNLIMITED, _PEGGED = int(Source.POSITION), int(Source.UNLIMITED), int(Source.PEGGED)
_REMEMBERED_DAYS = 10_000
_DAY_NAMES: dict[int, str] = {}


class Rows:
    """The rows of a batch, by table, in the order in which they are written."""

    def __init__(self, unit: Unit, directory: Directory) -> None:
        self._unit = unit
        self._directory = directory
        self._by_table: dict[Any, list[tuple[Any, ...]]] = {
            table: []
            for table in (
                order_tables.orders,
                order_tables.lines,
                order_tables.deliveries,
                order_tables.demand,
                order_tables.holds,
                order_tables.queue_entries,
                fulfillment_tables.fulfillments,
                fulfillment_tables.fulfillment_lines,
                inventory_tables.claims,
                inventory_tables.claim_shares,
                inventory_tables.supply_lines,
                tables.decisions,
            )
        }
        self._parties: list[tuple[Any, ...]] = []
        self._addresses: list[tuple[Any, ...]] = []
        self._new_parties: dict[tuple[int, str], int] = {}

    def write(self) -> None:
        """Write everything gathered."""
        unit = self._unit
        vault.insert(unit, self._parties, self._addresses)
        for table, rows in self._by_table.items():
            unit.insert(table, rows)

    def add(self, new: NewOrder, parties: Mapping[tuple[int, str], int]) -> CapturedOrder:
        """Gather an order's rows and events; returns the answer to its caller."""
        order, unit, at = new.order, self._unit, new.at
        actor = new.command.actor.name
        party_id = self._party(new, parties)
        for no, (delivery, (area, point)) in enumerate(zip(order.deliveries, new.places, strict=True), 1):
            address_id = unit.ids.one()
            self._addresses.append(vault.address_row(address_id, party_id, delivery.destination))
            row = order_rows.delivery_row(new.id, no, delivery, area, point, address_id)
            self._by_table[order_tables.deliveries].append(row)
        total = order_rows.order_total(order)
        text_id = encode_id("ord", new.id)
        unit.event(
            new_event(
                OrderCaptured(
                    order_id=text_id,
                    channel=order.channel,
                    external_id=order.external_id,
                    revision=order.revision,
                    party_id=encode_id("pty", party_id),
                    total=Money(total, order.currency),
                    lines=len(order.lines),
                    units=sum(d.quantity for d in new.demand),
                    country=order.deliveries[0].destination.country,
                    area=new.places[0][0],
                ),
                at=at,
                subject=text_id,
                actor=actor,
                order_id=new.id,
            )
        )
        parts = self._demand(new)
        routing = Routing(self._by_table, unit, self._directory)
        for routed in new.routed:
            routing.add(new.id, text_id, routed, at, "capture", order.currency, actor, order.priority)
        if new.promise is not None:
            self._promised(new, text_id, actor)
        self._holds(new, text_id, actor)
        self._by_table[order_tables.lines].extend(order_rows.line_rows(new.id, order.lines, new.item_ids))
        status = derive(parts)
        self._order(new, party_id, total, status)
        return CapturedOrder(
            order_id=new.id,
            version=1,
            status=status,
            placed_at=instant(order.placed_at),
            captured_at=at,
            decisions=tuple([r.decision_id for r in new.routed if r.decision is not None]),
            fulfillments=tuple([_answered(f) for r in new.routed for f in r.fulfillments if f.feeds is None]),
            queued=tuple([(q.demand_no, q.quantity, q.queue) for r in new.routed for q in r.queued]),
            reservation="" if new.confirmation is None else new.confirmation.unusable or "confirmed",
            reservation_id="" if new.confirmation is None else new.confirmation.named,
        )

    def _order(self, new: NewOrder, party_id: int, total: int, status: int) -> None:
        order = new.order
        late = any(r.late for r in new.routed) or _waits_too_long(new)
        self._by_table[order_tables.orders].append(
            (
                new.id,
                new.channel.id,
                order.external_id,
                order.revision,
                party_id,
                order.currency,
                total,
                instant(order.placed_at),
                new.at,
                status,
                len(set(order.holds)),
                order_rows.payment(order),
                _AT_RISK if late else _KEPT,
                _NO_CANCELLATION,
                order.priority,
                sum(len(r.queued) for r in new.routed),
                sum(r.parts for r in new.routed),
                order_rows.order_data(order),
                1,
            )
        )

    def _promised(self, new: NewOrder, text_id: str, actor: str) -> None:
        promise = new.promise
        if promise is None:
            return
        days = [f.deliver_day for r in new.routed for f in r.fulfillments]
        if new.supplied_day is not None:
            days.append(new.supplied_day)
        last = max(days, default=None)
        is_kept = last is not None and last <= promise.promised_day and not _waits_too_long(new)
        event = OrderPromised(
            order_id=text_id,
            promise_id=encode_id("prm", promise.id),
            promised_on=_day(promise.promised_day),
            deliver_on="" if last is None else _day(last),
            is_kept=is_kept,
        )
        self._unit.event(new_event(event, at=new.at, subject=text_id, actor=actor, order_id=new.id))

    def _party(self, new: NewOrder, parties: Mapping[tuple[int, str], int]) -> int:
        customer = new.order.customer
        party_id = None
        if customer.external_id is not None:
            key = (new.channel.id, customer.external_id)
            party_id = parties.get(key) or self._new_parties.get(key)
            if party_id is not None:
                return party_id
            party_id = self._new_parties[key] = self._unit.ids.one()
        else:
            party_id = self._unit.ids.one()
        contact = vault.Contact(customer.name, customer.email, customer.phone)
        self._parties.append(vault.party_row(party_id, new.channel.id, customer.external_id, contact))
        return party_id

    def _demand(self, new: NewOrder) -> list[int]:
        """Gather the demand with its partition; returns the order's partition."""
        parts = {d.no: [0] * _PARTS for d in new.demand}
        for routed in new.routed:
            for claim in routed.claims:
                parts[claim.demand_no][ALLOCATED] += claim.quantity
            for no, quantity in routed.canceled:
                parts[no][CANCELED] += quantity
        total = [0] * _PARTS
        rows = self._by_table[order_tables.demand]
        for d in new.demand:
            own = parts[d.no]
            own[WAITING] = d.quantity - own[ALLOCATED] - own[CANCELED]
            for part, quantity in enumerate(own):
                total[part] += quantity
            rows.append((new.id, d.no, d.line_no, d.delivery_no, d.item_id, d.quantity, *own, _SALE))
        return total

    def _holds(self, new: NewOrder, text_id: str, actor: str) -> None:
        for reason in dict.fromkeys(new.order.holds):
            row = (self._unit.ids.one(), new.id, reason, "", "", new.at, None, None)
            self._by_table[order_tables.holds].append(row)
            event = OrderHoldPlaced(order_id=text_id, reason=reason)
            self._unit.event(new_event(event, at=new.at, subject=text_id, actor=actor, order_id=new.id))


class Routing:
    """The rows and events of what was decided, for captures and for every later decision alike."""

    def __init__(self, by_table: dict[Any, list[tuple[Any, ...]]], unit: Unit, directory: Directory) -> None:
        self._by_table = by_table
        self._unit = unit
        self._directory = directory

    def add(
        self,
        order_id: int,
        text_id: str,
        routed: Routed,
        at: int,
        cause: str,
        currency: str,
        actor: str,
        priority: int,
    ) -> None:
        """Gather one decision: its record, fulfillments, claims, queue entries, events."""
        decision = routed.decision
        if decision is not None:
            self._by_table[tables.decisions].append(
                (
                    routed.decision_id,
                    order_id,
                    routed.delivery_no,
                    cause,
                    at,
                    decision.cost,
                    decision.penalty,
                    decision.bound,
                    int(decision.proven),
                    len(decision.bill),
                    routed.record,
                    routed.trace or None,
                )
            )
            event = OrderRouted(
                order_id=text_id,
                decision_id=encode_id("dec", routed.decision_id),
                delivery=routed.delivery_no,
                cause=cause,
                locations=tuple([self._code(f.location_id) for f in routed.fulfillments]),
                cost=Money(milli_to_minor(decision.cost), currency),
                assigned=sum([c.quantity for c in routed.claims]),
                unfilled=sum([n for _, n in decision.unfilled]),
            )
            self._unit.event(new_event(event, at=at, subject=text_id, actor=actor, order_id=order_id))
        for fulfillment in routed.fulfillments:
            self._fulfillment(order_id, text_id, fulfillment, at, actor)
        if routed.parts < len(routed.fulfillments):
            self._by_table[inventory_tables.supply_lines].extend(supply_rows(routed.fulfillments, at))
        for queued in routed.queued:
            entry = (self._unit.ids.one(), queued.queue, order_id, queued.demand_no, queued.item_id, queued.quantity)
            owner = "system:supply" if queued.queue == "backorder" else "service"
            since = at if queued.since is None else queued.since
            row = (*entry, queued.reason, queued.detail, owner, priority, since, None, queued.cancel_at)
            self._by_table[order_tables.queue_entries].append(row)
            self._unit.waits(queued.item_id, queued.quantity)
            queued_event = OrderQueued(
                order_id=text_id,
                queue=queued.queue,
                reason=queued.reason,
                demand=queued.demand_no,
                sku=self._directory.item_by_id(queued.item_id).sku,
                quantity=queued.quantity,
                detail=queued.detail,
            )
            self._unit.event(new_event(queued_event, at=at, subject=text_id, actor=actor, order_id=order_id))

    def _fulfillment(self, order_id: int, text_id: str, new: NewFulfillment, at: int, actor: str) -> None:
        directory = self._directory
        subject = encode_id("ful", new.id)
        self._by_table[fulfillment_tables.fulfillments].append(
            (
                new.id,
                order_id,
                new.delivery_no,
                new.location_id,
                new.method,
                _PLANNED,
                _UNSENT,
                _NOT_CANCELED,
                new.decision_id,
                new.feeds,
                "ship-1",
                new.work_day,
                new.deliver_day,
                int(new.took_capacity),
                None,
                at,
                1,
            )
        )
        lines = self._by_table[fulfillment_tables.fulfillment_lines]
        claims = self._by_table[inventory_tables.claims]
        parts = self._by_table[inventory_tables.claim_shares]
        kind, state = _ALLOCATION if new.feeds is None else _TRANSFER, _OPEN
        planned = []
        for c in new.claims:
            source = _UNLIMITED if c.unlimited else _POSITION if c.supply is None else _PEGGED
            stand = (source, c.item_id, c.location_id, PLAIN, c.supply, c.quantity, state, None, at)
            claims.append((c.id, kind, order_id, c.demand_no, *stand))
            lines.append((new.id, c.demand_no, c.id, c.quantity, 0, 0, 0, 0))
            parts.extend((c.id, number, share, units) for number, (share, units) in enumerate(c.shares))
            planned.append(PlannedLine(c.demand_no, directory.item_by_id(c.item_id).sku, c.quantity))
        event = FulfillmentPlanned(
            order_id=text_id,
            fulfillment_id=subject,
            decision_id=encode_id("dec", new.decision_id),
            location=self._code(new.location_id),
            lines=tuple(planned),
            work_on=_day(new.work_day),
            deliver_on=_day(new.deliver_day),
            feeds="" if new.feeds is None else encode_id("ful", new.feeds),
        )
        self._unit.event(new_event(event, at=at, subject=subject, actor=actor, order_id=order_id))

    def _code(self, location_id: int) -> str:
        return self._directory.locations[location_id].location.code


def _waits_too_long(new: NewOrder) -> bool:
    """Say whether a promise is not kept because units wait: for nothing, or for what arrives after the day."""
    if new.promise is None or not any(r.queued for r in new.routed):
        return False
    return new.supplied_day is None or new.supplied_day > new.promise.promised_day


def _answered(new: NewFulfillment) -> CapturedFulfillment:
    lines = tuple([AssignedLine(c.demand_no, c.quantity) for c in new.claims])
    return CapturedFulfillment(new.id, new.location_id, lines)


def _day(ordinal: int) -> str:
    """Write an ordinal day as ISO; remembered, because a batch has few of them."""
    name = _DAY_NAMES.get(ordinal)
    if name is None:
        if len(_DAY_NAMES) > _REMEMBERED_DAYS:
            _DAY_NAMES.clear()
        name = _DAY_NAMES[ordinal] = date.fromordinal(ordinal).isoformat()
    return name
