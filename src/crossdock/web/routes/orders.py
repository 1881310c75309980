"""The list of orders: tabs with counts, filters in the URL, pages by cursor."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import get

from crossdock.analytics import list_channels, list_locations
from crossdock.kernel.errors import Invalid
from crossdock.orders import OrderFilter, OrderPage, Sort, Status, StatusWord, count_orders, list_orders
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.formats import day_bounds
from crossdock.web.security import AnyRequest, AnyResponse

PER_PAGE = 50
STATUSES: tuple[StatusWord, ...] = get_args(StatusWord)


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the URL asks for; written back without what is not set."""

    q: Text = ""
    status: Text = ""
    channel: Text = ""
    location: Text = ""
    sku: Text = ""
    hold: Text = ""
    queued: Text = ""
    placed_from: Text = msgspec.field(default="", name="from")
    placed_to: Text = msgspec.field(default="", name="to")
    sort: Text = "-placed_at"

    def url(self, **changes: str) -> str:
        """Return the address of the list with some of it changed; without a cursor, so from its first page."""
        values = {k: v for k, v in (msgspec.to_builtins(self) | changes).items() if v and (k, v) != _DEFAULT_SORT}
        return f"/orders?{urlencode(values)}" if values else "/orders"

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return self.url(sort="") != "/orders"


_DEFAULT_SORT = ("sort", "-placed_at")


class Place(msgspec.Struct, frozen=True):
    """Where in the list the page begins."""

    cursor: Text = ""


class Tab(msgspec.Struct, frozen=True):
    """A tab over the list."""

    name: str
    url: str
    count: int
    current: bool


@get("/orders")
async def orders(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the orders that the URL asks for."""
    wanted, cursor = asked(request, Asked), asked(request, Place).cursor
    facts = await console.read(lambda session: _read(session, console, wanted, cursor))
    page = console.page(request, "orders.html", section="Orders", asked=wanted, cursor=cursor, **facts)
    page.headers["HX-Push-Url"] = wanted.url()
    return page


def _read(session: Any, console: Console, asked_for: Asked, cursor: str) -> dict[str, Any]:
    wanted = _filter(asked_for, console)
    found = list_orders(session, wanted, _sort(asked_for.sort), _place(cursor), PER_PAGE)
    return {
        "page": found,
        "next_url": _next(asked_for, found),
        "tabs": _tabs(session, asked_for, wanted),
        "channels": list_channels(session),
        "locations": list_locations(session),
        "statuses": STATUSES,
    }


def _filter(asked_for: Asked, console: Console) -> OrderFilter:
    if asked_for.status and asked_for.status not in STATUSES:
        raise Invalid(f"There is no status '{asked_for.status}'; it is one of {', '.join(STATUSES)}.")
    return OrderFilter(
        statuses=(Status[asked_for.status.upper()],) if asked_for.status else (),
        channel=asked_for.channel or None,
        q=asked_for.q or None,
        sku=asked_for.sku or None,
        location=asked_for.location or None,
        on_hold=True if asked_for.hold else None,
        queued=True if asked_for.queued else None,
        placed_from=day_bounds(_date(asked_for.placed_from), console.zone)[0] if asked_for.placed_from else None,
        placed_to=day_bounds(_date(asked_for.placed_to), console.zone)[1] if asked_for.placed_to else None,
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text}' is no day; write it as 2011-12-09.") from None


def _sort(text: str) -> Sort:
    known: tuple[Sort, ...] = get_args(Sort)
    for one in known:
        if one == text:
            return one
    raise Invalid(f"Orders cannot be sorted by '{text}'; use one of {', '.join(known)}.")


def _place(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    at, dot, order_id = cursor.partition(".")
    if not dot or not at.lstrip("-").isdigit() or not order_id.isdigit() or len(cursor) > 45:
        raise Invalid("This page of the list does not exist; start again from its first page.")
    return int(at), int(order_id)


def _next(asked_for: Asked, found: OrderPage) -> str:
    return "" if found.next is None else asked_for.url(cursor=f"{found.next[0]}.{found.next[1]}")


def _tabs(session: Any, asked_for: Asked, wanted: OrderFilter) -> list[Tab]:
    """Count what each tab would show: the list's other filters stay."""
    base = msgspec.structs.replace(wanted, statuses=(), on_hold=None, queued=None)
    counts = count_orders(session, base)
    plain = msgspec.structs.replace(asked_for, status="", hold="", queued="")
    held = sum(count_orders(session, msgspec.structs.replace(base, on_hold=True)).values())
    queued = sum(count_orders(session, msgspec.structs.replace(base, queued=True)).values())
    nothing = not (asked_for.status or asked_for.hold or asked_for.queued)
    tabs = [Tab("All", plain.url(), sum(counts.values()), nothing)]
    tabs += [
        Tab(name, plain.url(status=name), counts.get(name, 0), asked_for.status == name)
        for name in STATUSES
        if counts.get(name) or asked_for.status == name
    ]
    tabs += [Tab("on hold", plain.url(hold="1"), held, bool(asked_for.hold))]
    tabs += [Tab("in a queue", plain.url(queued="1"), queued, bool(asked_for.queued))]
    return tabs


handlers = [orders]
