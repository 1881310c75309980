"""Decisions and fulfillments: why each unit goes where it goes, and what each location is to do."""

from __future__ import annotations

from crossdock.api.documents import FulfillmentList
from crossdock.api.errors import InvalidCursor
from crossdock.api.http import Call, Reply, etag, json_reply, make_cursor, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery, Query
from crossdock.fulfillment import Execution, ExecutionWord, FulfillmentView, list_fulfillments, read_fulfillment
from crossdock.kernel.document import Code
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import DecisionView, FlipsView, UnknownLocation, read_decision, read_flips


class FulfillmentsQuery(PageQuery, frozen=True):
    """The filters of the list of fulfillments; all that are given must hold."""

    location: Code | None = None
    execution: tuple[ExecutionWord, ...] = ()


class DecisionQuery(Query, frozen=True):
    """How much is told."""

    explain: bool = True


class FlipsQuery(Query, frozen=True):
    """What is asked about: one location, or those that matter."""

    location: Code | None = None


async def get_decision(call: Call) -> Reply:
    """Read a decision."""
    id_: int = call.path["decision_id"]
    view = await call.backend.database.read(lambda session: read_decision(session, id_, explained=call.query.explain))
    if view is None:
        raise NotFound("There is no decision of this id.")
    return json_reply(view)


async def get_flips(call: Call) -> Reply:
    """Find what would have changed a decision."""
    id_, location = call.path["decision_id"], call.query.location
    view = await call.backend.database.read(lambda session: read_flips(session, id_, location))
    if view is None:
        raise NotFound("There is no decision of this id, or it was made without anything to decide on.")
    return json_reply(view)


async def get_fulfillment(call: Call) -> Reply:
    """Read a fulfillment."""
    id_: int = call.path["fulfillment_id"]
    view = await call.backend.database.read(lambda session: read_fulfillment(session, id_))
    if view is None:
        raise NotFound("There is no fulfillment of this id.")
    return json_reply(view, 200, etag(view.version))


async def list_all(call: Call) -> Reply:
    """List fulfillments."""
    query: FulfillmentsQuery = call.query
    after = None if query.cursor is None else read_cursor(query.cursor, "fulfillments", int)[0]
    steps = [Execution[word.upper()] for word in query.execution]
    page = await call.backend.database.read(
        lambda session: list_fulfillments(session, query.location, steps, after=after, limit=query.limit)
    )
    cursor = None if page.next is None else make_cursor("fulfillments", page.next)
    document = FulfillmentList(data=tuple(page.fulfillments), next_cursor=cursor)
    return json_reply(document, 200, *next_link(call, cursor))


def add_to(table: Table) -> None:
    """Add the operations on decisions and fulfillments."""
    table.add(
        Operation(
            method="GET",
            path="/v1/decisions/{decision_id}",
            id="get_decision",
            tag="decisions",
            summary="Read a decision: the plan, its bill, what was passed over, the bound",
            description=(
                "With `explain` (the default) also in words, and with the verdict on every location that was looked "
                "at: each fence with what it expects and what was found."
            ),
            query=DecisionQuery,
            handler=get_decision,
            scope="orders:read",
            answers=(Answer(200, DecisionView, "Found."),),
            errors=(NotFound,),
            links={
                "order": Link("get_order", {"order_id": "$response.body#/order_id"}),
                "flips": Link("get_decision_flips", {"decision_id": "$response.body#/id"}),
            },
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/decisions/{decision_id}/flips",
            id="get_decision_flips",
            tag="decisions",
            summary="Read what would have changed a decision: the least change of stock, price, day or rule",
            description=(
                "The recorded order is decided again with something changed: units more or fewer, a cheaper or dearer "
                "parcel, another day of handover or promise, a fence lifted, a rule left out. With `location` about "
                "that one, chosen or not; without about the chosen ones and the newcomers of the best plan passed "
                "over. Each answer is true of the engine that runs; one unit (or minor unit) less would not have done. "
                "Some dozen decisions are made: milliseconds for small orders, seconds for very large ones."
            ),
            query=FlipsQuery,
            handler=get_flips,
            scope="orders:read",
            answers=(Answer(200, FlipsView, "Found."),),
            errors=(NotFound, UnknownLocation),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/fulfillments",
            id="list_fulfillments",
            tag="fulfillments",
            summary="List fulfillments, newest first",
            handler=list_all,
            scope="orders:read",
            query=FulfillmentsQuery,
            answers=(Answer(200, FulfillmentList, "A page.", None, ("Link",)),),
            errors=(InvalidCursor,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/fulfillments/{fulfillment_id}",
            id="get_fulfillment",
            tag="fulfillments",
            summary="Read a fulfillment",
            handler=get_fulfillment,
            scope="orders:read",
            answers=(Answer(200, FulfillmentView, "Found.", None, ("ETag",)),),
            errors=(NotFound,),
            links={
                "order": Link("get_order", {"order_id": "$response.body#/order_id"}),
                "decision": Link("get_decision", {"decision_id": "$response.body#/decision_id"}),
            },
        )
    )
