"""Stock: a list of items to search, and one item by location with its movements."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import get

from crossdock.analytics import Show, item_stock, list_items, list_locations, places, stock_totals
from crossdock.inventory import list_movements, list_positions
from crossdock.kernel.errors import NotFound
from crossdock.web.asking import Site, Text, asked
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
    show: Show = "all"

    def url(self, **changes: str) -> str:
        """Return the list's address with some of it changed."""
        values = {k: v for k, v in (msgspec.to_builtins(self) | changes).items() if v and (k, v) != ("show", "all")}
        return f"/inventory?{urlencode(values)}" if values else "/inventory"


class Place(msgspec.Struct, frozen=True):
    """Where in the list the page begins."""

    after: Text = ""


class AskedItem(msgspec.Struct, frozen=True):
    """Which item, at which location, and where in its ledger the page begins."""

    sku: Text = ""
    location: Text = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0


@get("/inventory")
async def inventory(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the items that the URL asks for, with their stock added up."""
    wanted, after = asked(request, Asked), asked(request, Place).after

    def read(session: Any) -> dict[str, Any]:
        items, following = list_items(
            session, q=wanted.q, location=wanted.location, show=wanted.show, after=after, limit=ITEMS
        )
        return {
            "items": items,
            "next_url": wanted.url(after=following) if following else "",
            "totals": stock_totals(session),
            "locations": list_locations(session),
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
        **facts,
    )
    page.headers["HX-Push-Url"] = wanted.url()
    return page


@get("/inventory/item")
async def item(request: AnyRequest, console: Site) -> AnyResponse:
    """Show one item: its positions, and the ledger behind them."""
    wanted = asked(request, AskedItem)
    sku, location, after = wanted.sku, wanted.location, wanted.after

    def read(session: Any) -> dict[str, Any]:
        found = item_stock(session, sku)
        if found is None:
            raise NotFound(f"There is no item with the SKU '{sku}'.")
        ledger = list_movements(session, sku, location or None, after or None, MOVEMENTS)
        return {
            "item": found,
            "positions": list_positions(session, (sku,), limit=POSITIONS).positions,
            "ledger": ledger,
            "next_url": item_url(sku, location, str(ledger.next)) if ledger.next else "",
            "places": places(session),
        }

    facts = await console.read(read)
    return console.page(
        request, "item.html", section="Inventory", part="Stock", location=location, after=after, counters=COUNTERS,
        item_url=item_url, **facts,
    )  # fmt: skip


def item_url(sku: str, location: str = "", after: str = "") -> str:
    """Return the address of an item's page, at a location's part of the ledger and a place in it."""
    values = {"sku": sku, "location": location, "after": after}
    return f"/inventory/item?{urlencode({k: v for k, v in values.items() if v})}"


handlers = [inventory, item]
