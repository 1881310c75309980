"""The search of every page: what is meant exactly is opened, anything else is listed."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.analytics import item_stock, list_items
from crossdock.kernel.errors import NotFound
from crossdock.orders import OrderFilter, list_orders
from crossdock.web.asking import Site, Text, asked
from crossdock.web.routes.inventory import item_url
from crossdock.web.security import AnyRequest, AnyResponse

SHOWN = 12


class Asked(msgspec.Struct, frozen=True):
    """What is looked for."""

    q: Text = ""


@get("/search")
async def search(request: AnyRequest, console: Site) -> AnyResponse:
    """Open the order or the item that is meant, or show what begins like it."""
    words = asked(request, Asked).q

    def read(session: Any) -> dict[str, Any]:
        if not words:
            return {"orders": [], "items": [], "exact": ""}
        orders = list_orders(session, OrderFilter(q=words), limit=SHOWN).orders
        item = item_stock(session, words)
        same = [order for order in orders if words in (order.external_id, order.id)]
        exact = ""
        if len(same) == 1 and item is None:
            exact = f"/orders/{same[0].id}"
        elif item is not None and not same:
            exact = item_url(item.sku)
        items = list_items(session, q=words, limit=SHOWN)[0]
        return {"orders": orders, "items": items, "exact": exact}

    found = await console.read(read)
    if found["exact"]:
        return Redirect(found["exact"], status_code=303)
    return console.page(request, "search.html", seek=words, orders=found["orders"], items=found["items"])


@get("/{address:path}")
async def nothing_here(address: FromPath[str]) -> None:
    """Say to who is signed in that there is no such page; everybody else is sent to the door first."""
    raise NotFound(f"There is no page at {address}.")


handlers = [search, nothing_here]
