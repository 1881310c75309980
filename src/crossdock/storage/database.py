"""One database, whichever it is: opens sessions, knows which worker we are, keeps readers in a small pool."""

from __future__ import annotations

import asyncio
import queue
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import MAX_WORKERS, IdFactory
from crossdock.storage.admission import Turnstile
from crossdock.storage.errors import ConnectionLost, DatabaseUnavailable
from crossdock.storage.postgres import PostgresSession
from crossdock.storage.session import Session
from crossdock.storage.sqlite import FileLock, SqliteSession

T = TypeVar("T")
_READERS = 4


class Database:
    """The database behind a URL: ``sqlite:///path/file.db`` or ``postgresql://user@host/name``."""

    def __init__(self, url: str, *, readers: int = _READERS) -> None:
        self.url = url
        self.path = _sqlite_path(url)
        if self.path is None and not url.startswith(("postgresql://", "postgres://")):
            raise Invalid(
                f"'{url.split(':', 1)[0]}:…' is no database URL; use sqlite:///FILE or postgresql://HOST/NAME."
            )
        self._lock: FileLock | None = None
        self._worker_session: PostgresSession | None = None
        self._ids: IdFactory | None = None
        self._pool = ThreadPoolExecutor(max_workers=readers, thread_name_prefix="reader")
        self._local = threading.local()
        self.turnstile = Turnstile()
        self._open_readers: queue.SimpleQueue[Session] = queue.SimpleQueue()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "postgresql" if self.path is None else "sqlite"

    def become_worker(self) -> IdFactory:
        """Take a worker number for this process and return the factory of its ids.

        On SQLite this is the ownership of the file; raises DatabaseInUse when another process has it.
        """
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock or FileLock(self.path)
            return IdFactory(0)
        # A connection of its own: the number is ours as long as it lives, whatever happens to the writer's.
        self._worker_session = self._worker_session or PostgresSession(
            self.url, readonly=False, name="crossdock worker"
        )
        # From anywhere on, so that who starts while the database comes back hardly gets a number that is still in use.
        start = secrets.randbelow(MAX_WORKERS)
        number = self._worker_session.claim_worker([*range(start, MAX_WORKERS), *range(start)])
        if number is None:
            raise DatabaseUnavailable(f"All {MAX_WORKERS} worker numbers are taken: too many processes run.")
        self._ids = IdFactory(number)
        return self._ids

    def stay_worker(self) -> None:
        """Make sure that the worker number is still ours after connections were lost; raises if somebody has it now."""
        session, ids = self._worker_session, self._ids
        if session is None or ids is None or session.alive():
            return
        session.close()
        self._worker_session = PostgresSession(self.url, readonly=False, name="crossdock worker")
        number = self._worker_session.claim_worker(range(ids.worker, ids.worker + 1))
        if number is None:
            raise DatabaseUnavailable(f"Another process has become worker {ids.worker} while the database was away.")

    def session(self, *, readonly: bool = False) -> Session:
        """Open a connection for the calling thread."""
        if self.path is not None:
            if readonly and not self.path.exists():
                raise DatabaseUnavailable(f"There is no database at {self.path}; `crossdock db upgrade` makes one.")
            return SqliteSession(self.path, readonly=readonly)
        return PostgresSession(self.url, readonly=readonly)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run a query function on one of the reader threads, in one snapshot."""
        await self.turnstile.pass_through()
        return await asyncio.wrap_future(self._pool.submit(self.read_now, work))

    def read_now(self, work: Callable[[Session], T]) -> T:
        """Run a query function on this thread's own read-only connection, in one snapshot."""
        session = self._reader()
        try:
            return _in_snapshot(session, work)
        except ConnectionLost:
            # A reader has nothing to lose: once more on a new connection, then the caller hears of it.
            self._local.session = None
            session.close()
            try:
                return _in_snapshot(self._reader(), work)
            except ConnectionLost as again:
                raise DatabaseUnavailable(str(again)) from again

    def look_now(self, work: Callable[[Session], T]) -> T:
        """Run a query function on this thread's own read-only connection; each statement sees what is committed then.

        Cheaper than ``read_now`` by two trips to the server, for who looks every few milliseconds.
        """
        session = self._reader()
        try:
            return work(session)
        except ConnectionLost as lost:
            self._local.session = None
            session.close()
            raise DatabaseUnavailable(str(lost)) from lost

    def _reader(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self.session(readonly=True)
            self._open_readers.put(session)
        return session

    def close(self) -> None:
        """Close the readers and give up the file or the worker number."""
        self._pool.shutdown(wait=True)
        while not self._open_readers.empty():
            self._open_readers.get().close()
        if self._worker_session is not None:
            self._worker_session.close()
        if self._lock is not None:
            self._lock.release()


def _in_snapshot(session: Session, work: Callable[[Session], T]) -> T:
    session.begin()
    try:
        return work(session)
    finally:
        session.rollback()


def _sqlite_path(url: str) -> Path | None:
    if not url.startswith("sqlite:"):
        return None
    path = urlsplit(url).path
    if not url.startswith("sqlite:///") or len(path) < 2:
        raise Invalid("A SQLite URL names a file: sqlite:///relative.db or sqlite:////absolute/path.db.")
    return Path(path[1:])
