"""The event log: facts for everybody, in the past tense, in one ordered and replayable sequence."""

from crossdock.events.catalog import CATALOG, EventData, EventType, new_event

__all__ = ["CATALOG", "EventData", "EventType", "new_event"]
