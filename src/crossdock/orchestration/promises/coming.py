"""When units that wait would arrive: the supply they are bound to, the location's calendar, the days on the road."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, cast

import msgspec

from crossdock.events.promises import OrderPromiseAtRisk
from crossdock.events.supply import OrderBackorderRebound
from crossdock.kernel.clock import utc_day
from crossdock.kernel.geo import Xyz
from crossdock.network.calendars import CLOSED, WorkCalendar
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.planning import UNKNOWN_COUNTRY
from crossdock.orchestration.terms import possible_policies
from crossdock.promising import Coming, Method, capability
from crossdock.routing.model import Demand
from crossdock.routing.terms import terms
from crossdock.storage.session import Session

# Units of an allocation (kind 2) that rest on supply lines (source 1) and are still open (state 1).
_BOUND = """
    WITH k(id) AS ({keys})
    SELECT c.owner_id, c.item_id, c.location_id, c.quantity, s.expected_day, o.channel_id, d.method, d.service_level,
        d.country, d.x, d.y, d.z
    FROM k JOIN claims c ON c.owner_id = k.id AND c.kind = 2 AND c.source = 1 AND c.state = 1
    JOIN supply_lines s ON s.id = c.supply_line_id
    JOIN orders o ON o.id = c.owner_id
    JOIN demand n ON n.order_id = c.owner_id AND n.no = c.owner_no
    JOIN deliveries d ON d.order_id = c.owner_id AND d.no = n.delivery_no
    ORDER BY c.id
"""
_MOVED = """
    WITH k(id) AS ({keys})
    SELECT e.order_id, e.data FROM k JOIN events e ON e.order_id = k.id AND e.type = ? ORDER BY e.id
"""
_rebound = msgspec.json.Decoder(OrderBackorderRebound).decode
_at_risk = msgspec.json.Decoder(OrderPromiseAtRisk).decode


class Road(NamedTuple):
    """How units go to whoever waits for them: channel, method, service level, country and point."""

    channel_id: int
    method: str
    level: str
    country: str
    point: Xyz | None


class Slip(NamedTuple):
    """How the supply of an order was put off: its line, and the days on which it was and is expected."""

    supply: str
    previous_on: str
    expected_on: str


def coming(
    session: Session,
    directory: Directory,
    calendars: Mapping[int, WorkCalendar],
    promised: Mapping[int, int | None],
    at: int,
) -> dict[int, list[Coming]]:
    """Return what of these orders' waiting units is coming, and when it would arrive, by order.

    ``promised`` gives for each order the day before which no work on it begins, if there is one. What was expected
    on a day that has passed can be worked on now at the earliest; what is not launched, from its launch on.
    """
    rows = session.fetch_keys(_BOUND, ("bigint",), [(id_,) for id_ in sorted(promised)])
    directory.load_items_by_id(session, {row[1] for row in rows})
    found: dict[int, list[Coming]] = {}
    for order_id, item_id, location_id, quantity, day, channel_id, method, level, country, *point in rows:
        begin = max(day, utc_day(at), directory.item_by_id(item_id).launch_day, promised[order_id] or 0)
        road = Road(channel_id, method, level, country, None if point[0] is None else (point[0], point[1], point[2]))
        days = arrival(directory, calendars, location_id, begin, road, at)
        found.setdefault(order_id, []).append(Coming(location_id, quantity, None if days is None else days[1]))
    return found


def arrival(
    directory: Directory,
    calendars: Mapping[int, WorkCalendar],
    location_id: int,
    begin: int,
    road: Road,
    at: int,
) -> tuple[int, int] | None:
    """Return the ordinal days on which units would be handed over and arrive that can be worked on from a day on.

    None where the location is not active, nobody hands anything over for a long time, or no route serves the road.
    """
    column = next((column for column, site in enumerate(directory.location_ids) if site == location_id), None)
    if column is None:
        return None
    calendar, transit = calendars[location_id], _transit(directory, column, road)
    handed = calendar.first_handover(date.fromordinal(begin))
    now = calendar.handover(at)  # a cut-off that has passed
    if transit is None or CLOSED in (handed, now):
        return None
    ship = max(handed, now)
    return ship, ship + transit


def _transit(directory: Directory, column: int, road: Road) -> int | None:
    """Return the days on the road from a location, the most that a rate card of its routes has; None if none serves."""
    if road.country == UNKNOWN_COUNTRY:
        return None
    channel = directory.channel_by_id(road.channel_id).channel
    required = (capability(cast(Method, road.method)),)
    x, y, z = road.point or (None, None, None)
    days = []
    for policy in possible_policies(directory, channel, road.method, road.level, road.country):
        card = terms(directory.network, policy, road.country, required)
        zone = int(card.zones(Demand(lines=(), country=road.country, x=x, y=y, z=z, requires=required))[column])
        if zone != card.far:
            days.append(int(card.transit_z[zone]))
    return max(days, default=None)


def told_days(session: Session, order_ids: Iterable[int]) -> dict[int, int]:
    """Return the ordinal day on which these orders were last said to arrive, of those whose promise was at risk."""
    keys = [(id_,) for id_ in sorted(set(order_ids))]
    if not keys:
        return {}
    said = session.fetch_keys(_MOVED, ("bigint",), keys, OrderPromiseAtRisk.type)
    last = {order_id: _at_risk(data).expected_on for order_id, data in said}
    return {order_id: date.fromisoformat(day).toordinal() for order_id, day in last.items() if day}


def slips(session: Session, order_ids: Sequence[int]) -> dict[int, Slip]:
    """Return how the supply of these orders was last moved, of those where it was put off."""
    keys = [(id_,) for id_ in sorted(set(order_ids))]
    if not keys:
        return {}
    found: dict[int, Slip] = {}
    for order_id, data in session.fetch_keys(_MOVED, ("bigint",), keys, OrderBackorderRebound.type):
        moved = _rebound(data)
        found.pop(order_id, None)
        if moved.previous_on and moved.previous_on < moved.expected_on:
            found[order_id] = Slip(moved.supply, moved.previous_on, moved.expected_on)
    return found
