"""Orders: find them and read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from crossdock.api.documents import (
    DecisionList,
    EventList,
    FulfillmentList,
    OrderList,
)
from crossdock.api.errors import InvalidCursor
from crossdock.api.http import Call, Reply, etag, json_reply, make_cursor, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery, Position, Query
from crossdock.events import envelope, timeline
from crossdock.fulfillment import fulfillments_of
from crossdock.kernel.clock import instant
from crossdock.kernel.document import Code, Instant, Words
from crossdock.orchestration import (
    OrderNotFound,
    decisions_of,
)
from crossdock.orders import (
    OrderFilter,
    OrderView,
    Sort,
    Status,
    StatusWord,
    count_orders,
    find_order,
    list_orders,
    order_exists,
    read_order,
)


class OrdersQuery(PageQuery, frozen=True):
    """The filters of the list of orders; all that are given must hold."""

    status: tuple[StatusWord, ...] = ()
    channel: Code | None = None
    q: Words | None = None
    sku: Words | None = None
    location: Code | None = None
    on_hold: bool | None = None
    queued: bool | None = None
    placed_from: Instant | None = None
    placed_to: Instant | None = None
    sort: Sort = "-placed_at"
    counts: bool = False


class TimelineQuery(Query, frozen=True):
    """From where on, and how many."""

    after: Position = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


def _sees_customers(call: Call) -> bool:
    return call.credential.may("customers:read")


async def list_all(call: Call) -> Reply:
    """List orders."""
    query: OrdersQuery = call.query
    name = f"orders{query.sort}"
    after = None if query.cursor is None else read_cursor(query.cursor, name, int, int)
    wanted = OrderFilter(
        statuses=tuple(Status[word.upper()].value for word in query.status),
        channel=query.channel,
        q=query.q,
        sku=query.sku,
        location=query.location,
        on_hold=query.on_hold,
        queued=query.queued,
        placed_from=None if query.placed_from is None else instant(query.placed_from),
        placed_to=None if query.placed_to is None else instant(query.placed_to),
    )

    def read(session: Any) -> tuple[Any, Any]:
        page = list_orders(session, wanted, query.sort, after, query.limit)
        return page, count_orders(session, wanted) if query.counts else None

    page, counts = await call.backend.database.read(read)
    cursor = None if page.next is None else make_cursor(name, *page.next)
    return json_reply(OrderList(data=page.orders, next_cursor=cursor, counts=counts), 200, *next_link(call, cursor))


async def order_view(call: Call, order_id: int) -> OrderView:
    """Return an order as the request's key may see it; raises OrderNotFound."""
    personal = _sees_customers(call)
    view = await call.backend.database.read(lambda session: read_order(session, order_id, personal=personal))
    if view is None:
        raise OrderNotFound("There is no order of this id.")
    return view


async def get_order(call: Call) -> Reply:
    """Read an order."""
    view = await order_view(call, call.path["order_id"])
    return json_reply(view, 200, etag(view.version))


async def find(call: Call) -> Reply:
    """Read an order by the channel's own id."""
    code, external_id = call.path["code"], call.path["external_id"]
    order_id = await call.backend.database.read(lambda session: find_order(session, code, external_id))
    if order_id is None:
        raise OrderNotFound(f"The channel '{code}' has no order '{external_id}'.")
    view = await order_view(call, order_id)
    return json_reply(view, 200, etag(view.version))


async def _of_order(call: Call, read: Callable[[Any, int], Any]) -> Any:
    order_id: int = call.path["order_id"]

    def work(session: Any) -> Any:
        return read(session, order_id) if order_exists(session, order_id) else None

    found = await call.backend.database.read(work)
    if found is None:
        raise OrderNotFound("There is no order of this id.")
    return found


async def get_timeline(call: Call) -> Reply:
    """Read what happened to an order."""
    query: TimelineQuery = call.query
    found = await _of_order(call, lambda session, id_: timeline(session, id_, query.after, query.limit + 1))
    page = found[: query.limit]
    return json_reply(
        EventList(
            data=tuple(envelope(event) for event in page),
            next_after=page[-1].id if page else query.after,
            has_more=len(found) > query.limit,
        )
    )


async def get_decisions(call: Call) -> Reply:
    """Read the decisions of an order."""
    return json_reply(DecisionList(data=await _of_order(call, decisions_of)))


async def get_fulfillments(call: Call) -> Reply:
    """Read the fulfillments of an order."""
    return json_reply(FulfillmentList(data=await _of_order(call, fulfillments_of), next_cursor=None))


_READ = "orders:read"


def _get(path: str, id_: str, summary: str, handler: Any, type_: Any, **more: Any) -> Operation:
    headers = {OrderView: ("ETag",), OrderList: ("Link",)}.get(type_, ())
    return Operation(
        method="GET",
        path=path,
        id=id_,
        tag="orders",
        summary=summary,
        handler=handler,
        scope=_READ,
        answers=(Answer(200, type_, "Found.", None, headers),),
        **more,
    )


def add_to(table: Table) -> None:
    """Add the operations that read orders."""
    of_order = (OrderNotFound,)
    back = {"order": Link("get_order", {"order_id": "$response.body#/id"})}
    table.add(
        _get(
            "/v1/orders",
            "list_orders",
            "List orders",
            list_all,
            OrderList,
            query=OrdersQuery,
            errors=(InvalidCursor,),
            description="`q` is our id of an order, or the beginning of the channel's own id.",
        )
    )
    table.add(_get("/v1/orders/{order_id}", "get_order", "Read an order", get_order, OrderView, errors=of_order))
    table.add(
        _get(
            "/v1/channels/{code}/orders/{external_id}",
            "find_order",
            "Read an order by the channel's own id",
            find,
            OrderView,
            errors=of_order,
            links=back,
        )
    )
    table.add(
        _get(
            "/v1/orders/{order_id}/timeline",
            "get_order_timeline",
            "Read what happened to an order",
            get_timeline,
            EventList,
            query=TimelineQuery,
            errors=of_order,
        )
    )
    table.add(
        _get(
            "/v1/orders/{order_id}/decisions",
            "list_order_decisions",
            "Read why each unit goes where it goes",
            get_decisions,
            DecisionList,
            errors=of_order,
        )
    )
    table.add(
        _get(
            "/v1/orders/{order_id}/fulfillments",
            "list_order_fulfillments",
            "Read an order's fulfillments",
            get_fulfillments,
            FulfillmentList,
            errors=of_order,
        )
    )
