"""Stock: items to search, and one item by location as a channel sees it, every number with what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import get

from crossdock.analytics import Show, item_stock, list_channels, list_items, list_locations, places, stock_totals
from crossdock.inventory import AvailabilityExplained, PositionView, list_movements, list_positions
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import Ask, Told, ask_database, explain_availability, read_view
from crossdock.web import words
from crossdock.web.asking import Site, Text, asked
from crossdock.web.formats import ANY_NUMBER
from crossdock.web.security import AnyRequest, AnyResponse

ITEMS = 50
MOVEMENTS = 25
POSITIONS = 500
COUNTERS = ("on_hand", "allocated", "picked", "reserved", "short")
SHOW_WORDS = {"all": "All items", "out": "Nothing to claim", "short": "Short"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the URL asks for."""

    q: Text = ""
    location: Text = ""
    channel: Text = ""
    show: Show = "all"

    def url(self, **changes: str) -> str:
        """Return the list's address with some of it changed."""
        values = {k: v for k, v in (msgspec.to_builtins(self) | changes).items() if v and (k, v) != ("show", "all")}
        return f"/inventory?{urlencode(values)}" if values else "/inventory"


class Place(msgspec.Struct, frozen=True):
    """Where in the list the page begins."""

    after: Text = ""


class AskedItem(msgspec.Struct, frozen=True):
    """Which item, as which channel sees it, by which day; at which location its ledger, and where in it."""

    sku: Text = ""
    location: Text = ""
    channel: Text = ""
    on: date | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0

    def url(self, **changes: Any) -> str:
        """Return the page's address with some of it changed; the ledger begins at its newest line."""
        fields = {"sku": self.sku, "channel": self.channel, "on": self.on or "", "location": self.location}
        return f"/inventory/item?{urlencode({k: v for k, v in (fields | changes).items() if v})}"


@get("/inventory")
async def inventory(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the items that the URL asks for, with their stock added up."""
    wanted, after = asked(request, Asked), asked(request, Place).after

    def read(session: Any) -> dict[str, Any]:
        items, following = list_items(
            session, q=wanted.q, location=wanted.location, show=wanted.show, after=after, limit=ITEMS
        )
        asks = [Ask(one.sku, wanted.channel, wanted.location) for one in items]
        return {
            "items": items,
            "promised": _promised(ask_database(session, asks, console.clock()).told if asks else ()),
            "next_url": wanted.url(after=following) if following else "",
            "totals": stock_totals(session),
            "locations": list_locations(session),
            "channels": list_channels(session),
        }

    facts = await console.read(read)
    page = console.page(
        request,
        "inventory.html",
        section="Inventory",
        part="Stock",
        asked=wanted,
        after=after,
        shows=SHOW_WORDS,
        levels=words.LEVEL,
        **facts,
    )
    page.headers["HX-Push-Url"] = wanted.url()
    return page


@get("/inventory/item")
async def item(request: AnyRequest, console: Site) -> AnyResponse:
    """Show one item: its positions, and the ledger behind them."""
    wanted = asked(request, AskedItem)
    sku, location, after = wanted.sku, wanted.location, wanted.after
    day = wanted.on.toordinal() if wanted.on else None

    def read(session: Any) -> dict[str, Any]:
        found = item_stock(session, sku)
        if found is None:
            raise NotFound(f"There is no item with the SKU '{sku}'.")
        told = explain_availability(session, Ask(found.sku, wanted.channel, "", day), console.clock())
        ledger = list_movements(session, sku, location or None, after or None, MOVEMENTS)
        return {
            "item": found,
            "told": told,
            "view": _view(session, told),
            "stock": Stock(told, list_positions(session, (sku,), limit=POSITIONS).positions),
            "ledger": ledger,
            "next_url": wanted.url(after=ledger.next) if ledger.next else "",
            "places": places(session),
            "channels": list_channels(session),
        }

    facts = await console.read(read)
    page = console.page(
        request, "item.html", section="Inventory", part="Stock", asked=wanted, counters=COUNTERS, item_url=item_url,
        levels=words.LEVEL, taken_off=taken_off, **facts,
    )  # fmt: skip
    page.headers["HX-Push-Url"] = wanted.url()
    return page


class Stock:
    """An item's stock as the page lays it out: its locations with their sums, and what stands there besides."""

    def __init__(self, told: AvailabilityExplained, positions: Sequence[PositionView]) -> None:
        plain = {one.location: one for one in positions if not one.stock_class}
        self.others = [one for one in positions if one.stock_class]
        """Positions of other conditions, owners or lots: no channel sees them yet."""
        self.counted = {code: one.counted_at for code, one in plain.items()}
        shown = {here.location for here in told.locations}
        self.closed = [one for code, one in plain.items() if code not in shown and one.on_hand]
        """Stock at locations that are not active."""
        self.has_arriving = any(here.arriving for here in told.locations)
        self.totals = {
            name: sum(getattr(here, name) for here in told.locations if here.claimable < ANY_NUMBER)
            for name in ("on_hand", "picked", "reserved", "allocated", "short", "claimable", "arriving", "visible")
        }


def taken_off(here: Any) -> int:
    """Return how many units of a location the view keeps back."""
    return sum(step.units for step in here.steps)


def _view(session: Any, told: AvailabilityExplained) -> str:
    """Return the code of the view that the number was seen through; empty when the channel looks through none."""
    active = read_view(session, told.view)
    return told.view if active is not None and active.version == told.view_version else ""


def _promised(told: Sequence[Told]) -> dict[str, Told]:
    return {one.ask.sku: one for one in told if not one.fault}


def item_url(sku: str, location: str = "", after: str = "") -> str:
    """Return the address of an item's page, at a location's part of the ledger and a place in it."""
    values = {"sku": sku, "location": location, "after": after}
    return f"/inventory/item?{urlencode({k: v for k, v in values.items() if v})}"


handlers = [inventory, item]
