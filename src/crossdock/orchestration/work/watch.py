"""The watch over work: what is due, what is offered, what is paused, what is too much for a day."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from crossdock.orchestration.work.commands import WATCH, WatchDays, WatchDeadlines, Watched, WatchOffers, WatchPauses

WORK_SECONDS = 5.0
_MOST_ROUNDS = 100
_COMMANDS = (
    WatchDeadlines(actor=WATCH),
    WatchOffers(actor=WATCH),
    WatchPauses(actor=WATCH),
)
_DAYS = WatchDays(actor=WATCH)
_DAYS_EVERY = 12  # a minute: it looks at every day that was ever taken of


class Submits(Protocol):
    """Whoever has commands done."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Have a command done and return its answer."""


class WorkWatch:
    """Looks at everything that time changes; a page at a time, so that captures are never kept waiting."""

    def __init__(self, app: Submits) -> None:
        self._app = app
        self._rounds = 0

    async def once(self) -> int:
        """Look until nothing is left to do, or for so many pages; returns how many things were looked at."""
        looked = 0
        commands = _COMMANDS if self._rounds % _DAYS_EVERY else (*_COMMANDS, _DAYS)
        self._rounds += 1
        for command in commands:
            for _ in range(_MOST_ROUNDS):
                answer: Watched = await self._app.submit(command)
                looked += answer.looked_at
                if not answer.more:
                    break
        return looked
