"""On PostgreSQL every command opens the database itself; the words are the same."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


def test_commands_work_on_postgresql(cli: Cli, postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    empty = cli("orders", "list")
    assert (empty.code, "crossdock db upgrade" in empty.err) == (6, True)
    assert cli("db", "upgrade", "-o", "json").json[0]["result"] == "created"
    assert cli("db", "upgrade", "-o", "json").json[0]["result"] == "unchanged"
    made = cli("keys", "create", "shop", "-o", "json").json
    assert cli("keys", "revoke", made["key"]["id"]).code == 0
    assert cli("inventory", "verify").code == 0
    assert cli("orders", "show", "nope").code == 3
    refused = cli("demo", "--reset", "--yes")
    assert (refused.code, "is no file" in refused.err) == (4, True)
    checks = {row["check"]: row["state"] for row in cli("doctor", "-o", "json").json}
    assert checks["schema"] == checks["content"] == "ok"


def test_a_server_that_is_not_there_is_6(cli: Cli):
    result = cli("--database-url", "postgresql://nobody@127.0.0.1:1/nothing", "orders", "list")
    assert result.code == 6
    assert "error:" in result.err


def test_a_database_that_is_not_there_is_6(cli: Cli, postgresql_url: str):
    result = cli("--database-url", f"{postgresql_url}_missing", "orders", "list")
    assert result.code == 6
