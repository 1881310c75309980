"""A newer revision of a captured order: lines, quantities, addresses and prices taken over in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from crossdock.customers import vault
from crossdock.events.catalog import OrderRevised, new_event
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.commands import CapturedOrder, ReviseOrder
from crossdock.orchestration.errors import RevisionRefused
from crossdock.orchestration.loading import LoadedOrder
from crossdock.orchestration.orders.amend import OrderHandler, free_units, route_again
from crossdock.orchestration.orders.capture import NewOrder, check
from crossdock.orchestration.plans import NewDemand
from crossdock.orders import rows, store
from crossdock.orders.model import PARTITION, Origin
from crossdock.orders.revisions import KnownLine, SentLine, match
from crossdock.orders.status import ALLOCATED, CANCELED, LOST, WAITING
from crossdock.orders.store import DemandRow
from crossdock.storage.unit import Unit


class ReviseHandler(OrderHandler):
    """Does ReviseOrder: what ends is canceled, what grows is routed, a delivery that goes elsewhere is routed anew."""

    def also_items(self, unit: Unit, commands: Sequence[Any]) -> list[int]:
        directory = self._engine.directory
        directory.load_items(unit.session, {line.sku for command in commands for line in command.order.lines})
        known = [directory.item(line.sku) for command in commands for line in command.order.lines]
        parts = [part for facts in known if facts for part in ((facts, 1), *directory.parts(facts))]
        return sorted({facts.id for facts, _ in parts})

    def change(
        self, changes: Changes, unit: Unit, order: LoadedOrder, command: ReviseOrder
    ) -> dict[str, Any] | CapturedOrder:
        sent = check(self._engine, unit, command)
        known = store.known_keys(unit.session, [sent.key])[sent.key]
        if known.content_hash == command.content_hash or known.revision >= sent.order.revision:
            return CapturedOrder(order_id=order.row.id, replayed=True)
        moved = [d.no for d in order.demand.values() if sum(d.parts) != sum(d.parts[p] for p in _FREE)]
        if moved:
            raise RevisionRefused(f"Units of {len(moved)} demands are released or have left.")
        actor = command.actor.name
        self._lines(changes, unit, order, sent, actor)
        readdressed = self._deliveries(unit, order, sent)
        for delivery_no in order.deliveries:
            if delivery_no in readdressed:
                route_again(changes, order, [delivery_no], "revision", actor)
            else:
                queued: dict[int, int] = defaultdict(int)
                for entry in order.waiting:
                    queued[entry.demand_no] += entry.quantity
                wanted = {
                    d.no: d.parts[WAITING] - queued[d.no] for d in order.demand.values() if d.delivery_no == delivery_no
                }
                changes.route(order, delivery_no, wanted, "revision", actor)
        self._order(unit, order, sent, known.revision, actor)
        changes.touch(order)
        return CapturedOrder(order_id=order.row.id)

    def _lines(self, changes: Changes, unit: Unit, order: LoadedOrder, sent: NewOrder, actor: str) -> None:
        delivery_of = {d.line_no: d.delivery_no for d in order.demand.values()}
        known = [
            KnownLine(no, external_id, item_id, quantity, delivery_of[no], version)
            for no, external_id, item_id, quantity, version in store.lines_of(unit.session, order.row.id)
        ]
        wanted = [
            SentLine(place, line.external_id, sent.item_ids[place], line.quantity * line.unit_factor, line.delivery)
            for place, line in enumerate(sent.order.lines)
        ]
        matched, new = match(known, wanted)
        kept = {old.no for old in matched.values()}
        for old in known:
            if old.no not in kept:
                self._end(changes, order, old.no, actor)
        for place, old in matched.items():
            self._bring_to(changes, order, old, wanted[place].quantity, actor)
            row = rows.line_rows(order.row.id, [sent.order.lines[place]], [old.item_id])[0]
            store.replace_line(unit, (row[0], old.no, *row[2:-1], old.version + 1))
        last = max(old.no for old in known)
        for number, line in enumerate(new, last + 1):
            row = rows.line_rows(order.row.id, [sent.order.lines[line.place]], [line.item_id])[0]
            store.add_line(unit, (row[0], number, *row[2:]))
            order.line_quantities[number] = line.quantity
            order.unit_values[number] = sent.order.lines[line.place].unit_price.amount
            self._add_demand(unit, order, number, [d for d in sent.demand if d.line_no == line.place + 1])

    def _end(self, changes: Changes, order: LoadedOrder, line_no: int, actor: str) -> None:
        """Cancel what lives of a line that the newer revision does not have."""
        for demand in order.demand.values():
            live = demand.parts[WAITING] + demand.parts[ALLOCATED]
            if demand.line_no == line_no and live:
                free_units(changes, order, demand.no, live, actor)
                changes.cancel_waiting(order, demand.no, live, "revision", actor)

    def _bring_to(self, changes: Changes, order: LoadedOrder, line: KnownLine, quantity: int, actor: str) -> None:
        """Bring a line's demand to so many ordered units; fewer are taken from what is canceled first.

        A bundle keeps the parts that it was captured with, whatever the catalogue says now.
        """
        for demand in [d for d in order.demand.values() if d.line_no == line.no]:
            delta = demand.quantity * quantity // line.quantity - demand.quantity
            parts = demand.parts
            if delta < 0:
                canceled = min(-delta, parts[CANCELED])
                parts[CANCELED] -= canceled
                free_units(changes, order, demand.no, -delta - canceled, actor)
                parts[WAITING] -= -delta - canceled
            else:
                parts[WAITING] += delta
            order.demand[demand.no] = demand._replace(quantity=demand.quantity + delta)
            changes.dequeue(order, demand.no, "revision", actor)

    def _add_demand(self, unit: Unit, order: LoadedOrder, line_no: int, demand: Sequence[NewDemand]) -> None:
        start = max(order.demand) + 1
        for number, d in enumerate(demand, start):
            parts = [0] * len(PARTITION)
            parts[WAITING] = d.quantity
            row = DemandRow(order.row.id, number, line_no, d.delivery_no, d.item_id, d.quantity, parts)
            order.demand[number] = row
            store.add_demand(unit, row, Origin.SALE)

    def _deliveries(self, unit: Unit, order: LoadedOrder, sent: NewOrder) -> set[int]:
        """Take addresses over; returns the deliveries that go somewhere else now."""
        changed: set[int] = set()
        known = vault.addresses_of(unit.session, order.row.id)
        for no, (delivery, (area, point)) in enumerate(zip(sent.order.deliveries, sent.places, strict=True), 1):
            address_id = unit.ids.one()
            row = vault.address_row(address_id, order.row.party_id, delivery.destination)
            if no in order.deliveries and known.get(no) == row[2]:
                continue
            vault.insert(unit, [], [row])
            if no in order.deliveries:
                country = delivery.destination.country
                store.amend_delivery(unit, order.row.id, no, country, area, point, address_id)
                order.deliveries[no] = order.deliveries[no]._replace(country=country, area=area, point=point)
                changed.add(no)
            else:
                new = rows.delivery_row(order.row.id, no, delivery, area, point, address_id)
                order.deliveries[no] = store.add_delivery(unit, new)
        return changed

    def _order(self, unit: Unit, order: LoadedOrder, sent: NewOrder, before: int, actor: str) -> None:
        document = sent.order
        store.revise(
            unit,
            order.row.id,
            sent.key,
            sent.command.content_hash,
            document.revision,
            rows.order_total(document),
            int(rows.payment(document)),
            rows.order_data(document),
        )
        subject = encode_id("ord", order.row.id)
        event = OrderRevised(order_id=subject, revision=document.revision, before_revision=before)
        unit.event(new_event(event, at=unit.now, subject=subject, actor=actor, order_id=order.row.id))


_FREE = (WAITING, ALLOCATED, CANCELED, LOST)
