"""What the console needs from the program behind it: to read, and to ask the writer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crossdock.orchestration import FeedRunner, PromiseDesk, TrialRunner, TryDesk

T = TypeVar("T")


class Reader(Protocol):
    """Runs query functions in one snapshot each (storage.Database is one)."""

    async def read(self, work: Callable[[Any], T]) -> T:
        """Run a query function on a reader thread and return its answer."""


class Backend(Protocol):
    """The running program, as the console sees it (app.App is one)."""

    @property
    def database(self) -> Reader:
        """Where pages read from."""

    @property
    def promises(self) -> PromiseDesk:
        """What makes offers."""

    @property
    def data_dir(self) -> Path:
        """Where spooled uploads lie."""

    @property
    def feeds(self) -> FeedRunner:
        """What reads the uploads of feeds."""

    @property
    def trials(self) -> TrialRunner:
        """What decides past orders again under a draft."""

    @property
    def try_desk(self) -> TryDesk:
        """What tries orders that are none yet."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Ask the writer to do a command; awaiting yields its answer or raises a CrossdockError."""
