"""Reading one order with everything that is known about it: a handful of statements, the same on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

import msgspec

from crossdock.kernel.clock import moment
from crossdock.kernel.geo import latitude_longitude
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orders import views as v
from crossdock.orders.model import PARTITION, Cancellation, Origin, Payment, Promise, Status
from crossdock.orders.stored import AddressStored, DeliveryStored, LineStored, OrderStored, PartyStored, Price
from crossdock.storage.session import Session

_PARTS = ", ".join(f"d.{name}" for name in PARTITION)
_ORDER = """
    SELECT o.id, c.code, o.external_id, o.revision, o.party_id, o.currency, o.total, o.placed_at, o.captured_at,
           o.status, o.on_hold, o.payment, o.promise, o.cancellation, o.priority, o.queued, o.data, o.version
    FROM orders o JOIN channels c ON c.id = o.channel_id
"""
_EXECUTION: tuple[v.ExecutionWord, ...] = get_args(v.ExecutionWord)


def read_order(session: Session, order_id: int, *, personal: bool = False) -> v.OrderView | None:
    """Return an order with its lines, demand, deliveries, fulfillments, queue entries, holds and decisions.

    ``personal`` adds what only the vault knows: the customer and the addresses.
    """
    rows = session.fetch(f"{_ORDER} WHERE o.id = ?", order_id)
    if not rows:
        return None
    (_, channel, external_id, revision, party, currency, total, placed, captured, status,
     on_hold, payment, promise, cancellation, priority, queued, data, version) = rows[0]  # fmt: skip
    public = encode_id("ord", order_id)
    extra = msgspec.json.decode(data, type=OrderStored)
    demand = _demand(session, order_id)
    parts = _sum([entry.parts for entry in demand])
    queue = queue_entries(session, order_id)
    return v.OrderView(
        id=public,
        channel=channel,
        external_id=external_id,
        revision=revision,
        party_id=encode_id("pty", party),
        customer=_customer(session, party) if personal else None,
        status=word(Status(status)),
        on_hold=bool(on_hold),
        queued=bool(queued),
        payment=word(Payment(payment)),
        promise=word(Promise(promise)),
        cancellation=word(Cancellation(cancellation)),
        priority=priority,
        total=Money(total, currency),
        charges=_prices(extra.charges),
        discounts=_prices(extra.discounts),
        tags=extra.tags,
        reservation_id=extra.reservation_id,
        metadata=extra.metadata,
        placed_at=moment(placed),
        captured_at=moment(captured),
        parts=parts,
        lines=_lines(session, order_id, currency, demand),
        demand=tuple(demand),
        deliveries=_deliveries(session, order_id, personal=personal),
        fulfillments=_fulfillments(session, order_id),
        queue=queue,
        holds=_holds(session, order_id),
        decisions=_decisions(session, order_id, currency),
        supported_actions=v.supported_actions(
            parts,
            on_hold=bool(on_hold),
            choice=any(entry.queue == "customer_choice" and entry.closed_at is None for entry in queue),
        ),
        links=v.order_links(public),
        version=version,
    )


def find_order(session: Session, channel: str, external_id: str) -> int | None:
    """Return the id of a channel's order by the channel's own id."""
    sql = """
        SELECT k.order_id FROM order_keys k JOIN channels c ON c.id = k.channel_id
        WHERE c.code = ? AND k.external_id = ?
    """
    rows = session.fetch(sql, channel, external_id)
    return int(rows[0][0]) if rows else None


def order_exists(session: Session, order_id: int) -> bool:
    """Say whether there is such an order."""
    return bool(session.fetch("SELECT 1 FROM orders WHERE id = ?", order_id))


def order_version(session: Session, order_id: int) -> int | None:
    """Return the version of an order; None when there is no such order."""
    rows = session.fetch("SELECT version FROM orders WHERE id = ?", order_id)
    return int(rows[0][0]) if rows else None


def queue_entries(session: Session, order_id: int) -> tuple[v.QueueEntryView, ...]:
    """Return an order's entries in the queues, the closed ones too, oldest first."""
    sql = """
        SELECT q.id, q.queue, q.demand_no, i.sku, q.quantity, q.reason, q.detail, q.owner, q.priority, q.since,
               q.closed_at
        FROM queue_entries q LEFT JOIN items i ON i.id = q.item_id WHERE q.order_id = ? ORDER BY q.id
    """
    rows = session.fetch(sql, order_id)
    return tuple(
        v.QueueEntryView(
            id=encode_id("que", id_), order_id=encode_id("ord", order_id), queue=queue, demand=no, sku=sku or "",
            quantity=quantity, reason=reason, detail=detail, owner=owner, priority=priority, since=moment(since),
            closed_at=_moment(closed),
        )
        for id_, queue, no, sku, quantity, reason, detail, owner, priority, since, closed in rows
    )  # fmt: skip


