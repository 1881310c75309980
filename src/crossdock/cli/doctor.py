"""``crossdock doctor``: is everything there that Crossdock needs, and if not, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import typer

from crossdock import __version__, local
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit
from crossdock.cli.remote import Client
from crossdock.events import last_position
from crossdock.identity import count_users, list_keys
from crossdock.kernel.errors import CrossdockError
from crossdock.settings import Settings

_LITTLE_SPACE = 1 << 30


class Finding(msgspec.Struct):
    """What was looked at, how it is, and what to do about it."""

    check: str
    state: Literal["ok", "note", "bad"]
    found: str
    next_step: str = ""


class _Health(msgspec.Struct):
    status: str


def doctor(ctx: typer.Context, output: Output = "table") -> None:
    """Look at settings, database, server and machine; exit code 1 when something is bad."""
    findings = list(look(settings_of(ctx)))
    emit(
        findings,
        [column("Check"), column("State"), column("Found", wraps=True), column("Next", "next_step", wraps=True)],
        output,
    )
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def look(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one finding each."""
    yield Finding("program", "ok", f"crossdock {__version__}, Python {platform.python_version()}, {sys.platform}")
    yield Finding("database", "ok", local.shown(settings.database_url))
    for check in (_schema, _server, _content, _space, _folder):
        try:
            yield check(settings)
        except CrossdockError as error:
            yield Finding(check.__name__.strip("_"), "bad", error.detail, error.next_step)


def _schema(settings: Settings) -> Finding:
    found = local.schema(settings.database_url)
    if found.is_current:
        return Finding("schema", "ok", f"{found.found}, as needed")
    step = "`crossdock db upgrade` makes it"
    return Finding("schema", "bad", f"{found.found or 'none'}, {found.needed} is needed", step)


def _server(settings: Settings) -> Finding:
    endpoint = local.read_endpoint(settings.database_url)
    if not local.is_in_use(settings.database_url):
        return _port(settings)
    if endpoint is None:
        return Finding("server", "note", "another process has the database open", "wait until it is done")
    Client(endpoint.url, endpoint.secret).ask("GET", "/readyz", _Health)
    return Finding("server", "ok", f"process {endpoint.pid} answers on {endpoint.url}")


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if taken:
        return Finding("server", "bad", f"something else listens on port {settings.port}", "choose another: --port")
    return Finding("server", "note", "none runs", "`crossdock serve` starts one")


def _content(settings: Settings) -> Finding:
    with local.reading(settings.database_url) as read:
        orders = read(lambda session: session.fetch("SELECT count(*) FROM orders")[0][0])
        users, position = read(count_users), read(last_position)
        keys = sum(key.revoked_at is None for key in read(list_keys))
    said = f"{orders:,} orders, log position {position:,}, {keys} keys, {users} users"
    return Finding("content", "ok", said)


def _space(settings: Settings) -> Finding:
    where = local.endpoint_path(settings.database_url) or Path(settings.data_dir)
    folder = next(parent for parent in where.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    state: Literal["ok", "bad"] = "ok" if free > _LITTLE_SPACE else "bad"
    taken = local.size(settings.database_url)
    said = f"{free / 1e9:.1f} GB free" + (f", the database has {taken / 1e6:,.0f} MB" if taken else "")
    return Finding("space", state, said, "" if state == "ok" else "make room, or move the database")


def _folder(settings: Settings) -> Finding:
    folder = Path(settings.data_dir).absolute()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(there, os.W_OK):
        return Finding("data folder", "ok", str(settings.data_dir))
    return Finding("data folder", "bad", f"{settings.data_dir} cannot be written to", "choose another: --data-dir")
