"""Exit codes and words: an error says what is wrong and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock import __version__, local
from crossdock.cli import run as cli_run
from crossdock.kernel.errors import Conflict, CrossdockError, Internal, Invalid, NotFound, Refused, Unavailable
from crossdock.orchestration import VersionMismatch
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Internal, 1),
        (Invalid, 2),
        (NotFound, 3),
        (Conflict, 4),
        (Refused, 4),
        (VersionMismatch, 4),
        (Unavailable, 6),
    ],
)
def test_every_family_of_errors_has_its_exit_code(error: type[CrossdockError], code: int):
    assert cli_run.exit_code(error("no")) == code


def test_every_error_that_a_person_can_do_something_about_says_what():
    without = [
        code
        for code, kind in CrossdockError.registry.items()
        if kind.__module__.startswith(("crossdock.cli", "crossdock.local", "crossdock.serve")) and not kind.next_step
    ]
    assert without == ["server_refused"]  # it carries the server's own


def test_help_and_version(cli: Cli):
    assert cli("--version").out == f"crossdock {__version__}\n"
    text = cli("--help").out
    assert all(word in text for word in ("demo", "serve", "orders", "inventory", "Exit codes"))


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["orders", "lits"], ["orders", "show"], ["orders", "list", "-o", "xml"]]
)
def test_a_mistake_in_the_arguments_is_usage(cli: Cli, arguments: list[str]):
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_without_a_database_the_next_step_is_named(cli: Cli):
    result = cli("orders", "list")
    assert result.code == 6
    assert "There is no database at sqlite:///var/crossdock.db yet." in result.err
    assert "next: Make one with `crossdock db upgrade`" in result.err


def test_reading_makes_no_file(cli: Cli, home: Path):
    cli("orders", "list")
    assert list(home.iterdir()) == []


def test_an_old_schema_is_refused_with_the_next_step(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local, "needed_schema", lambda: "9999")
    result = cli("orders", "list")
    assert result.code == 6
    assert "crossdock db upgrade" in result.err


def test_a_wrong_setting_is_named_with_its_origin(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CROSSDOCK_PORT", "70000")
    result = cli("config", "check")
    assert result.code == 2
    assert "'port' (from CROSSDOCK_PORT)" in result.err


def test_an_interrupt_is_130(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch):
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(local, "reading", interrupted)
    result = cli("orders", "list")
    assert (result.code, result.err) == (130, "\nInterrupted.\n")


def test_settings_say_where_they_come_from(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch):
    (home / "crossdock.toml").write_text("port = 8123\n")
    monkeypatch.setenv("CROSSDOCK_HOST", "localhost")
    rows = cli("--database-url", "postgresql://me:secret@db/shop", "config", "show", "-o", "json").json
    found = {row["name"]: (row["value"], row["origin"]) for row in rows}
    assert found["port"] == (8123, "crossdock.toml")
    assert found["host"] == ("localhost", "CROSSDOCK_HOST")
    assert found["readers"] == (4, "default")
    assert found["database_url"] == ("postgresql://me@db/shop", "--database-url")


def test_the_newest_schema_is_known_without_loading_what_migrates():
    from crossdock.storage import migrate

    assert local.needed_schema() == migrate.head()