class _Launch(msgspec.Struct):
    launch_on: str | None = None


_launch = msgspec.json.Decoder(_Launch).decode


def word(value: Any) -> Any:
    """Write a state as the API does: ``partly_allocated``."""
    return value.name.lower()


def day(ordinal: int) -> str:
    """Write an ordinal day as an ISO date; nothing for 0."""
    return date.fromordinal(ordinal).isoformat() if ordinal > 0 else ""


def parts_of(values: Any) -> v.Parts:
    """Name the nine parts of a demand's quantity."""
    return v.Parts(**dict(zip(PARTITION, map(int, values), strict=True)))


def _sum(parts: list[v.Parts]) -> v.Parts:
    return v.Parts(**{name: sum(getattr(part, name) for part in parts) for name in PARTITION})


def _moment(at: int | None) -> Any:
    return None if at is None else moment(at)


def _prices(stored: tuple[Price, ...]) -> tuple[v.PricePart, ...]:
    return tuple(v.PricePart(code=price.code, amount=price.amount, name=price.name) for price in stored)


def _demand(session: Session, order_id: int) -> list[v.DemandView]:
    sql = f"""
        SELECT d.no, d.line_no, d.delivery_no, i.sku, d.quantity, d.origin, {_PARTS}
        FROM demand d LEFT JOIN items i ON i.id = d.item_id WHERE d.order_id = ? ORDER BY d.no
    """
    expected = _expected(session, order_id)
    return [
        v.DemandView(
            no=no, line=line, delivery=delivery, sku=sku or "", quantity=quantity, origin=word(Origin(origin)),
            parts=parts_of(parts), expected=tuple(expected[no]),
        )
        for no, line, delivery, sku, quantity, origin, *parts in map(tuple, session.fetch(sql, order_id))
    ]  # fmt: skip


def _expected(session: Session, order_id: int) -> Mapping[int, list[v.ExpectedView]]:
    """Return, by demand, when the units that are bound to supply are expected; before a launch it is the launch."""
    sql = """
        SELECT c.owner_no, s.expected_day, c.quantity, l.code, s.id, s.reference, s.line, i.data
        FROM claims c JOIN supply_lines s ON s.id = c.supply_line_id
        LEFT JOIN locations l ON l.id = s.location_id LEFT JOIN items i ON i.id = s.item_id
        WHERE c.owner_id = ? AND c.kind = 2 AND c.source = 1 AND c.state = 1 ORDER BY c.owner_no, s.expected_day, s.id
    """
    found: Mapping[int, list[v.ExpectedView]] = defaultdict(list)
    for no, expected, quantity, code, line_id, reference, line, data in session.fetch(sql, order_id):
        launch = _launch(data).launch_on if data else None
        found[no].append(
            v.ExpectedView(
                on=max(day(expected), launch or ""), quantity=quantity, location=code or "",
                supply_line_id=encode_id("sup", line_id), supply=f"{reference}/{line}",
            )
        )  # fmt: skip
    return found


def _lines(session: Session, order_id: int, currency: str, demand: list[v.DemandView]) -> tuple[v.LineView, ...]:
    sql = """
        SELECT l.no, l.external_id, i.sku, l.quantity, l.unit_price, l.total, l.data, l.version
        FROM lines l LEFT JOIN items i ON i.id = l.item_id WHERE l.order_id = ? ORDER BY l.no
    """
    by_line: Mapping[int, list[v.DemandView]] = defaultdict(list)
    for entry in demand:
        by_line[entry.line].append(entry)
    lines = []
    for no, external_id, sku, quantity, unit_price, total, data, version in session.fetch(sql, order_id):
        extra, own = msgspec.json.decode(data, type=LineStored), by_line[no]
        lines.append(
            v.LineView(
                no=no,
                external_id=external_id,
                sku=sku or "",
                name=extra.name,
                quantity=quantity,
                unit=extra.unit,
                unit_factor=extra.unit_factor,
                together=extra.together,
                unit_price=Money(unit_price, currency),
                total=Money(total, currency),
                delivery=own[0].delivery if own else 1,
                discounts=_prices(extra.discounts),
                charges=_prices(extra.charges),
                taxes=tuple(
                    v.TaxView(amount=t.amount, rate=t.rate, jurisdiction=t.jurisdiction, included=t.included)
                    for t in extra.taxes
                ),
                metadata=extra.metadata,
                parts=_sum([entry.parts for entry in own]),
                version=version,
            )
        )
    return tuple(lines)


