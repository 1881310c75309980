"""Bringing a database's schema to what this program needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
FOLDER = Path(__file__).parent / "migrations"


def head() -> str:
    """Return the newest schema version."""
    return str(ScriptDirectory(str(FOLDER)).get_current_head())


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the database to the newest schema; returns the version before and after. Not from within an event loop."""

    def work(connection: Connection) -> tuple[str | None, str]:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), "head")
        return before, head()

    return with_connection(url, work)


def current(url: str) -> str | None:
    """Return the schema version that the database is at; None when it is empty."""
    return with_connection(url, lambda connection: MigrationContext.configure(connection).get_current_revision())


def with_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Run work over one SQLAlchemy connection, committed at the end; for schema work, never for orders."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()
    return asyncio.run(_over_asyncpg(url, work))


async def _over_asyncpg(url: str, work: Callable[[Connection], T]) -> T:
    _, _, rest = url.partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}")
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
