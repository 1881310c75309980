"""The tools of the tests keep their own promises."""

import asyncio
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from tests.support.postgres import PostgresServer
from tests.support.processes import ServerProcess, free_port, serve_folder


def test_each_test_gets_an_empty_database_of_its_own(database_url: str, postgres_server: PostgresServer):
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        assert path.is_absolute()
        assert path.parent.is_dir()
        assert not path.exists()
    else:
        count = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert postgres_server.execute(count, database_url) == "0"
        postgres_server.execute("CREATE TABLE mine ()", database_url)


def test_the_driver_connects_with_the_url(postgresql_url: str):
    async def answer():
        connection = await asyncpg.connect(postgresql_url)
        try:
            return await connection.fetchval("SELECT 42")
        finally:
            await connection.close()

    assert asyncio.run(answer()) == 42


def test_a_crash_keeps_what_was_committed(own_postgres_server: PostgresServer):
    server = own_postgres_server
    url = server.create_database()
    server.execute("CREATE TABLE kept AS SELECT 7 AS n", url)
    server.stop("immediate")
    assert not server.running
    server.start()
    assert server.execute("SELECT n FROM kept", url) == "7"
    assert "automatic recovery in progress" in server.log()


def test_a_database_can_be_copied_from_a_template(postgres_server: PostgresServer):
    template = postgres_server.create_database()
    postgres_server.execute("CREATE TABLE copied AS SELECT 1 AS n", template)
    copy = postgres_server.create_database(template=template)
    assert postgres_server.execute("SELECT n FROM copied", copy) == "1"
    for url in (template, copy):
        postgres_server.drop_database(url)


def test_a_server_is_ready_when_it_is_handed_over(start_server, tmp_path: Path):
    port = free_port()
    server = start_server(serve_folder(port), f"http://127.0.0.1:{port}/", cwd=tmp_path)
    assert "GET / HTTP" in server.output()
    assert server.stop() != 0
    assert not server.running


def test_a_server_that_ends_at_once_shows_its_output():
    failing = ServerProcess([sys.executable, "-c", "raise SystemExit('no such setting')"], "http://127.0.0.1:9/")
    with pytest.raises(AssertionError, match="no such setting"):
        failing.start()


def test_a_server_that_never_answers_is_ended():
    began = time.monotonic()
    idle = ServerProcess([sys.executable, "-c", "input()"], f"http://127.0.0.1:{free_port()}/", timeout=0.3)
    with pytest.raises(AssertionError):
        idle.start()
    assert not idle.running
    assert time.monotonic() - began < 5
