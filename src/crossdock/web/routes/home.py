"""The home page: the figures of the last day that has orders, the network at work, what cannot go on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import msgspec
from litestar import get

from crossdock import analytics
from crossdock.analytics import Figures, LocationLoad
from crossdock.kernel.clock import HOUR, moment
from crossdock.kernel.money import Money
from crossdock.orders import OrderFilter, count_orders
from crossdock.web import charts, maps
from crossdock.web.asking import Site, asked
from crossdock.web.console import Console
from crossdock.web.formats import day_bounds
from crossdock.web.maps import Label
from crossdock.web.security import AnyRequest, AnyResponse

DAYS = 30
MAP = (680, 720)
PHONE = 1.75
"""How much larger the names are written on a phone, where the picture is that much smaller."""


class Asked(msgspec.Struct, frozen=True):
    """Which day, and how finely."""

    day: date | None = None
    chart: Literal["days", "hours"] = "days"


@get("/")
async def home(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the day asked for, or the last one that has orders."""
    wanted = asked(request, Asked)
    facts = await console.read(lambda session: _read(session, console, wanted.day, wanted.chart == "hours"))
    if facts is None:
        return console.page(request, "home_empty.html", section="Home")
    return console.page(request, "home.html", section="Home", chart=wanted.chart, **facts)


def _read(session: Any, console: Console, wanted: date | None, by_hour: bool) -> dict[str, Any] | None:
    last = analytics.last_order_at(session)
    if last is None:
        return None
    newest = moment(last).astimezone(console.zone).date()
    day = wanted or newest
    start, end = day_bounds(day, console.zone)
    figures = analytics.figures(session, start, end)
    load = analytics.network_load(session, start, end, day.toordinal())
    counts = count_orders(session, OrderFilter())
    held = count_orders(session, OrderFilter(on_hold=True))
    return {
        "day": day,
        "is_newest": day == newest,
        "earlier": _neighbour(console, analytics.last_order_at(session, start)),
        "later": _neighbour(console, analytics.first_order_at(session, end)),
        "figures": figures,
        "before": analytics.figures(session, *day_bounds(day - timedelta(days=7), console.zone)),
        "cost_each": _each(figures),
        "load": sorted(load, key=lambda place: (-place.units, place.code)),
        "map": network_map(load, *MAP),
        "queues": analytics.queue_reasons(session),
        "counts": counts,
        "held": sum(held.values()),
        "plot": _hours(session, start, end, console) if by_hour else _days(session, day, console),
    }


def _neighbour(console: Console, at: int | None) -> date | None:
    return None if at is None else moment(at).astimezone(console.zone).date()


def _each(figures: Figures) -> Money | None:
    """Return what a routed order costs on average, in the currency of most orders, in 1/1000 of the minor unit."""
    if not figures.cost or not figures.costed:
        return None
    return Money(figures.cost[0].amount // figures.costed, figures.cost[0].currency)


def _days(session: Any, day: date, console: Console) -> str:
    dates = [day - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    starts = [day_bounds(one, console.zone)[0] for one in dates]
    found = analytics.buckets(session, [*starts, day_bounds(day, console.zone)[1]])
    return charts.bars(
        [f"{one.day} {one:%b}" for one in dates],
        [bucket.orders for bucket in found],
        [bucket.units for bucket in found],
        links=[f"/?day={one.isoformat()}" for one in dates],
        marked=DAYS - 1,
    )


def _hours(session: Any, start: int, end: int, console: Console) -> str:
    starts = list(range(start, end, HOUR))
    found = analytics.buckets(session, [*starts, end])
    names = [f"{moment(at).astimezone(console.zone):%H:%M}" for at in starts]
    return charts.bars(names, [bucket.orders for bucket in found], [bucket.units for bucket in found])


class Dot(msgspec.Struct, frozen=True):
    """A location on the map: where, how large, how full, and what is said about it."""

    x: float
    y: float
    radius: float
    tone: str
    label: Label | None
    label_on_phone: Label | None
    place: LocationLoad


class Map(msgspec.Struct, frozen=True):
    """A picture of the network."""

    width: int
    height: int
    land: str
    dots: tuple[Dot, ...]


def network_map(load: list[LocationLoad], width: int, height: int) -> Map:
    """Draw the active locations, each as large as what it was given; the busiest get their names written."""
    places = sorted((place for place in load if place.active), key=lambda place: (-place.units, place.code))
    frame = maps.fit([(place.latitude, place.longitude) for place in places], width, height)
    most = max((place.units for place in places), default=0) or 1
    spots = [frame.place(place.latitude, place.longitude) for place in places]
    names = [place.code for place in places]
    wide, narrow = maps.labels(frame, spots, names), maps.labels(frame, spots, names, scale=PHONE)
    dots = tuple(
        Dot(x, y, round(5 + 21 * (place.units / most) ** 0.5, 1), fullness(place), label, small, place)
        for place, (x, y), label, small in zip(places, spots, wide, narrow, strict=True)
    )
    return Map(width, height, maps.land(frame), dots)


def fullness(place: LocationLoad) -> str:
    """Return the tone of a location's day: how much of its capacity is taken."""
    if not place.units and not place.used:
        return "neutral"
    share = place.used / place.allowed if place.allowed else 0.0
    return "bad" if share >= 1 else "wait" if share >= 0.8 else "go"


handlers = [home]
