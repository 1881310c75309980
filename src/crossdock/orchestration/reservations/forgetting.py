"""Reservations that ended without an order are forgotten after a while; what they did to stock stays in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

import msgspec

from crossdock.inventory import reservation_store as store
from crossdock.kernel.clock import DAY
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

KEPT_ENDED = 30 * DAY
"""So long after its time was over a reservation that was given back, expired or broken can still be read."""
AT_ONCE = 5_000


class ForgetReservations(msgspec.Struct, frozen=True):
    """Delete reservations that ended without an order long ago, at most so many. Answer: how many."""

    most: int = AT_ONCE


class ForgetReservationsHandler:
    """Does ForgetReservations."""

    max_batch = 1

    def weight(self, command: ForgetReservations) -> int:
        return command.most // 50

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""

    def run(self, unit: Unit, commands: Sequence[ForgetReservations], attempts: Sequence[int]) -> list[Outcome]:
        return [store.forget(unit, unit.now - KEPT_ENDED, command.most) for command in commands]


class Application(Protocol):
    """What forgetting needs of the application: its writer."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Have the writer do a command."""


async def forget_reservations(app: Application) -> int:
    """Forget everything that has had its time, a part at a time so that orders go between; returns how many."""
    forgotten, part = 0, AT_ONCE
    while part == AT_ONCE:
        part = await app.submit(ForgetReservations())
        forgotten += part
    return forgotten
