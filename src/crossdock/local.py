"""The database as the command line finds it: is it there, at which schema, who owns it, how to make and remove it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crossdock.storage.database import Database
from crossdock.storage.errors import DatabaseInUse, DatabaseUnavailable, SchemaOutdated

T = TypeVar("T")
_MIGRATIONS = Path(__file__).parent / "storage" / "migrations" / "versions"
_NO_TABLE = ("no such table", "does not exist")


class Endpoint(msgspec.Struct, frozen=True):
    """Where the server that owns a database file listens, and the key with which this machine's owner may ask it."""

    url: str
    secret: str
    pid: int


class Schema(msgspec.Struct, frozen=True):
    """The version that a database is at (None when it is empty or not there), and the one that is needed."""

    found: str | None
    needed: str

    @property
    def is_current(self) -> bool:
        """Say whether the program can work with it."""
        return self.found == self.needed


def needed_schema() -> str:
    """Return the newest schema version, without loading what migrates."""
    return max(path.name[:4] for path in _MIGRATIONS.glob("[0-9]*.py"))


def schema(url: str) -> Schema:
    """Look at the schema of a database; changes nothing and makes no file."""
    needed = needed_schema()
    database = Database(url, readers=1)
    try:
        if database.path is not None and not database.path.exists():
            return Schema(None, needed)
        rows = database.read_now(lambda session: session.fetch("SELECT version_num FROM alembic_version"))
        return Schema(str(rows[0][0]) if rows else None, needed)
    except (DatabaseUnavailable, DatabaseInUse):
        raise
    except Exception as error:
        if any(words in str(error) for words in _NO_TABLE):
            return Schema(None, needed)
        raise DatabaseUnavailable(f"{shown(url)}: {error}") from error
    finally:
        database.close()


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the schema to the newest version; refused while another process owns the file."""
    from crossdock.storage import migrate  # noqa: PLC0415  (half a second that reading commands need not wait for)

    with owned(url):
        return migrate.upgrade(url)


@contextmanager
def owned(url: str) -> Iterator[None]:
    """Own the database file for a while; raises DatabaseInUse when somebody else does."""
    database = Database(url, readers=1)
    try:
        if database.path is not None:
            database.become_worker()
        yield
    finally:
        database.close()


def is_in_use(url: str) -> bool:
    """Say whether another process owns the database file."""
    database = Database(url, readers=1)
    path = database.path
    try:
        if path is None or not path.exists():
            return False
        database.become_worker()
    except DatabaseInUse:
        return True
    finally:
        database.close()
    return False


@contextmanager
def reading(url: str) -> Iterator[Callable[[Callable[[Any], T]], T]]:
    """Read from a database that is there and current, whoever else writes to it; raises what says what to do else."""
    found = schema(url)
    if found.found is None:
        raise NoDatabase(f"There is no database at {shown(url)} yet.")
    if not found.is_current:
        raise SchemaOutdated(f"The database is at schema {found.found}, this program needs {found.needed}.")
    database = Database(url, readers=1)
    try:
        yield database.read_now
    finally:
        database.close()


def remove(url: str) -> Path | None:
    """Delete an SQLite database with everything beside it; refused while it is in use. None when it is no file."""
    path = Database(url, readers=1).path
    if path is None:
        return None
    with owned(url):
        for part in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", ".server.json"))):
            part.unlink(missing_ok=True)
    return path


def size(url: str) -> int:
    """Return how many bytes an SQLite database has, its log included; 0 for what is no file."""
    path = Database(url, readers=1).path
    if path is None:
        return 0
    return sum(part.stat().st_size for part in (path, path.with_name(path.name + "-wal")) if part.exists())


def endpoint_path(url: str) -> Path | None:
    """Return where a server that owns this SQLite file says how to reach it."""
    path = Database(url, readers=1).path
    return None if path is None else path.with_name(path.name + ".server.json")


def read_endpoint(url: str) -> Endpoint | None:
    """Return how to reach the server of an SQLite file; None when none ever said."""
    path = endpoint_path(url)
    try:
        return None if path is None else msgspec.json.decode(path.read_bytes(), type=Endpoint)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_endpoint(url: str, endpoint: Endpoint) -> None:
    """Say how to reach this server, to nobody but the owner of the file."""
    path = endpoint_path(url)
    if path is None:
        return
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(endpoint))
    part.replace(path)


def shown(url: str) -> str:
    """Return a database URL without the password in it."""
    scheme, mark, rest = url.partition("://")
    before, at, after = rest.rpartition("@")
    user = before.partition(":")[0]
    return f"{scheme}{mark}{user}{at}{after}" if at else url


class NoDatabase(DatabaseUnavailable):
    """There is no database yet."""

    code = "no_database"
    title = "There is no database yet"
    retryable = False
    next_step = "Make one with `crossdock db upgrade`, or one with a year of orders with `crossdock demo`."


class Unreachable(DatabaseInUse):
    """Another process owns the database, and does not answer."""

    code = "owner_unreachable"
    title = "The process that owns the database does not answer"
    next_step = "Stop the process that has the database open, or wait until it is done; `crossdock doctor` says more."
