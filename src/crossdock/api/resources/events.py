"""The event log: everything that happened, in order, replayable from any position."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta

from crossdock.api.documents import EventList
from crossdock.api.http import Call, Reply, json_reply
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import Position, Query
from crossdock.events import CATALOG, StoredEvent, envelope, last_position, read_log

_POLL_SECONDS = 0.1
WAIT_UNIT_SECONDS = 1.0
EventName = Annotated[str, Meta(max_length=60, pattern=f"^({'|'.join(name.replace('.', '[.]') for name in CATALOG)})$")]


class EventsQuery(Query, frozen=True):
    """From where on, which types, and how long to wait for news."""

    after: Position = 0
    types: Annotated[tuple[EventName, ...], Meta(max_length=50)] = ()
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    wait: Annotated[int, Meta(ge=0, le=30, description="seconds to wait when there is nothing new")] = 0


async def read_events(call: Call) -> Reply:
    """Read the log behind a position; wait for news if asked to."""
    query: EventsQuery = call.query
    loop = asyncio.get_running_loop()
    until = loop.time() + query.wait * WAIT_UNIT_SECONDS
    while True:
        found, last = await call.backend.database.read(
            lambda session: (read_log(session, query.after, query.types, query.limit + 1), last_position(session))
        )
        if found or loop.time() >= until:
            break
        await asyncio.sleep(_POLL_SECONDS)
    page, more = found[: query.limit], len(found) > query.limit
    return json_reply(
        EventList(
            data=tuple(envelope(event) for event in page),
            next_after=_next(page, last, query.after, more=more),
            has_more=more,
        )
    )


def _next(page: list[StoredEvent], last: int, after: int, *, more: bool) -> int:
    """Return where to go on: behind the page's last event, or behind everything looked at when that is all."""
    return page[-1].id if more else max(last, after)


def add_to(table: Table) -> None:
    """Add the event log."""
    table.add(
        Operation(
            method="GET",
            path="/v1/events",
            id="list_events",
            tag="events",
            summary="Read the event log in order",
            description=(
                "CloudEvents 1.0 in the order in which they were committed. Begin with `after=0`, go on with "
                "`next_after`; nothing is left out and nothing comes twice. docs/reference/events.md describes every "
                "type."
            ),
            handler=read_events,
            scope="events:read",
            query=EventsQuery,
            answers=(Answer(200, EventList, "Events, oldest first."),),
            links={"next": Link("list_events", {"after": "$response.body#/next_after"})},
        )
    )
