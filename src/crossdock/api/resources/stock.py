"""Stock: facts in; positions, availability and the ledger out."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, request_key
from crossdock.api.documents import (
    FactBatch,
    FactResult,
    FactResults,
    MovementList,
    PositionList,
    Sku,
)
from crossdock.api.errors import InvalidCursor
from crossdock.api.http import Call, Header, Reply, json_reply, make_cursor, position, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Operation, Table
from crossdock.api.parameters import PageQuery
from crossdock.inventory import list_movements, list_positions
from crossdock.kernel.clock import instant
from crossdock.kernel.document import Code
from crossdock.orchestration import IdempotencyKeyReused, RecordStock, StockFact, StockRecorded

Skus = Annotated[tuple[Sku, ...], Meta(max_length=100)]


class PositionsQuery(PageQuery, frozen=True):
    """The filters of the positions."""

    sku: Skus = ()
    location: Code | None = None


class MovementsQuery(PageQuery, frozen=True):
    """The filters of the ledger."""

    sku: Sku | None = None
    location: Code | None = None


async def record_facts(call: Call) -> Reply:
    """Record facts about stock."""
    batch: FactBatch = call.body
    facts = tuple(
        StockFact(
            source=batch.source,
            record=fact.record,
            kind=fact.kind,
            sku=fact.sku,
            location=fact.location,
            quantity=fact.quantity,
            occurred_at=instant(fact.occurred_at),
            reason=fact.reason,
        )
        for fact in batch.facts
    )
    answer: StockRecorded = await call.backend.submit(
        RecordStock(actor=actor(call), request=request_key(call), facts=facts)
    )
    results = tuple(
        FactResult(record=fact.record, result=o.result, on_hand=o.on_hand, code=o.code, message=o.message)  # type: ignore[arg-type]
        for fact, o in zip(batch.facts, answer.outcomes, strict=True)
    )
    words = [result.result for result in results]
    document = FactResults(
        recorded=words.count("recorded"),
        repeated=words.count("repeated"),
        failed=words.count("failed"),
        results=results,
    )
    headers: list[Header] = [position(answer.position)] if answer.position else []
    if answer.replayed:
        headers.append(REPLAYED)
    return json_reply(document, 200, *headers)


async def get_positions(call: Call) -> Reply:
    """List positions."""
    query: PositionsQuery = call.query
    after = None
    if query.cursor is not None:
        sku, code, stock_class = read_cursor(query.cursor, "positions", str, str, int)
        after = (sku, code, stock_class)
    page = await call.backend.database.read(
        lambda session: list_positions(session, query.sku, query.location, after, query.limit)
    )
    cursor = None if page.next is None else make_cursor("positions", *page.next)
    return json_reply(PositionList(data=tuple(page.positions), next_cursor=cursor), 200, *next_link(call, cursor))


async def get_movements(call: Call) -> Reply:
    """Read the ledger."""
    query: MovementsQuery = call.query
    after = None if query.cursor is None else read_cursor(query.cursor, "movements", int)[0]
    page = await call.backend.database.read(
        lambda session: list_movements(session, query.sku, query.location, after, query.limit)
    )
    cursor = None if page.next is None else make_cursor("movements", page.next)
    return json_reply(MovementList(data=tuple(page.movements), next_cursor=cursor), 200, *next_link(call, cursor))


def add_to(table: Table) -> None:
    """Add the operations on stock."""
    table.add(
        Operation(
            method="POST",
            path="/v1/inventory/facts:batch",
            id="record_stock_facts",
            tag="inventory",
            summary="Record up to 5,000 facts about stock",
            description=(
                "Facts are never refused for what they do to the numbers; each has a result. A record that its source "
                "has told before counts once. What arrives serves waiting orders first."
            ),
            handler=record_facts,
            scope="inventory:write",
            body=FactBatch,
            examples={"example": examples.FACTS},
            idempotent=True,
            answers=(
                Answer(
                    200, FactResults, "A result for each.", None, ("Crossdock-Log-Position", "Idempotency-Replayed")
                ),
            ),
            errors=(IdempotencyKeyReused,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/inventory/positions",
            id="list_positions",
            tag="inventory",
            summary="List stock positions",
            handler=get_positions,
            scope="inventory:read",
            query=PositionsQuery,
            errors=(InvalidCursor,),
            answers=(Answer(200, PositionList, "A page.", None, ("Link",)),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/inventory/movements",
            id="list_movements",
            tag="inventory",
            summary="Read the ledger, newest first",
            handler=get_movements,
            scope="inventory:read",
            query=MovementsQuery,
            answers=(Answer(200, MovementList, "A page.", None, ("Link",)),),
            errors=(InvalidCursor,),
        )
    )
