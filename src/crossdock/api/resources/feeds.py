"""Feeds: the sources of stock facts, uploads of any size from them, and what became of their rows."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from crossdock.api import examples
from crossdock.api.commands import actor, idempotency_key, key_scope
from crossdock.api.documents import FeedList, FeedRunList
from crossdock.api.errors import EmptyUpload, InvalidCursor, KeyDiffers
from crossdock.api.http import Call, Header, Reply, json_reply, location, make_cursor, position, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery, Query
from crossdock.api.resources.jobs import NDJSON, ndjson_file, read_job_or_refuse
from crossdock.api.uploads import Upload, answer_upload
from crossdock.inventory import FeedSource, FeedView, list_feeds, list_runs, read_feed
from crossdock.kernel.clock import instant
from crossdock.kernel.document import Code, Instant, Words
from crossdock.kernel.errors import FieldError, NotFound
from crossdock.orchestration import (
    ConfigurationRefused,
    DiffLine,
    FeedRequest,
    IdempotencyKeyReused,
    JobView,
    Put,
    PutFeeds,
    SnapshotRefused,
    UnknownFeed,
    diff_file,
    new_feed_import,
)

CSV = "text/csv"


class FeedImportQuery(Query, frozen=True):
    """How a feed is imported.

    ``as_of`` is when rows were counted that do not say so themselves; without it, now. Of each location that ``full``
    names the upload is a full snapshot, begun at ``as_of``: what it leaves out there is set to zero.
    """

    dry_run: bool = False
    as_of: Instant | None = None
    full: Annotated[tuple[Code, ...], Meta(max_length=500)] = ()
    name: Words = ""


async def put_feed(call: Call) -> Reply:
    """Create or replace a source."""
    code, source = call.path["code"], call.body
    if source.code != code:
        raise KeyDiffers(f"The document says '{source.code}', the address '{code}'.")
    answer: Put = await call.backend.submit(PutFeeds(actor=actor(call), sources=(source,)))
    headers: list[Header] = [position(answer.position)] if answer.position else []
    created = answer.results[0][1] == "created"
    if created:
        headers.append(location(f"/v1/feeds/{code}"))
    return json_reply(await _view(call), 201 if created else 200, *headers)


async def get_feed(call: Call) -> Reply:
    """Read a source."""
    return json_reply(await _view(call))


async def _view(call: Call) -> FeedView:
    code, now = call.path["code"], call.backend.clock()
    found = await call.backend.database.read(lambda session: read_feed(session, code, now))
    if found is None:
        raise UnknownFeed(f"There is no feed '{code}'.")
    return found


async def get_feeds(call: Call) -> Reply:
    """List sources."""
    now = call.backend.clock()
    found = await call.backend.database.read(lambda session: list_feeds(session, now))
    return json_reply(FeedList(data=tuple(found)))


async def get_runs(call: Call) -> Reply:
    """List what a source has told."""
    query: PageQuery = call.query
    code: str = call.path["code"]
    after = None if query.cursor is None else read_cursor(query.cursor, "feed_runs", int)[0]
    page = await call.backend.database.read(lambda session: list_runs(session, code, after, query.limit))
    if page is None:
        raise UnknownFeed(f"There is no feed '{code}'.")
    cursor = None if page.next is None else make_cursor("feed_runs", page.next)
    return json_reply(FeedRunList(data=tuple(page.runs), next_cursor=cursor), 200, *next_link(call, cursor))


async def import_ndjson(call: Call) -> Reply:
    """Spool an upload of NDJSON and make the job that records it."""
    return await _import(call, "ndjson")


async def import_csv(call: Call) -> Reply:
    """Spool an upload of CSV and make the job that records it."""
    return await _import(call, "csv")


async def _import(call: Call, form: Any) -> Reply:
    query: FeedImportQuery = call.query
    source = (await _view(call)).source
    as_of = _as_of(call, query, source)
    key, by = idempotency_key(call), actor(call).name

    def job_of(upload: Upload) -> object:
        asked = FeedRequest(
            file=upload.file,
            size=upload.size,
            source=source.code,
            dry_run=query.dry_run,
            format=form,
            name=query.name,
            as_of=as_of,
            full=bool(query.full),
            locations=query.full,
        )
        mark = upload.mark + call.query_string + b"\0" + source.code.encode()
        return new_feed_import(asked, by, None if key is None else (key_scope(call), key, mark))

    return await answer_upload(call, ".feed", job_of, call.backend.feeds)


def _as_of(call: Call, query: FeedImportQuery, source: FeedSource) -> int:
    """Return the instant of rows without one; raises SnapshotRefused for what cannot be a snapshot."""
    now = call.backend.clock()
    as_of = now if query.as_of is None else instant(query.as_of)
    faults = []
    if as_of > now + source.tolerance:
        text = "It is later than now by more than the clock may be off."
        faults.append(FieldError("query:as_of", "in_the_future", text))
    known = {stored.location.code for stored in call.backend.config.locations.values()}
    for code in query.full:
        if code not in known or (source.locations and code not in source.locations):
            text = f"'{source.code}' does not speak of a location '{code}'."
            faults.append(FieldError("query:full", "unknown_location", text))
    if faults:
        raise SnapshotRefused(f"{faults[0].pointer}: {faults[0].message}", tuple(faults))
    return min(as_of, now)


async def get_diff(call: Call) -> Reply:
    """Read what a dry run would have changed."""
    await read_job_or_refuse(call)
    return await ndjson_file(diff_file(call.backend.data_dir, call.path["job_id"]))


def add_to(table: Table) -> None:
    """Add the operations on feeds."""
    path = {"code": examples.FEED["code"]}
    read = Link("get_feed", {"code": "$response.body#/source/code"})
    table.add(
        Operation(
            method="PUT",
            path="/v1/feeds/{code}",
            id="put_feed",
            tag="feeds",
            summary="Create or replace a source of stock facts",
            handler=put_feed,
            scope="config:write",
            body=FeedSource,
            examples={"example": examples.FEED},
            answers=(
                Answer(200, FeedView, "Replaced, or the same already.", None, ("Crossdock-Log-Position",)),
                Answer(201, FeedView, "Created.", None, ("Location", "Crossdock-Log-Position")),
            ),
            errors=(KeyDiffers, ConfigurationRefused),
            path_examples=path,
            links={"read": read},
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/feeds",
            id="list_feeds",
            tag="feeds",
            summary="List the sources of stock facts, and what was heard of them",
            handler=get_feeds,
            scope="inventory:read",
            answers=(Answer(200, FeedList, "All of them, by code."),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/feeds/{code}",
            id="get_feed",
            tag="feeds",
            summary="Read a source of stock facts",
            handler=get_feed,
            scope="inventory:read",
            answers=(Answer(200, FeedView, "Found."),),
            errors=(UnknownFeed,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/feeds/{code}/runs",
            id="list_feed_runs",
            tag="feeds",
            summary="List what a source has told, newest first",
            description="An import is a run; messages of `facts:batch` are one run a day.",
            handler=get_runs,
            scope="inventory:read",
            query=PageQuery,
            answers=(Answer(200, FeedRunList, "A page.", None, ("Link",)),),
            errors=(UnknownFeed, InvalidCursor),
        )
    )
    for form, media, handler, example in (
        ("", NDJSON, import_ndjson, examples.FEED_NDJSON),
        ("-csv", CSV, import_csv, examples.FEED_CSV),
    ):
        table.add(_import_operation(form, media, handler, example))
    table.add(
        Operation(
            method="GET",
            path="/v1/jobs/{job_id}/diff",
            id="get_job_diff",
            tag="jobs",
            summary="Read what each row of a feed's dry run would change, as NDJSON",
            handler=get_diff,
            scope="jobs:read",
            description="The first 64 MB; an empty body for jobs of other kinds.",
            answers=(Answer(200, DiffLine, "A row a line.", None, (), NDJSON),),
            errors=(NotFound,),
        )
    )


def _import_operation(form: str, media: str, handler: Any, example: str) -> Operation:
    links = {
        "job": Link("get_job", {"job_id": "$response.body#/id"}),
        "errors": Link("get_job_errors", {"job_id": "$response.body#/id"}),
        "diff": Link("get_job_diff", {"job_id": "$response.body#/id"}),
        "cancel": Link("cancel_job", {"job_id": "$response.body#/id"}),
    }
    return Operation(
        method="POST",
        path=f"/v1/feeds/{{code}}/actions/import{form}",
        id=f"import_feed{form.replace('-', '_')}",
        tag="feeds",
        summary=f"Import counts and deltas as {'CSV' if form else 'NDJSON'} of any size",
        description=(
            "One fact a line. The upload is spooled first; once it is answered it is durable, and the job goes on "
            "after a crash where it stopped. A row that is not taken ends up in the job's error file, the others land. "
            "A record that its source has told before counts once; an unchanged count writes nothing but its instant."
        ),
        handler=handler,
        scope="inventory:write",
        query=FeedImportQuery,
        body=str,
        examples={"example": example},
        media=media,
        streamed=True,
        idempotent=True,
        answers=(Answer(202, JobView, "Spooled; the job works on it.", None, ("Location", "Idempotency-Replayed")),),
        errors=(EmptyUpload, SnapshotRefused, UnknownFeed, IdempotencyKeyReused),
        path_examples={"code": examples.FEED["code"]},
        links=links,
    )
