"""Feeds: the sources of stock with what was heard of them, and the runs of each with what became of their rows."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath

from crossdock.analytics import places
from crossdock.inventory import FeedRun, list_feeds, list_runs, read_feed
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import JobView, read_job
from crossdock.web import words
from crossdock.web.asking import Site, asked
from crossdock.web.console import Console
from crossdock.web.security import AnyRequest, AnyResponse

RUNS = 30
TROUBLE = ("silent", "distrusted")


class Asked(msgspec.Struct, frozen=True):
    """Where in the list of runs the page begins."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0


class Run(msgspec.Struct, frozen=True):
    """A run, with the job that does it when there is one."""

    run: FeedRun
    job: JobView | None


@get("/feeds")
async def feeds(request: AnyRequest, console: Site) -> AnyResponse:
    """Show every source; what is silent comes first."""
    now = console.clock()
    found = await console.read(lambda session: list_feeds(session, now))
    found.sort(key=lambda feed: (feed.state not in TROUBLE, feed.source.code))
    silent = [feed for feed in found if feed.state in TROUBLE]
    return console.page(
        request, "feeds.html", section="Inventory", part="Feeds", feeds=found, silent=silent, states=words.FEED
    )


@get("/feeds/{code:str}")
async def feed(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show a source and its runs."""
    return await feed_page(request, console, code)


async def feed_page(
    request: AnyRequest, console: Console, code: str, notes: list[tuple[str, str]] | None = None, status: int = 200
) -> AnyResponse:
    """Return the page of a source, with notes above it."""
    after, now = asked(request, Asked).after, console.clock()

    def read(session: Any) -> dict[str, Any]:
        found = read_feed(session, code, now)
        page = list_runs(session, code, after or None, RUNS)
        if found is None or page is None:
            raise NotFound(f"There is no source of stock '{code}'.")
        return {
            "feed": found,
            "runs": [Run(run, _job(session, run)) for run in page.runs],
            "next_url": f"/feeds/{code}?after={page.next}#runs" if page.next else "",
            "places": places(session),
        }

    facts = await console.read(read)
    return console.page(
        request,
        "feed.html",
        section="Inventory",
        part="Feeds",
        states=words.FEED,
        jobs=words.JOB,
        after=after,
        basis=words.BASIS,
        notes=notes or [],
        status=status,
        **facts,
    )


def _job(session: Any, run: FeedRun) -> JobView | None:
    return None if run.job_id is None else read_job(session, decode_id("job", run.job_id))


handlers = [feeds, feed]
