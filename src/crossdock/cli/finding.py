"""Orders by the names that people give them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import OrderNotFound
from crossdock.orders import OrderFilter, OrderView, find_order, list_orders, read_order

OrderArgument = Annotated[
    str, typer.Argument(help="The order's id (ord_…), or the channel's own id for it.", metavar="ORDER")
]
ChannelOption = Annotated[str | None, typer.Option(help="The channel, where its own id is given.", metavar="CODE")]
_NEXT = "`crossdock orders list` shows what there is; an id of the channel's own may need --channel."


def find_one(session: Any, order: str, channel: str | None, *, personal: bool) -> OrderView:
    """Return the order that is named; raises `OrderNotFound`."""
    view = read_order(session, _id_of(session, order, channel), personal=personal)
    if view is None:
        raise OrderNotFound(f"There is no order {order}.", next_step=_NEXT)
    return view


def _id_of(session: Any, order: str, channel: str | None) -> int:
    """Return the id of an order named in any of the ways that people name one."""
    if channel is None:
        try:
            found: int | None = decode_id("ord", order)
        except Invalid:
            found = _in_any_channel(session, order)
        else:
            if read_order(session, found or 0) is None:
                found = None
    else:
        found = find_order(session, channel, order)
    if found is None:
        raise OrderNotFound(f"There is no order {order}.", next_step=_NEXT)
    return found


def _in_any_channel(session: Any, external_id: str) -> int | None:
    page = list_orders(session, OrderFilter(q=external_id), limit=100)
    found = [order.id for order in page.orders if order.external_id == external_id]
    if len(found) > 1:
        raise Invalid(f"{len(found)} channels have an order {external_id}.", next_step="Name one with --channel.")
    return decode_id("ord", found[0]) if found else None
