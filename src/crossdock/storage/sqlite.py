"""SQLite: the embedded engine. One writer connection, any number of query-only readers, one process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table

from crossdock.storage.errors import DatabaseInUse, Poisoned
from crossdock.storage.session import Row

_json = msgspec.json.Encoder()
_CHUNKS = (256, 64, 16, 4, 1)
_FULL = 2
_MAX_VARIABLES = 32_000  # SQLite's own limit is 32,766
_CACHED_STATEMENTS = 512
LAST_LOG_ID = """
    SELECT max((SELECT coalesce(max(id), 0) FROM events), (SELECT coalesce(max(id), 0) FROM stock_log))
"""


class SqliteSession:
    """A connection to one SQLite file."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, readonly: bool) -> None:
        self._db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_CACHED_STATEMENTS, timeout=30
        )
        self._readonly = readonly
        # Pages in KiB: the writer looks up every order's rows, a reader leans on the operating system's cache.
        cache = 16_384 if readonly else 65_536
        for pragma in (f"cache_size=-{cache}", "temp_store=MEMORY", "foreign_keys=OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        if readonly:
            self._db.execute("PRAGMA query_only=ON")
            return
        self._db.execute("PRAGMA journal_mode=WAL")
        # FULL: the WAL is synced at every commit, so what was acknowledged survives a power cut, not only a kill.
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA wal_autocheckpoint=4000")
        self._assert_settings()

    def _assert_settings(self) -> None:
        mode = self._db.execute("PRAGMA journal_mode").fetchone()[0]
        sync = self._db.execute("PRAGMA synchronous").fetchone()[0]
        if mode != "wal" or sync != _FULL:
            raise RuntimeError(f"SQLite must run with WAL and synchronous FULL, not {mode} and {sync}")

    def begin(self) -> None:
        self._db.execute("BEGIN" if self._readonly else "BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def fetch(self, sql: str, *params: Any) -> list[Any]:
        return self._run(_plain(sql), params).fetchall()

    def execute(self, sql: str, *params: Any) -> int:
        return self._count(_plain(sql), params)

    def fetch_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> list[Any]:
        if not keys:
            return []
        return self._run(_keyed(sql, len(types)), (_json.encode(keys).decode(), *params)).fetchall()

    def execute_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> int:
        if not keys:
            return 0
        return self._count(_keyed(sql, len(types)), (_json.encode(keys).decode(), *params))

    def insert(self, table: Table, rows: Sequence[Row]) -> int:
        # Many rows a statement, not executemany: the interpreter lock is given up once a statement, and taking it
        # back from a busy event loop costs up to a switch interval each time.
        width = len(table.columns)
        for part in _chunks(rows, width):
            self._run(_insert_sql(table, len(part)), list(chain.from_iterable(part)))
        return len(rows)

    def insert_columns(self, table: Table, columns: Sequence[Sequence[Any]]) -> int:
        return self.insert(table, list(zip(*columns, strict=True)))

    def execute_columns(self, sql: str, types: Sequence[str], columns: Sequence[Sequence[Any]], *params: Any) -> int:
        # As bound values and not as JSON, which would be read again for each of its columns.
        changed, width = 0, len(types)
        for part in _chunks(list(zip(*columns, strict=True)), width):
            changed += self._count(_valued(sql, width, len(part)), [*chain.from_iterable(part), *params])
        return changed

    def insert_new(self, table: Table, rows: Sequence[Row]) -> list[Any]:
        new: list[Any] = []
        for part in _chunks(rows, len(table.columns)):
            new += self._run(_insert_new_sql(table, len(part)), list(chain.from_iterable(part))).fetchall()
        return new

    def next_log_ids(self, count: int) -> int:  # noqa: ARG002  (ids follow each other: no need to set any aside)
        # BEGIN IMMEDIATE is the log's lock: there is one writer, so ids follow each other in commit order.
        return int(self._db.execute(LAST_LOG_ID).fetchone()[0]) + 1

    def close(self) -> None:
        self._db.close()

    def _count(self, sql: str, params: Sequence[Any]) -> int:
        # The cursor's own rowcount is -1 for statements that begin with WITH.
        before = self._db.total_changes
        self._run(sql, params)
        return self._db.total_changes - before

    def _run(self, sql: str, params: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, params)
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as error:
            raise Poisoned(str(error)) from error


class FileLock:
    """Exclusive ownership of a database file by one process, given back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise DatabaseInUse(f"{path} is in use by another process.") from None

    def release(self) -> None:
        """Give the file up."""
        os.close(self._handle)


def _chunks(rows: Sequence[Row], width: int) -> Iterator[Sequence[Row]]:
    """Cut rows into a few fixed sizes, so that a few statements serve every batch and stay prepared."""
    start, total = 0, len(rows)
    for size in _CHUNKS:
        if size * width > _MAX_VARIABLES:
            continue
        while total - start >= size:
            yield rows[start : start + size]
            start += size


@lru_cache(maxsize=4096)
def _plain(sql: str) -> str:
    return sql.replace("{lock}", "")


@lru_cache(maxsize=4096)
def _keyed(sql: str, width: int) -> str:
    columns = ", ".join(f"value->>{n}" for n in range(width))
    return _plain(sql).replace("{keys}", f"SELECT {columns} FROM json_each(?)")


@lru_cache(maxsize=4096)
def _valued(sql: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return _plain(sql).replace("{keys}", f"VALUES {', '.join([row] * rows)}")


@lru_cache(maxsize=4096)
def _insert_sql(table: Table, rows: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([row] * rows)}"


@lru_cache(maxsize=4096)
def _insert_new_sql(table: Table, rows: int) -> str:
    key = ", ".join(column.name for column in table.primary_key)
    return f"{_insert_sql(table, rows)} ON CONFLICT DO NOTHING RETURNING {key}"
