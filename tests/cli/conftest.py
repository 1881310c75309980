"""Commands as a person types them, in an empty folder, over a small retailer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from crossdock import local
from crossdock.cli.run import run
from tests.support.world import World


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


Cli = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder without settings from outside."""
    for name in ("DATABASE_URL", "CROSSDOCK_DATABASE_URL", "CROSSDOCK_CONFIG", "CROSSDOCK_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def url(home: Path) -> str:
    """The database that the commands find without being told."""
    return "sqlite:///var/crossdock.db"


@pytest.fixture
def shop(url: str) -> str:
    """A retailer with two locations, two items, an order that could be filled and one that could not; its URL."""
    local.upgrade(url)
    with World(url, upgrade=False) as world:
        world.standard("DC", "STORE", items=("MUG", "LAMP"))
        world.receive("MUG", "DC", 5)
        world.capture("A1", ("MUG", 2))
        world.capture("A2", ("LAMP", 3))
    return url
