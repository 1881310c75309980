"""Uploads to a feed: first to see what they would change, then for real; the run, its faults, its end."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.analytics import places
from crossdock.identity import SignedIn
from crossdock.inventory import FeedFault, FeedRun, FeedSource, read_feed, read_run
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    DiffLine,
    FeedRequest,
    JobView,
    cancel_job,
    diff_file,
    error_file,
    new_feed_import,
    read_feed_request,
    read_job,
    spool_dir,
)
from crossdock.web import words
from crossdock.web.asking import Site
from crossdock.web.console import Console
from crossdock.web.routes.feeds import feed_page
from crossdock.web.security import AnyRequest, AnyResponse

T = TypeVar("T")
MOST = 32 * 1024 * 1024
"""Larger files go through the API or the command line, which stream them."""
SHOWN = 50
SUFFIX = ".feed"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its page shows it."""

    job: JobView
    asked: FeedRequest
    source: FeedSource
    run: FeedRun | None
    faults: list[FeedFault]
    more_faults: bool
    diff: list[DiffLine]
    more_diff: bool
    again: bool
    """Whether the upload of a dry run is still here, to be recorded for real."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.job.state not in ("waiting", "running")

    @property
    def counts(self) -> dict[str, int]:
        """What became of the rows, as far as it is known."""
        job = self.job
        so_far = {"rows": job.done + job.failed, "failed": job.failed}
        found = msgspec.to_builtins(self.run) if self.run is not None else job.result or so_far
        return {name: found.get(name, 0) for name in words.FEED_COUNTS}


@post("/feeds/{code:str}/upload", status_code=303, request_max_body_size=MOST + 1024 * 1024)
async def upload(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Take a file in and show the run that reads it."""
    form = await request.form()
    now = console.clock()
    feed = await console.read(lambda session: read_feed(session, code, now))
    if feed is None:
        raise NotFound(f"There is no source of stock '{code}'.")
    try:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Invalid("Choose a file to upload.")
        content = await sent.read()
        asked = _request(form, feed.source, sent.filename, content, now)
        job = await _start(request, console, asked, content)
    except CrossdockError as refusal:
        return await feed_page(request, console, code, [("bad", refusal.detail)], refusal.status)
    return Redirect(f"/feeds/{code}/runs/{job.id}", status_code=303)


def _request(form: Any, source: FeedSource, name: str, content: bytes, now: int) -> FeedRequest:
    if not content.strip():
        raise Invalid("The file is empty.")
    if len(content) > MOST:
        raise Invalid(f"The file is larger than {MOST >> 20} MB; send it with `crossdock feeds import` or the API.")
    full = bool(form.get("full"))
    locations = tuple(str(one) for one in form.getall("location", []) if one) if full else ()
    if full and not locations:
        raise Invalid("A full snapshot names the locations of which it tells everything.")
    strange = [one for one in locations if source.locations and one not in source.locations]
    if strange:
        raise Invalid(f"'{source.code}' does not speak of {', '.join(strange)}.")
    is_json = name.lower().endswith((".ndjson", ".jsonl", ".json")) or content.lstrip()[:1] == b"{"
    return FeedRequest(
        file=f"{secrets.token_hex(12)}{SUFFIX}",
        size=len(content),
        source=source.code,
        dry_run=bool(form.get("dry_run")),
        format="ndjson" if is_json else "csv",
        name=name[:100],
        as_of=now,
        full=full,
        locations=locations,
    )


async def _start(request: AnyRequest, console: Console, asked: FeedRequest, content: bytes) -> JobView:
    signed_in: SignedIn = request.state.signed_in
    path = spool_dir(console.backend.data_dir) / asked.file
    await asyncio.to_thread(_write, path, content)
    try:
        job, _ = await console.submit(new_feed_import(asked, signed_in.user.actor))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if asked.dry_run:
        await asyncio.to_thread(_write, _kept(console, job.id), content)
    console.backend.feeds.wake()
    return job  # type: ignore[no-any-return]


