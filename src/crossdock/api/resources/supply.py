"""Supply: what is coming in, what arrived of it, and who it is promised to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, idempotency_key, key_scope, request_key
from crossdock.api.documents import Sku
from crossdock.api.errors import EmptyUpload, InvalidCursor
from crossdock.api.http import Call, Header, Reply, json_reply, make_cursor, position, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery
from crossdock.api.resources.jobs import JOB_LINKS, NDJSON, ImportQuery
from crossdock.api.supply_documents import (
    ReceiptBatch,
    ReceiptResult,
    ReceiptResults,
    SupplyBatch,
    SupplyList,
    SupplyResult,
    SupplyResults,
)
from crossdock.api.uploads import Upload, answer_upload
from crossdock.inventory import SupplyFilter, SupplyLineDetail, SupplyStateWord, list_supply, read_supply
from crossdock.kernel.clock import instant, utc_day
from crossdock.kernel.document import Code, ExternalId
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import (
    IdempotencyKeyReused,
    JobView,
    PutSupply,
    ReceiveSupply,
    SupplyPut,
    SupplyReceipt,
    SupplyReceived,
    new_supply_import,
)

Skus = Annotated[tuple[Sku, ...], Meta(max_length=100)]
_HEADERS = ("Crossdock-Log-Position", "Idempotency-Replayed")


class SupplyQuery(PageQuery, frozen=True):
    """The filters of the supply lines."""

    sku: Skus = ()
    location: Code | None = None
    state: Annotated[tuple[SupplyStateWord, ...], Meta(max_length=3)] = ()
    reference: ExternalId | None = None
    late: bool | None = None


async def put_lines(call: Call) -> Reply:
    """Announce or change supply lines."""
    batch: SupplyBatch = call.body
    command = PutSupply(actor=actor(call), request=request_key(call), lines=batch.lines)
    answer: SupplyPut = await call.backend.submit(command)
    results = tuple(
        SupplyResult(
            reference=line.reference,
            line=line.line,
            id=_id(done.line_id),
            result=done.result,  # type: ignore[arg-type]
            code=done.code,
            message=done.message,
        )
        for line, done in zip(batch.lines, answer.outcomes, strict=True)
    )
    words = [result.result for result in results]
    document = SupplyResults(
        created=words.count("created"),
        changed=words.count("changed"),
        unchanged=words.count("unchanged"),
        failed=words.count("failed"),
        results=results,
    )
    return json_reply(document, 200, *_headers(answer))


async def receive(call: Call) -> Reply:
    """Record what arrived of supply lines."""
    batch: ReceiptBatch = call.body
    receipts = tuple(
        SupplyReceipt(
            source=batch.source,
            record=sent.record,
            reference=sent.reference,
            line=sent.line,
            quantity=sent.quantity,
            occurred_at=instant(sent.occurred_at),
            final=sent.final,
        )
        for sent in batch.receipts
    )
    command = ReceiveSupply(actor=actor(call), request=request_key(call), receipts=receipts)
    answer: SupplyReceived = await call.backend.submit(command)
    results = tuple(
        ReceiptResult(
            record=sent.record,
            reference=sent.reference,
            line=sent.line,
            id=_id(done.line_id),
            result=done.result,  # type: ignore[arg-type]
            on_hand=done.on_hand,
            code=done.code,
            message=done.message,
        )
        for sent, done in zip(batch.receipts, answer.outcomes, strict=True)
    )
    words = [result.result for result in results]
    document = ReceiptResults(
        recorded=words.count("recorded"),
        repeated=words.count("repeated"),
        failed=words.count("failed"),
        results=results,
    )
    return json_reply(document, 200, *_headers(answer))


async def import_lines(call: Call) -> Reply:
    """Spool an upload of any size and make the job that puts its lines."""
    query: ImportQuery = call.query
    key, by = idempotency_key(call), actor(call).name

    def job_of(upload: Upload) -> object:
        kept = None if key is None else (key_scope(call), key, upload.mark + bytes([query.dry_run]))
        return new_supply_import(upload.file, upload.size, by, dry_run=query.dry_run, key=kept)

    return await answer_upload(call, ".supply", job_of, call.backend.supplies)


async def list_lines(call: Call) -> Reply:
    """List supply lines."""
    query: SupplyQuery = call.query
    after = None
    if query.cursor is not None:
        day, id_ = read_cursor(query.cursor, "supply", int, int)
        after = (day, id_)
    wanted = SupplyFilter(query.sku, query.location, query.state, query.reference, query.late)
    today = utc_day(call.backend.clock())
    page = await call.backend.database.read(lambda session: list_supply(session, wanted, today, after, query.limit))
    cursor = None if page.next is None else make_cursor("supply", *page.next)
    return json_reply(SupplyList(data=tuple(page.lines), next_cursor=cursor), 200, *next_link(call, cursor))


async def get_line(call: Call) -> Reply:
    """Read a supply line."""
    line_id, today = call.path["supply_line_id"], utc_day(call.backend.clock())
    found = await call.backend.database.read(lambda session: read_supply(session, line_id, today))
    if found is None:
        raise NotFound(f"There is no supply line {encode_id('sup', line_id)}.")
    return json_reply(found)


def _id(line_id: int) -> str | None:
    return encode_id("sup", line_id) if line_id else None


def _headers(answer: SupplyPut | SupplyReceived) -> list[Header]:
    headers: list[Header] = [position(answer.position)] if answer.position else []
    return [*headers, REPLAYED] if answer.replayed else headers


def add_to(table: Table) -> None:
    """Add the operations on supply."""
    table.add(
        Operation(
            method="POST",
            path="/v1/supply-lines:batch",
            id="put_supply_lines",
            tag="supply",
            summary="Announce, change or call off up to 1,000 supply lines",
            description=(
                "A line is known by its reference and number; the same document again changes nothing. Each line has "
                "a result of its own. Orders that wait are bound to what is coming first come, first served, and "
                "bound anew whenever a line appears, slips, shrinks or is called off."
            ),
            handler=put_lines,
            scope="inventory:write",
            body=SupplyBatch,
            examples={"example": examples.SUPPLY},
            idempotent=True,
            answers=(Answer(200, SupplyResults, "A result for each.", None, _HEADERS),),
            errors=(IdempotencyKeyReused,),
            links={"first": Link("get_supply_line", {"supply_line_id": "$response.body#/results/0/id"})},
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/supply-lines:import",
            id="import_supply_lines",
            tag="supply",
            summary="Import supply lines as NDJSON of any size",
            description=(
                "One line of a purchase order, transfer or return on each line. The upload is spooled first; once it "
                "is answered it is durable, and the job goes on after a crash where it stopped: the same line again "
                "changes nothing. A line that is not taken ends up in the job's error file. With `dry_run` the lines "
                "are only checked against the schema."
            ),
            handler=import_lines,
            scope="inventory:write",
            query=ImportQuery,
            body=str,
            examples={"one": examples.SUPPLY_NDJSON},
            media=NDJSON,
            streamed=True,
            idempotent=True,
            answers=(
                Answer(202, JobView, "Spooled; the job works on it.", None, ("Location", "Idempotency-Replayed")),
            ),
            errors=(EmptyUpload, IdempotencyKeyReused),
            links=JOB_LINKS,
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/supply-receipts:batch",
            id="receive_supply",
            tag="supply",
            summary="Record what arrived of up to 1,000 supply lines",
            description=(
                "Receipts are facts: late, partial and excess ones are recorded. What arrives serves who is bound to "
                "the line, then who else waits, before a new order sees it. A record that its source has told before "
                "counts once."
            ),
            handler=receive,
            scope="inventory:write",
            body=ReceiptBatch,
            examples={"example": examples.RECEIPTS},
            idempotent=True,
            answers=(Answer(200, ReceiptResults, "A result for each.", None, _HEADERS),),
            errors=(IdempotencyKeyReused,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/supply-lines",
            id="list_supply_lines",
            tag="supply",
            summary="List supply lines, the earliest expected first",
            handler=list_lines,
            scope="inventory:read",
            query=SupplyQuery,
            answers=(Answer(200, SupplyList, "A page.", None, ("Link",)),),
            errors=(InvalidCursor,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/supply-lines/{supply_line_id}",
            id="get_supply_line",
            tag="supply",
            summary="Read a supply line, who it is promised to, and what arrived of it",
            handler=get_line,
            scope="inventory:read",
            answers=(Answer(200, SupplyLineDetail, "Found."),),
            errors=(NotFound,),
        )
    )
