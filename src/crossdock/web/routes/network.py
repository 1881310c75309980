"""The network: every location, what the last day gave it, and how full its day is."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import get

from crossdock import analytics
from crossdock.kernel.clock import moment
from crossdock.web.asking import Site, asked
from crossdock.web.console import Console
from crossdock.web.formats import day_bounds
from crossdock.web.routes.home import fullness, network_map
from crossdock.web.security import AnyRequest, AnyResponse

MAP = (560, 640)


class Asked(msgspec.Struct, frozen=True):
    """Which day."""

    day: date | None = None


@get("/network")
async def network(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the network on a day, the last one with orders unless another is asked for."""
    day = asked(request, Asked).day
    facts = await console.read(lambda session: _read(session, console, day))
    return console.page(request, "network.html", section="Network", fullness=fullness, **facts)


def _read(session: Any, console: Console, wanted: date | None) -> dict[str, Any]:
    last = analytics.last_order_at(session)
    newest = moment(last if last is not None else console.clock()).astimezone(console.zone).date()
    day = wanted or newest
    load = analytics.network_load(session, *day_bounds(day, console.zone), day.toordinal())
    return {
        "day": day,
        "load": sorted(load, key=lambda place: (not place.active, -place.units, place.code)),
        "map": network_map(load, *MAP),
    }


handlers = [network]
