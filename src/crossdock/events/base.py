"""What every event is made of; a feature declares its own in a module beside this one, and the catalogue lists them."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import msgspec

PREFIX = "org.crossdock."
"""Put before a type in the CloudEvents envelope."""

_encode = msgspec.json.Encoder().encode


class EventData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event says; its class knows the type's name."""

    type: ClassVar[str] = ""
    summary: ClassVar[str] = ""


class EventType(NamedTuple):
    """One entry of the catalogue."""

    name: str
    data: type[EventData]
    summary: str


class EventRow(NamedTuple):
    """A row of the log without its position: the columns of ``events`` after ``id``, in their order."""

    type: str
    at: int
    subject: str
    order_id: int | None
    actor: str
    data: str


def new_event(data: EventData, *, at: int, subject: str, actor: str, order_id: int | None = None) -> EventRow:
    """Return the row that the log stores for a fact: ``session.insert(events, [(position, *row), …])``.

    ``subject`` is the public id or code of what it happened to, ``order_id`` the bare id of the order whose timeline
    shows it, ``actor`` who did it (``key:name``, ``user:email``, ``system:part``).
    """
    return EventRow(data.type, at, subject, order_id, actor, _encode(data).decode())
