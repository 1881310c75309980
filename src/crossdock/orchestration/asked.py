"""What routing is asked about an order that exists: its demand, and where a delivery goes by when."""

from __future__ import annotations

from typing import cast

from crossdock.kernel.clock import utc_day
from crossdock.network.store import StoredChannel
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.loading import LoadedOrder
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.policies.facts import facts_of
from crossdock.orchestration.terms import Routes, terms_of
from crossdock.promising.methods import Method
from crossdock.routing.policy.facts import Facts


def handed_over_at(directory: Directory, method: str, location: str | None) -> int | None:
    """Return the location that a delivery is sent to and handed over at; None for all that go straight to somebody."""
    place = directory.place(location) if method == "ship_to_store" and location is not None else None
    return None if place is None else place.id


def new_demand(directory: Directory, order: LoadedOrder, no: int, quantity: int, at: int) -> NewDemand:
    """Return so many units of an order's demand as routing must know them at an instant."""
    demand = order.demand[no]
    facts = directory.item_by_id(demand.item_id)
    value = order.unit_values.get(demand.line_no, 0)
    barred = order.barred(no, at)
    each = order.line_quantities.get(demand.line_no, 0)
    in_bundle = demand.quantity // each if each and demand.no in order.in_bundles else 0
    group = order.groups.get(demand.line_no, 0)
    asked = (facts.weight_g, facts.requires, value, barred, group, in_bundle)
    return NewDemand(no, demand.line_no, demand.delivery_no, demand.item_id, quantity, *asked)


def destination(
    directory: Directory, order: LoadedOrder, delivery_no: int, begin: int | None, at: int
) -> tuple[Destination, Routes, StoredChannel]:
    """Return where a delivery goes, by which routes at an instant, for which channel; ``begin``: no work before it."""
    stored = directory.channel_by_id(order.row.channel_id)
    delivery = order.deliveries[delivery_no]

    def facts(asked: frozenset[str]) -> Facts:
        return _facts(asked, directory, order, delivery_no, stored.channel.code, at)

    terms = terms_of(directory, stored.channel, delivery.method, delivery.service_level, facts)
    start = order.row.placed_at if begin is None else begin
    due = utc_day(start) + terms.days if delivery.by is None else utc_day(delivery.by)
    method, promised = cast(Method, delivery.method), order.promised_day
    there = handed_over_at(directory, method, delivery.location)
    where = Destination(delivery.country, delivery.point, due, method, promised, begin=begin, handed_over_at=there)
    where = where._replace(service=delivery.service_level, priority=order.row.priority)
    return where, terms.routes, stored


def _facts(
    asked: frozenset[str], directory: Directory, order: LoadedOrder, delivery_no: int, channel: str, at: int
) -> Facts:
    """Return what conditions ask of a delivery of an order, as it was ordered."""
    delivery, more = order.deliveries[delivery_no], order.more
    demand = [
        NewDemand(d.no, d.line_no, delivery_no, d.item_id, d.quantity, facts.weight_g, facts.requires, 0)
        for d in order.demand.values()
        if d.delivery_no == delivery_no
        for facts in (directory.item_by_id(d.item_id),)
    ]
    known: dict[str, object] = {
        "channel": channel,
        "service": delivery.service_level,
        "method": delivery.method,
        "country": delivery.country,
        "area": delivery.area,
        "priority": order.row.priority,
        "at": at,
        "tag": None,
        "known_customer": None,
        "gift": None,
        "value": None,
    }
    if more is not None:
        lines = {d.line_no for d in demand}
        known["tag"], known["known_customer"] = more.tags, more.known_customer
        known["gift"] = delivery_no in more.gifts
        known["value"] = sum(total for no, total in more.line_totals.items() if no in lines)
    return facts_of(asked, demand, directory.item_by_id, known)
