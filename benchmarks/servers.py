"""Servers under measurement, on databases of their own, in processes of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from benchmarks import world
from crossdock.app import App
from crossdock.identity.keys import create_key
from crossdock.storage.jobs import Work
from tests.support.postgres import PostgresServer
from tests.support.processes import free_port

SCOPES = (
    *("orders:read", "orders:write", "inventory:read", "inventory:write", "jobs:read", "promises:write"),
    *("config:read", "config:write"),
)


class Running(NamedTuple):
    """A server, its key, and what it writes at its end."""

    url: str
    key: str
    report: dict[str, Any]
    pid: int


class Databases:
    """The measured world on both databases: built once, copied for each server."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._postgres: PostgresServer | None = None
        self._template: str | None = None
        self._file: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._postgres is not None:
            self._postgres.close()
        self._stack.close()

    def fresh(self, kind: str) -> str:
        """Return the URL of a new copy of the world on "sqlite" or "postgres"."""
        if kind == "sqlite":
            if self._file is None:
                self._file = self.folder / "world.db"
                world.build(f"sqlite:///{self._file}")
            return world.copy_sqlite(self._file, self.folder / "run.db")
        if self._postgres is None:
            self._postgres = PostgresServer(settings={"shared_buffers": "1GB", "max_wal_size": "4GB"})
            self._postgres.start()
            self._template = self._postgres.create_database()
            world.build(self._template)
            self._postgres.execute("VACUUM ANALYZE", self._template)
        return self._postgres.create_database(template=self._template)


@contextlib.contextmanager
def serving(url: str, folder: Path, *options: str) -> Iterator[Running]:
    """Run a server on a database until the block ends; its report is complete after that."""
    app = App(url)
    app.start()
    _, secret = app.submit_now(Work(lambda unit: create_key(unit, "benchmark", SCOPES, "system:benchmark")))
    app.close()
    port = free_port()
    path = folder / "report.json"
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.server", url, str(port), str(path), *options]
    process = subprocess.Popen(command)
    running = Running(f"http://127.0.0.1:{port}", secret, {}, process.pid)
    try:
        _await_first_answer(running.url, process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=60)
    running.report.update(json.loads(path.read_text(encoding="utf-8")))


def _await_first_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once with exit code {process.returncode}")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/healthz", timeout=1).raise_for_status()
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not answer within a minute")