def _write(path: Path, content: bytes) -> None:
    """Write a file that the job may count on: whole, and on the disk before the job is."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _kept(console: Console, job_id: str) -> Path:
    """Return where the upload of a dry run is kept, to be recorded for real if somebody says so."""
    return spool_dir(console.backend.data_dir) / f"{job_id}-again{SUFFIX}"


@get("/feeds/{code:str}/runs/{job_id:str}")
async def run(request: AnyRequest, console: Site, code: FromPath[str], job_id: FromPath[str]) -> AnyResponse:
    """Show a run: how far it is, what became of the rows, what is wrong with which."""
    return await _run_page(request, console, code, job_id, [])


async def _run_page(
    request: AnyRequest, console: Console, code: str, job_id: str, notes: list[tuple[str, str]], status: int = 200
) -> AnyResponse:
    number, now = decode_id("job", job_id), console.clock()

    def read(session: Any) -> dict[str, Any]:
        feed, job, asked = read_feed(session, code, now), read_job(session, number), read_feed_request(session, number)
        if feed is None or job is None or asked is None or asked.source != code:
            raise NotFound(f"There is no such run of the source '{code}'.")
        return {
            "feed": feed, "job": job, "asked": asked, "run": read_run(session, number), "places": places(session),
        }  # fmt: skip

    facts = await console.read(read)
    data_dir = console.backend.data_dir
    faults, more_faults = await asyncio.to_thread(_head, error_file(data_dir, number), FeedFault)
    diff, more_diff = await asyncio.to_thread(_head, diff_file(data_dir, number), DiffLine)
    progress = Progress(
        job=facts["job"],
        asked=facts["asked"],
        source=facts["feed"].source,
        run=facts["run"],
        faults=faults,
        more_faults=more_faults,
        diff=diff,
        more_diff=more_diff,
        again=_kept(console, job_id).exists(),
    )
    return console.page(
        request, "feed_run.html", section="Inventory", part="Feeds", progress=progress, places=facts["places"],
        jobs=words.JOB, labels=words.FEED_COUNTS, results=words.FEED_RESULTS, notes=notes, status=status,
    )  # fmt: skip


def _head(path: Path, kind: type[T]) -> tuple[list[T], bool]:
    """Return the first lines of a file of NDJSON, and whether there are more; none when there is no file."""
    if not path.exists():
        return [], False
    with path.open("rb") as file:
        lines = [line for line, _ in zip(file, range(SHOWN + 1), strict=False)]
    return [msgspec.json.decode(line, type=kind) for line in lines[:SHOWN]], len(lines) > SHOWN


@get("/feeds/{code:str}/runs/{job_id:str}/{file:str}")
async def download(console: Site, code: FromPath[str], job_id: FromPath[str], file: FromPath[str]) -> AnyResponse:
    """Give the error file or the differences of a run, as CSV that a spreadsheet opens."""
    number = decode_id("job", job_id)
    asked = await console.read(lambda session: read_feed_request(session, number))
    find = {"errors.csv": (error_file, FeedFault), "differences.csv": (diff_file, DiffLine)}.get(file)
    if asked is None or asked.source != code or find is None:
        raise NotFound("There is no such file.")
    path, kind = find[0](console.backend.data_dir, number), find[1]
    body = await asyncio.to_thread(_csv, path, kind)
    headers = {"Content-Disposition": f'attachment; filename="{job_id}-{file}"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


def _csv(path: Path, kind: Any) -> bytes:
    names = [name for name in kind.__struct_fields__ if name not in ("offset", "item_id", "location_id")]
    lines = [",".join(names)]
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                row = msgspec.json.decode(line, type=kind)
                lines.append(",".join(_field(getattr(row, name)) for name in names))
    return ("\r\n".join(lines) + "\r\n").encode()


def _field(value: Any) -> str:
    """Write a field so that no spreadsheet takes it for a formula."""
    text = str(value)
    if text[:1] in "=+-@\t\r" and not isinstance(value, int):
        text = f"'{text}"
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(mark in text for mark in ',"\r\n') else text


@post("/feeds/{code:str}/runs/{job_id:str}/{action:str}", status_code=303)
async def act(
    request: AnyRequest, console: Site, code: FromPath[str], job_id: FromPath[str], action: FromPath[str]
) -> AnyResponse:
    """Cancel a run, or record for real what a dry run has shown."""
    number = decode_id("job", job_id)
    signed_in: SignedIn = request.state.signed_in
    try:
        if action == "cancel":
            await console.submit(cancel_job(number, signed_in.user.actor))
            return Redirect(f"/feeds/{code}/runs/{job_id}", status_code=303)
        if action != "record":
            raise Invalid(f"'{action[:40]}' is nothing that can be done to a run.")
        asked = await console.read(lambda session: read_feed_request(session, number))
        kept = _kept(console, job_id)
        if asked is None or asked.source != code or not kept.exists():
            raise Invalid("The upload is not kept any more; choose the file again.")
        content = await asyncio.to_thread(kept.read_bytes)
        fresh = msgspec.structs.replace(asked, file=f"{secrets.token_hex(12)}{SUFFIX}", dry_run=False)
        job = await _start(request, console, fresh, content)
        kept.unlink(missing_ok=True)
    except CrossdockError as refusal:
        return await _run_page(request, console, code, job_id, [("bad", refusal.detail)], refusal.status)
    return Redirect(f"/feeds/{code}/runs/{job.id}", status_code=303)


handlers = [upload, run, download, act]
