"""The schema that migrations make is the one that the code works with, on both databases, there and back."""

import sqlite3

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

import crossdock.app  # noqa: F401  (every table is known)
from crossdock.serve import ready
from crossdock.storage import migrate
from crossdock.storage.errors import SchemaOutdated
from crossdock.storage.postgres import PostgresSession
from crossdock.storage.schema import metadata
from crossdock.storage.sqlite import SqliteSession
from tests.support.schema import make_schema
from tests.support.world import World


def test_migrations_make_what_the_tables_say(database_url: str):
    assert migrate.upgrade(database_url) == (None, migrate.head())

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    assert migrate.with_connection(database_url, compare) == []


def test_every_rule_of_the_tables_is_in_the_database(database_url: str):
    """compare_metadata does not see CHECKs, and they are what stands behind everything else."""
    migrate.upgrade(database_url)

    def checks(connection: Connection) -> set[str]:
        seen = inspect(connection)
        return {str(check["name"]) for table in metadata.tables for check in seen.get_check_constraints(table)}

    wanted = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    assert migrate.with_connection(database_url, checks) == wanted
    assert "ck_positions_never_sold_twice" in wanted


def test_a_second_upgrade_changes_nothing(database_url: str):
    migrate.upgrade(database_url)
    assert migrate.upgrade(database_url) == (migrate.head(), migrate.head())


def test_a_migration_can_be_taken_back(database_url: str):
    migrate.upgrade(database_url)

    def back(connection: Connection) -> set[str]:
        command.downgrade(migrate._config(connection), "base")
        return set(inspect(connection).get_table_names()) - {"alembic_version"}

    assert migrate.with_connection(database_url, back) == set()
    assert migrate.upgrade(database_url) == (None, migrate.head())


def test_a_program_says_when_the_schema_is_not_its_own(database_url: str):
    with World(database_url) as world:
        world.change("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(SchemaOutdated, match="0000"):
        ready(database_url)


def test_the_copied_schema_of_the_tests_is_the_migrated_one(database_url: str):
    make_schema(database_url)
    assert migrate.current(database_url) == migrate.head()


# -- what makes an answer durable -------------------------------------------------------------------------------------


def test_sqlite_syncs_its_log_at_every_commit(sqlite_url: str):
    with World(sqlite_url) as world:
        assert world.app.database.path is not None
        session = SqliteSession(world.app.database.path, readonly=False)
        asked = {name: session._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        session.close()
        assert asked == {"journal_mode": "wal", "synchronous": 2}
        reader = SqliteSession(world.app.database.path, readonly=True)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM orders")
        reader.close()


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_postgres_that_may_lose_answers_is_refused(own_postgres_server, setting: str):
    server = own_postgres_server
    url = server.create_database()
    server.settings[setting] = "off"
    server.restart()
    with pytest.raises(RuntimeError, match=setting):
        PostgresSession(url, readonly=False)
    PostgresSession(url, readonly=True).close()
