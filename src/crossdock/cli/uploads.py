"""Files that are imported: spooled and worked on here, or sent to the server that does so."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from crossdock.cli.remote import Client
from crossdock.inventory import read_feed
from crossdock.kernel.clock import now, rfc3339
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    FeedRequest,
    FeedRunner,
    ImportRunner,
    JobView,
    SupplyRunner,
    UnknownFeed,
    diff_file,
    error_file,
    new_feed_import,
    new_import,
    new_supply_import,
    read_job,
    spool_dir,
)

if TYPE_CHECKING:
    from crossdock.app import App

NDJSON, CSV = "application/x-ndjson", "text/csv"
_POLL_SECONDS = 0.1
Watch = Callable[[JobView], None]


class Imported(NamedTuple):
    """An import that is over, the faults it found, and what a dry run would change, one JSON document a line."""

    job: JobView
    faults: bytes
    diff: bytes = b""


class FeedAsked(NamedTuple):
    """What is asked of a feed's import: source, format (csv or ndjson), and as the API's query says."""

    source: str
    form: str
    dry_run: bool
    as_of: int | None
    locations: tuple[str, ...]
    """Locations of which the file is a full snapshot."""


# -- here --------------------------------------------------------------------------------------------------------------


def import_orders(app: App, file: Path, watch: Watch, actor: str, *, dry_run: bool) -> Imported:
    """Do what the server would do: spool the file, make the job, work on it until it is over."""

    async def do() -> Imported:
        spooled = await _spool(app, file, ".ndjson")
        job, _ = await app.submit(new_import(spooled.name, spooled.stat().st_size, actor, dry_run=dry_run))
        return await _work(app, job, app.imports, watch)

    return asyncio.run(do())


def import_supply(app: App, file: Path, watch: Watch, actor: str, *, dry_run: bool) -> Imported:
    """Do with supply lines what the server would do."""

    async def do() -> Imported:
        spooled = await _spool(app, file, ".supply")
        job, _ = await app.submit(new_supply_import(spooled.name, spooled.stat().st_size, actor, dry_run=dry_run))
        return await _work(app, job, app.supplies, watch)

    return asyncio.run(do())


def import_feed(app: App, file: Path, asked: FeedAsked, watch: Watch, actor: str) -> Imported:
    """Do with a feed what the server would do; raises UnknownFeed."""
    if app.database.read_now(lambda session: read_feed(session, asked.source, 0)) is None:
        raise UnknownFeed(f"There is no feed '{asked.source}'.", next_step="Make one with `crossdock feeds put`.")

    async def do() -> Imported:
        spooled = await _spool(app, file, ".feed")
        request = FeedRequest(
            file=spooled.name,
            size=spooled.stat().st_size,
            source=asked.source,
            dry_run=asked.dry_run,
            format="csv" if asked.form == "csv" else "ndjson",
            name=file.name,
            as_of=now() if asked.as_of is None else asked.as_of,
            full=bool(asked.locations),
            locations=asked.locations,
        )
        job, _ = await app.submit(new_feed_import(request, actor))
        return await _work(app, job, app.feeds, watch)

    return asyncio.run(do())


async def _spool(app: App, file: Path, suffix: str) -> Path:
    spooled = spool_dir(app.data_dir) / f"{secrets.token_hex(12)}{suffix}"
    await asyncio.to_thread(shutil.copyfile, file, spooled)
    return spooled


async def _work(app: App, job: JobView, runner: ImportRunner | FeedRunner | SupplyRunner, watch: Watch) -> Imported:
    job_id = decode_id("job", job.id)
    runner.start()
    try:
        while job.state in ("waiting", "running"):
            await asyncio.sleep(_POLL_SECONDS)
            seen: JobView | None = await app.database.read(lambda session: read_job(session, job_id))
            job = seen or job
            watch(job)
    finally:
        await runner.stop()
    files = (error_file(app.data_dir, job_id), diff_file(app.data_dir, job_id))
    return Imported(job, *(path.read_bytes() if path.exists() else b"" for path in files))


# -- at the server -----------------------------------------------------------------------------------------------------


def send_feed(client: Client, file: Path, asked: FeedAsked, watch: Watch) -> Imported:
    """Send a feed's file and wait until it is recorded."""
    query: list[tuple[str, str]] = [("name", file.name)]
    if asked.dry_run:
        query.append(("dry_run", "true"))
    if asked.as_of is not None:
        query.append(("as_of", rfc3339(asked.as_of)))
    query += [("full", code) for code in asked.locations]
    form, media = ("-csv", CSV) if asked.form == "csv" else ("", NDJSON)
    source = quote(asked.source, safe="")
    return send(client, f"/v1/feeds/{source}/actions/import{form}?{urlencode(query)}", file, media, watch)


def send(client: Client, path: str, file: Path, media: str, watch: Watch) -> Imported:
    """Send a file and wait until its job is over."""
    with file.open("rb") as upload:
        job = client.send(path, upload, file.stat().st_size, JobView, media)
    while job.state in ("waiting", "running"):
        time.sleep(_POLL_SECONDS)
        job = client.ask("GET", f"/v1/jobs/{job.id}", JobView)
        watch(job)
    diff = client.read(f"/v1/jobs/{job.id}/diff") if job.dry_run else b""
    return Imported(job, client.read(f"/v1/jobs/{job.id}/errors") if job.failed else b"", diff)
