"""Forgetting what has had its time: remembered answers, batch ids, the stock log that every process has followed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossdock.kernel.clock import DAY, HOUR
from crossdock.storage.requests import RETENTION
from crossdock.storage.unit import Unit

BATCHES_KEPT = DAY
STOCK_LOG_KEPT = 1_000_000
"""Rows: a process that is further behind reads its picture anew."""


class KeepHouse(msgspec.Struct, frozen=True):
    """Delete what is past its time."""


class HouseKept(msgspec.Struct):
    """How many rows were deleted."""

    answers: int
    batches: int
    stock_log: int


class HousekeepingHandler:
    """Does KeepHouse."""

    max_batch = 1

    def weight(self, command: KeepHouse) -> int:  # noqa: ARG002  (a handler takes what its protocol gives)
        return 1

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""

    def run(self, unit: Unit, commands: Sequence[KeepHouse], attempts: Sequence[int]) -> list[HouseKept]:  # noqa: ARG002
        session, now = unit.session, unit.now
        last = session.fetch("SELECT coalesce(max(id), 0) FROM stock_log")[0][0]
        kept = HouseKept(
            answers=session.execute("DELETE FROM idempotency_keys WHERE created_at < ?", now - RETENTION),
            batches=session.execute("DELETE FROM batches WHERE committed_at < ?", now - BATCHES_KEPT),
            stock_log=session.execute("DELETE FROM stock_log WHERE id < ?", last - STOCK_LOG_KEPT),
        )
        # Whoever counts the changes sees another number and reads the configuration anew: that is all a row is for.
        session.execute("DELETE FROM config_log WHERE at < ?", now - BATCHES_KEPT)
        unit.dirty = True
        return [kept]


EVERY = HOUR
