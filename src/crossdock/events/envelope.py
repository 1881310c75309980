"""The envelope in which events leave: CloudEvents 1.0, structured JSON."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from crossdock.events.catalog import PREFIX
from crossdock.kernel.clock import moment
from crossdock.kernel.document import Instant

SOURCE = "/crossdock"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of the log. ``id`` is its position: ask for what came after it with ``after``."""

    specversion: Annotated[str, Meta(pattern=r"^1\.0$")]
    id: Annotated[str, Meta(pattern="^[0-9]+$", description="the position in the log; ids ascend, gaps mean nothing")]
    source: str
    type: Annotated[str, Meta(pattern=r"^org\.crossdock\.[a-z_.]+$")]
    time: Instant
    actor: Annotated[str, Meta(description="who did it: `key:name`, `user:email` or `system:part`")]
    subject: Annotated[str, Meta(description="the id or code of what it happened to")]
    datacontenttype: Annotated[str, Meta(pattern="^application/json$")]
    data: Annotated[msgspec.Raw, Meta(description="as docs/reference/events.md says of the type")]


class StoredEvent(msgspec.Struct, frozen=True):
    """A row of the log."""

    id: int
    type: str
    at: int
    subject: str
    order_id: int | None
    actor: str
    data: str


def envelope(event: StoredEvent, source: str = SOURCE) -> CloudEvent:
    """Return the event as others read it."""
    return CloudEvent(
        specversion="1.0",
        id=str(event.id),
        source=source,
        type=PREFIX + event.type,
        time=moment(event.at),
        actor=event.actor,
        subject=event.subject,
        datacontenttype="application/json",
        data=msgspec.Raw(event.data.encode()),
    )
