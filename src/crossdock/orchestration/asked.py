"""What routing is asked about an order that exists: its demand, and where a delivery goes by when."""

from __future__ import annotations

from typing import cast

from crossdock.kernel.clock import utc_day
from crossdock.network.store import StoredChannel
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.loading import LoadedOrder
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.terms import terms_of
from crossdock.promising.methods import Method
from crossdock.routing.model import Policy


def new_demand(directory: Directory, order: LoadedOrder, no: int, quantity: int, at: int) -> NewDemand:
    """Return so many units of an order's demand as routing must know them at an instant."""
    demand = order.demand[no]
    facts = directory.item_by_id(demand.item_id)
    value = order.unit_values.get(demand.line_no, 0)
    barred = order.barred(no, at)
    return NewDemand(
        no, demand.line_no, demand.delivery_no, demand.item_id, quantity, facts.weight_g, facts.requires, value, barred
    )


def destination(
    directory: Directory, order: LoadedOrder, delivery_no: int, begin: int | None
) -> tuple[Destination, Policy, StoredChannel]:
    """Return where a delivery goes, under which policy, for which channel; ``begin``: no work before that instant."""
    stored = directory.channel_by_id(order.row.channel_id)
    delivery = order.deliveries[delivery_no]
    terms = terms_of(directory, stored.channel, delivery.method, delivery.service_level)
    start = order.row.placed_at if begin is None else begin
    due = utc_day(start) + terms.days if delivery.by is None else utc_day(delivery.by)
    method, promised = cast(Method, delivery.method), order.promised_day
    where = Destination(delivery.country, delivery.point, due, method, promised, begin=begin)
    return where, terms.policy, stored
