"""What the API needs of the application behind it; app.App is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crossdock.identity import KeyRing
from crossdock.orchestration import (
    AtpReader,
    FeedRunner,
    ImportRunner,
    PromiseDesk,
    SupplyRunner,
    TrialRunner,
    TryDesk,
)

T = TypeVar("T")


class Turns(Protocol):
    """The admission of reads."""

    @property
    def busy(self) -> Callable[[], bool]:
        """Says whether the writer is behind."""

    async def pass_through(self, spacing: float) -> None:
        """Wait for one's turn while the writer is behind."""


class Reads(Protocol):
    """The readers of the database."""

    @property
    def turnstile(self) -> Turns:
        """What a read passes that does not go through the database."""

    async def read(self, work: Callable[[Any], T]) -> T:
        """Run a query function on a reader's thread, in one snapshot."""


class Configuration(Protocol):
    """The configuration in memory."""

    locations: Any
    """Location id to the stored location."""


class Backend(Protocol):
    """The application: one writer, some readers, the configuration, the clock."""

    @property
    def database(self) -> Reads:
        """The readers."""

    @property
    def config(self) -> Configuration:
        """The configuration in memory."""

    @property
    def keys(self) -> KeyRing:
        """The API keys in memory."""

    @property
    def atp(self) -> AtpReader:
        """Who knows what can be promised."""

    @property
    def imports(self) -> ImportRunner:
        """Who works on the imports of this process."""

    @property
    def promises(self) -> PromiseDesk:
        """Who makes offers."""

    @property
    def feeds(self) -> FeedRunner:
        """Who works on the imports of feeds of this process."""

    @property
    def supplies(self) -> SupplyRunner:
        """Who works on the imports of supply lines of this process."""

    @property
    def trials(self) -> TrialRunner:
        """Who tries drafts of policies on past orders, in this process."""

    @property
    def try_desk(self) -> TryDesk:
        """Who tries orders that are none yet."""

    @property
    def data_dir(self) -> Path:
        """The folder where uploads and error files are kept."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Have the writer do a command; raises its CrossdockError."""

    def clock(self) -> int:
        """The present instant in microseconds UTC."""