def _deliveries(session: Session, order_id: int, *, personal: bool) -> tuple[v.DeliveryView, ...]:
    sql = """
        SELECT d.no, d.method, d.country, d.area, d.x, d.y, d.z, d.not_before, d."by", d.service_level, d.data, a.data
        FROM deliveries d LEFT JOIN addresses a ON a.id = d.address_id WHERE d.order_id = ? ORDER BY d.no
    """
    out = []
    for no, method, country, area, x, y, z, not_before, by, level, data, address in session.fetch(sql, order_id):
        latitude, longitude = (None, None) if x is None else latitude_longitude((x, y, z))
        stored = msgspec.json.decode(data, type=DeliveryStored)
        out.append(
            v.DeliveryView(
                no=no,
                method=method,
                country=country,
                area=area,
                latitude=latitude,
                longitude=longitude,
                not_before=_moment(not_before),
                by=_moment(by),
                service_level=level,
                location=stored.location,
                gift=stored.gift,
                address=_address(address, country) if personal and address else None,
            )
        )
    return tuple(out)


def _address(data: str, country: str) -> v.AddressView:
    a = msgspec.json.decode(data, type=AddressStored)
    return v.AddressView(
        name=a.name, company=a.company, line1=a.line1, line2=a.line2, city=a.city, region=a.region,
        postal_code=a.postal_code, country=a.country or country, phone=a.phone,
    )  # fmt: skip


def _customer(session: Session, party_id: int) -> v.CustomerView | None:
    rows = session.fetch("SELECT external_id, data FROM parties WHERE id = ?", party_id)
    if not rows or rows[0][1] is None:
        return None
    party = msgspec.json.decode(rows[0][1], type=PartyStored)
    return v.CustomerView(external_id=rows[0][0], name=party.name, email=party.email, phone=party.phone)


def _fulfillments(session: Session, order_id: int) -> tuple[v.FulfillmentRef, ...]:
    sql = """
        SELECT f.id, f.delivery_no, l.code, f.execution, f.work_day, f.deliver_day, f.decision_id,
               (SELECT coalesce(sum(x.quantity - x.canceled), 0) FROM fulfillment_lines x WHERE x.fulfillment_id = f.id)
        FROM fulfillments f LEFT JOIN locations l ON l.id = f.location_id WHERE f.order_id = ? ORDER BY f.id
    """
    return tuple(
        v.FulfillmentRef(
            id=encode_id("ful", id_), delivery=delivery, location=code or "", execution=_EXECUTION[execution - 1],
            units=int(units), work_on=day(work), deliver_on=day(deliver), decision_id=encode_id("dec", decision),
        )
        for id_, delivery, code, execution, work, deliver, decision, units in session.fetch(sql, order_id)
    )  # fmt: skip


def _holds(session: Session, order_id: int) -> tuple[v.HoldView, ...]:
    sql = """
        SELECT id, reason, note, owner, placed_at, released_at, released_by FROM holds WHERE order_id = ? ORDER BY id
    """
    return tuple(
        v.HoldView(
            id=encode_id("hld", id_), reason=reason, note=note, owner=owner, placed_at=moment(placed),
            released_at=_moment(released), released_by=by,
        )
        for id_, reason, note, owner, placed, released, by in session.fetch(sql, order_id)
    )  # fmt: skip


def _decisions(session: Session, order_id: int, currency: str) -> tuple[v.DecisionRef, ...]:
    sql = "SELECT id, delivery_no, cause, decided_at, cost, proven, sites FROM decisions WHERE order_id = ? ORDER BY id"
    return tuple(
        v.DecisionRef(
            id=encode_id("dec", id_), delivery=delivery, cause=cause, decided_at=moment(at),
            cost=Money(milli_to_minor(cost), currency), proven=bool(proven), locations=sites,
        )
        for id_, delivery, cause, at, cost, proven, sites in session.fetch(sql, order_id)
    )  # fmt: skip
