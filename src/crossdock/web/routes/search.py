"""The search of every page: what is meant exactly is opened, anything else is listed."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get
from litestar.params import Parameter
from litestar.response import Redirect

from crossdock.analytics import item_stock, list_items
from crossdock.orders import OrderFilter, list_orders
from crossdock.web.console import Console
from crossdock.web.routes.inventory import item_url
from crossdock.web.security import AnyRequest, AnyResponse

SHOWN = 12


@get("/search")
async def search(
    request: AnyRequest, console: Console, q: Annotated[str, Parameter(max_length=120)] = ""
) -> AnyResponse:
    """Open the order or the item that is meant, or show what begins like it."""
    words = q.strip()

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


handlers = [search]
