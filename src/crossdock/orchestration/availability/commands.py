"""What is asked of the writer about availability."""

from __future__ import annotations

import msgspec

from crossdock.orchestration.commands import Answer, Command


class LevelSeen(msgspec.Struct, frozen=True):
    """A level (0 out, 1 low, 2 in stock) that a picture shows of an item for a channel."""

    channel_id: int
    item_id: int
    channel: str
    sku: str
    level: int
    units: int


class TellAvailability(Command, frozen=True):
    """Tell levels that changed since they were last told, of a picture at ``position``. Answer: AvailabilityTold."""

    seen: tuple[LevelSeen, ...]
    position: int


class AvailabilityTold(Answer):
    """Answer of TellAvailability: what is told now of each level seen, in their order; and how many are news."""

    levels: tuple[int, ...]
    changed: int
