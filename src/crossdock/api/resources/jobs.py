"""Long work: NDJSON imports of any size, and the jobs that do it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from crossdock.api import examples
from crossdock.api.commands import actor, idempotency_key, key_scope
from crossdock.api.documents import JobList
from crossdock.api.errors import EmptyUpload, InvalidCursor
from crossdock.api.http import Call, Reply, json_reply, make_cursor, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import PageQuery, Query
from crossdock.api.uploads import Upload, answer_upload
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import (
    IdempotencyKeyReused,
    ImportFault,
    JobView,
    StateWord,
    cancel_job,
    error_file,
    list_jobs,
    new_import,
    read_job,
)

NDJSON = "application/x-ndjson"
JOB_LINKS = {
    "job": Link("get_job", {"job_id": "$response.body#/id"}),
    "errors": Link("get_job_errors", {"job_id": "$response.body#/id"}),
    "cancel": Link("cancel_job", {"job_id": "$response.body#/id"}),
}
_MAX_ERRORS = 64 * 1024 * 1024


class ImportQuery(Query, frozen=True):
    """How an import is done."""

    dry_run: bool = False


class JobsQuery(PageQuery, frozen=True):
    """The filters of the list of jobs."""

    state: tuple[StateWord, ...] = ()


async def import_orders(call: Call) -> Reply:
    """Spool an upload of any size and make the job that captures it."""
    query: ImportQuery = call.query
    key, by = idempotency_key(call), actor(call).name

    def job_of(upload: Upload) -> object:
        kept = None if key is None else (key_scope(call), key, upload.mark + bytes([query.dry_run]))
        return new_import(upload.file, upload.size, by, dry_run=query.dry_run, key=kept)

    return await answer_upload(call, ".ndjson", job_of, call.backend.imports)


async def list_all(call: Call) -> Reply:
    """List jobs."""
    query: JobsQuery = call.query
    after = None if query.cursor is None else read_cursor(query.cursor, "jobs", int)[0]
    page = await call.backend.database.read(lambda session: list_jobs(session, query.state, after, query.limit))
    cursor = None if page.next is None else make_cursor("jobs", page.next)
    return json_reply(JobList(data=tuple(page.jobs), next_cursor=cursor), 200, *next_link(call, cursor))


async def read_job_or_refuse(call: Call) -> JobView:
    """Return the job that the address names; raises NotFound."""
    id_: int = call.path["job_id"]
    view = await call.backend.database.read(lambda session: read_job(session, id_))
    if view is None:
        raise NotFound("There is no job of this id.")
    return view


async def get_job(call: Call) -> Reply:
    """Read a job."""
    return json_reply(await read_job_or_refuse(call))


async def cancel(call: Call) -> Reply:
    """Ask a job to stop."""
    view = await call.backend.submit(cancel_job(call.path["job_id"], actor(call).name))
    if view is None:
        raise NotFound("There is no job of this id.")
    return json_reply(view)


async def get_errors(call: Call) -> Reply:
    """Read the lines that were not taken."""
    await read_job_or_refuse(call)
    return await ndjson_file(error_file(call.backend.data_dir, call.path["job_id"]))


async def ndjson_file(path: Path) -> Reply:
    """Answer with the beginning of a file of NDJSON; without one, with nothing."""
    body = await asyncio.to_thread(_head, path)
    return Reply(200, body, [(b"content-type", NDJSON.encode())])


def _head(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(_MAX_ERRORS)


def add_to(table: Table) -> None:
    """Add imports and jobs."""
    table.add(
        Operation(
            method="POST",
            path="/v1/orders:import",
            id="import_orders",
            tag="jobs",
            summary="Import orders as NDJSON of any size",
            description=(
                "One order a line. The upload is spooled first; once it is answered it is durable, and the job goes on "
                "after a crash where it stopped. A line that is not taken ends up in the job's error file. With "
                "`dry_run` the lines are only checked against the schema."
            ),
            handler=import_orders,
            scope="orders:write",
            query=ImportQuery,
            body=str,
            examples={"one": examples.NDJSON},
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
            method="GET",
            path="/v1/jobs",
            id="list_jobs",
            tag="jobs",
            summary="List jobs, newest first",
            handler=list_all,
            scope="jobs:read",
            query=JobsQuery,
            errors=(InvalidCursor,),
            answers=(Answer(200, JobList, "A page.", None, ("Link",)),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/jobs/{job_id}",
            id="get_job",
            tag="jobs",
            summary="Read a job",
            handler=get_job,
            scope="jobs:read",
            answers=(Answer(200, JobView, "Found."),),
            errors=(NotFound,),
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/jobs/{job_id}/actions/cancel",
            id="cancel_job",
            tag="jobs",
            summary="Ask a job to stop",
            handler=cancel,
            scope="orders:write",
            description="What is done stays done. A job that is over stays as it is.",
            answers=(Answer(200, JobView, "Asked; the job as it is now."),),
            errors=(NotFound,),
            links=JOB_LINKS,
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/jobs/{job_id}/errors",
            id="get_job_errors",
            tag="jobs",
            summary="Read the lines that were not taken, as NDJSON",
            handler=get_errors,
            scope="jobs:read",
            description="The first 64 MB; an empty body when every line was taken.",
            answers=(Answer(200, ImportFault, "A fault a line.", None, (), NDJSON),),
            errors=(NotFound,),
        )
    )
