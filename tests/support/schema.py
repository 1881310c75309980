"""The newest schema in an empty database, without running the migrations each time."""

import asyncio
import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import asyncpg

from crossdock.storage import migrate
from tests.support.postgres import find_binaries


@cache
def _template() -> Path:
    """A SQLite file with the newest schema, made once: a migration takes a second."""
    path = Path(tempfile.mkdtemp(prefix="crossdock-template-")) / "empty.db"
    atexit.register(_remove, path.parent, os.getpid())
    migrate.upgrade(f"sqlite:///{path}")
    return path


def _remove(folder: Path, owner: int) -> None:
    """Remove the template at the end of the process that made it: a child that was forked from it ends earlier."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _ddl(server: str) -> str:
    """The newest schema as PostgreSQL's own dump of it."""
    url = f"{server}/schema_of_the_tests"
    admin = [str(find_binaries() / "psql"), "-Xqc", "CREATE DATABASE schema_of_the_tests", f"{server}/postgres"]
    subprocess.run(admin, check=True, capture_output=True)
    migrate.upgrade(url)
    dump = subprocess.run([find_binaries() / "pg_dump", "--inserts", url], check=True, capture_output=True, text=True)
    # Newer programs write commands of psql around it, which the server does not know.
    return "\n".join(row for row in dump.stdout.splitlines() if not row.startswith("\\"))


def make_schema(url: str) -> None:
    """Give an empty database the newest schema, from a copy where that is quicker."""
    if url.startswith("sqlite"):
        shutil.copy(_template(), url.removeprefix("sqlite:///"))
        return
    ddl = _ddl(url.rpartition("/")[0])

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(ddl)
        await connection.close()

    asyncio.run(run())
