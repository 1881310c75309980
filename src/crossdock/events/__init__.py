"""The event log: facts for everybody, in the past tense, in one ordered and replayable sequence."""

from crossdock.events.catalog import CATALOG, PREFIX, EventData, EventType, new_event, sample
from crossdock.events.envelope import CloudEvent, StoredEvent, envelope
from crossdock.events.log import last_position, read_log, timeline

__all__ = [
    "CATALOG",
    "PREFIX",
    "CloudEvent",
    "EventData",
    "EventType",
    "StoredEvent",
    "envelope",
    "last_position",
    "new_event",
    "read_log",
    "sample",
    "timeline",
]
