"""PostgreSQL through asyncpg, driven synchronously: each session has an event loop of its own for its own thread."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
import uvloop
from sqlalchemy import Table

from crossdock.storage.errors import ConnectionLost, DatabaseUnavailable, Poisoned, TransientFault
from crossdock.storage.schema import postgres_type
from crossdock.storage.session import Row

LOG_LOCK = 0x43524F53  # "CROS": one advisory lock orders the log; held from the last statements to the commit
WORKER_LOCK = 0x574F524B  # "WORK": with a number, one per running process, so that ids never collide
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
    OSError,
)


class PostgresSession:
    """A connection to one PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, dsn: str, *, readonly: bool, name: str = "crossdock") -> None:
        self._begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if readonly else "BEGIN"
        self._loop = uvloop.new_event_loop()
        try:
            self._db = self._wait(
                asyncpg.connect(
                    dsn,
                    timeout=10,
                    statement_cache_size=1000,
                    server_settings={
                        "application_name": name,
                        "timezone": "UTC",
                        "jit": "off",
                        # A writer whose machine is gone must not hold its locks until TCP notices.
                        "idle_in_transaction_session_timeout": "60s",
                        "default_transaction_read_only": "on" if readonly else "off",
                    },
                )
            )
            if not readonly:
                self._assert_settings()
        except (ConnectionLost, OSError, TimeoutError, asyncpg.InvalidCatalogNameError) as error:
            self._loop.close()
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error

    def _assert_settings(self) -> None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            value = self._wait(self._db.fetchval(f"SHOW {setting}"))
            if value == "off":
                self.close()
                raise RuntimeError(f"PostgreSQL runs with {setting} = off: what is acknowledged could be lost")

    def _wait(self, awaitable: Any) -> Any:
        try:
            return self._loop.run_until_complete(awaitable)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
            raise TransientFault(str(error)) from error
        except _LOST as error:
            raise ConnectionLost(str(error)) from error
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            raise Poisoned(str(error)) from error

    def begin(self) -> None:
        self._wait(self._db.execute(self._begin))

    def commit(self) -> None:
        self._wait(self._db.execute("COMMIT"))

    def rollback(self) -> None:
        if not self._db.is_closed() and self._db.is_in_transaction():
            self._wait(self._db.execute("ROLLBACK"))

    def fetch(self, sql: str, *params: Any) -> list[Any]:
        return self._wait(self._db.fetch(_numbered(sql), *params))  # type: ignore[no-any-return]

    def execute(self, sql: str, *params: Any) -> int:
        return _changed(self._wait(self._db.execute(_numbered(sql), *params)))

    def fetch_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> list[Any]:
        if not keys:
            return []
        return self._wait(self._db.fetch(_keyed(sql, tuple(types)), *zip(*keys, strict=True), *params))  # type: ignore[no-any-return]

    def execute_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> int:
        if not keys:
            return 0
        return _changed(self._wait(self._db.execute(_keyed(sql, tuple(types)), *zip(*keys, strict=True), *params)))

    def insert(self, table: Table, rows: Sequence[Row]) -> int:
        if rows:
            self._wait(self._db.execute(_insert_sql(table), *zip(*rows, strict=True)))
        return len(rows)

    def insert_columns(self, table: Table, columns: Sequence[Sequence[Any]]) -> int:
        if len(columns[0]):
            self._wait(self._db.execute(_insert_sql(table), *columns))
        return len(columns[0])

    def execute_columns(self, sql: str, types: Sequence[str], columns: Sequence[Sequence[Any]], *params: Any) -> int:
        if not len(columns[0]):
            return 0
        return _changed(self._wait(self._db.execute(_keyed(sql, tuple(types)), *columns, *params)))

    def insert_new(self, table: Table, rows: Sequence[Row]) -> list[Any]:
        if not rows:
            return []
        return self._wait(self._db.fetch(_insert_new_sql(table), *zip(*rows, strict=True)))  # type: ignore[no-any-return]

    def next_log_ids(self, count: int) -> int:
        self._wait(self._db.execute(f"SELECT pg_advisory_xact_lock({LOG_LOCK})"))
        sql = "SELECT min(n) FROM (SELECT nextval('log_position') AS n FROM generate_series(1, $1)) AS taken"
        return int(self._wait(self._db.fetchval(sql, count)))

    def alive(self) -> bool:
        """Say whether the connection still stands, by asking the server."""
        try:
            self.fetch("SELECT 1")
        except ConnectionLost:
            return False
        return True

    def claim_worker(self, numbers: Iterable[int]) -> int | None:
        """Take the first of these worker numbers that is free until this connection ends; None when all are taken."""
        for number in numbers:
            if self._wait(self._db.fetchval(f"SELECT pg_try_advisory_lock({WORKER_LOCK}, {number})")):
                return number
        return None

    def close(self) -> None:
        if not self._db.is_closed():
            try:
                self._loop.run_until_complete(self._db.close(timeout=5))
            except (*_LOST, TimeoutError):
                self._db.terminate()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


def _changed(status: str) -> int:
    """Read the row count out of a command tag such as ``UPDATE 3``."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


@lru_cache(maxsize=4096)
def _numbered(sql: str, start: int = 1) -> str:
    counter = iter(range(start, 1000))
    return re.sub(r"\?", lambda _: f"${next(counter)}", sql.replace("{lock}", "FOR NO KEY UPDATE"))


@lru_cache(maxsize=4096)
def _keyed(sql: str, types: tuple[str, ...]) -> str:
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types, 1))
    return _numbered(sql, len(types) + 1).replace("{keys}", f"SELECT * FROM unnest({arrays})")


@lru_cache(maxsize=4096)
def _insert_sql(table: Table) -> str:
    arrays = ", ".join(f"${n}::{postgres_type(column)}[]" for n, column in enumerate(table.columns, 1))
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"


@lru_cache(maxsize=4096)
def _insert_new_sql(table: Table) -> str:
    keys = list(table.primary_key)
    order = ", ".join(str(n) for n, column in enumerate(table.columns, 1) if column in keys)
    names = ", ".join(column.name for column in keys)
    # Sorted, so that two writers inserting the same keys wait for each other in one order and never in a circle.
    return f"{_insert_sql(table)} ORDER BY {order} ON CONFLICT DO NOTHING RETURNING {names}"
