"""The list of orders: tabs with counts, filters in the URL, pages by cursor."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import get

from crossdock.analytics import list_channels, list_locations
from crossdock.kernel.document import CLEAN
from crossdock.kernel.errors import Invalid
from crossdock.orders import OrderFilter, OrderPage, Sort, Status, StatusWord, count_orders, list_orders
from crossdock.web.console import Console
from crossdock.web.formats import day_bounds
from crossdock.web.security import AnyRequest, AnyResponse

PER_PAGE = 50
STATUSES: tuple[StatusWord, ...] = get_args(StatusWord)
Text = Annotated[str, msgspec.Meta(max_length=120, pattern=CLEAN)]


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


class Tab(msgspec.Struct, frozen=True):
    """A tab over the list."""

    name: str
    url: str
    count: int
    current: bool


@get("/orders")
async def orders(request: AnyRequest, console: Console) -> AnyResponse:
    """Show the orders that the URL asks for."""
    query = {name: value.strip() for name, value in request.query_params.items()}
    asked, cursor = _asked(query), query.get("cursor", "")
    facts = await console.read(lambda session: _read(session, console, asked, cursor))
    return console.page(request, "orders.html", section="Orders", asked=asked, cursor=cursor, **facts)


def _asked(query: dict[str, str]) -> Asked:
    try:
        return msgspec.convert(query, Asked)
    except msgspec.ValidationError as fault:
        raise Invalid(f"The address of this list has a fault: {fault}.") from None


def _read(session: Any, console: Console, asked: Asked, cursor: str) -> dict[str, Any]:
    wanted = _filter(asked, console)
    found = list_orders(session, wanted, _sort(asked.sort), _place(cursor), PER_PAGE)
    return {
        "page": found,
        "next_url": _next(asked, found),
        "tabs": _tabs(session, asked, wanted),
        "channels": list_channels(session),
        "locations": list_locations(session),
        "statuses": STATUSES,
    }


def _filter(asked: Asked, console: Console) -> OrderFilter:
    if asked.status and asked.status not in STATUSES:
        raise Invalid(f"There is no status '{asked.status}'; it is one of {', '.join(STATUSES)}.")
    return OrderFilter(
        statuses=(Status[asked.status.upper()],) if asked.status else (),
        channel=asked.channel or None,
        q=asked.q or None,
        sku=asked.sku or None,
        location=asked.location or None,
        on_hold=True if asked.hold else None,
        queued=True if asked.queued else None,
        placed_from=day_bounds(_date(asked.placed_from), console.zone)[0] if asked.placed_from else None,
        placed_to=day_bounds(_date(asked.placed_to), console.zone)[1] if asked.placed_to else None,
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


def _next(asked: Asked, found: OrderPage) -> str:
    return "" if found.next is None else asked.url(cursor=f"{found.next[0]}.{found.next[1]}")


def _tabs(session: Any, asked: Asked, wanted: OrderFilter) -> list[Tab]:
    """Count what each tab would show: the list's other filters stay."""
    base = msgspec.structs.replace(wanted, statuses=(), on_hold=None, queued=None)
    counts = count_orders(session, base)
    plain = msgspec.structs.replace(asked, status="", hold="", queued="")
    held = sum(count_orders(session, msgspec.structs.replace(base, on_hold=True)).values())
    queued = sum(count_orders(session, msgspec.structs.replace(base, queued=True)).values())
    nothing = not (asked.status or asked.hold or asked.queued)
    tabs = [Tab("All", plain.url(), sum(counts.values()), nothing)]
    tabs += [
        Tab(name, plain.url(status=name), counts.get(name, 0), asked.status == name)
        for name in STATUSES
        if counts.get(name) or asked.status == name
    ]
    tabs += [Tab("on hold", plain.url(hold="1"), held, bool(asked.hold))]
    tabs += [Tab("in a queue", plain.url(queued="1"), queued, bool(asked.queued))]
    return tabs


handlers = [orders]
