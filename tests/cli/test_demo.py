"""The demonstration from the command line, with a morning of the year in the place of the year."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from crossdock.demo import online_retail
from crossdock.demo import reconcile as reconciling
from crossdock.demo.reconcile import Reconciliation
from tests.cli.conftest import Cli
from tests.cli.test_server import CROSSDOCK
from tests.conftest import StartServer
from tests.support.processes import free_port

NOON = datetime(2010, 12, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def morning() -> Reconciliation:
    """The first two hours, and the last order, by which the year is known to be whole."""
    year = reconciling.reconcile(online_retail.load())
    orders = [order for order in year.orders if order.placed_at < NOON]
    return msgspec.structs.replace(year, orders=[*orders, year.orders[-1]], cancellations=[])


@pytest.fixture
def short(morning: Reconciliation, monkeypatch: pytest.MonkeyPatch) -> Reconciliation:
    monkeypatch.setattr(reconciling, "reconcile", lambda _: morning)
    return morning


def test_the_year_is_made_told_and_not_made_twice(short: Reconciliation, cli: Cli, home: Path):
    first = cli("demo")
    assert first.code == 0, first.err
    words = " ".join(first.out.split())
    for said in (
        "as many as the file has 541,909",
        f"captured, routed and explained {len(short.orders)}",
        "in this year nothing ships yet",
        "nothing is wrong",
        "3 carts hold units for eight hours /reservations",
        "3 not taken: why is in the error file /feeds/wms",
    ):
        assert said in words
    again = cli("demo")
    assert (again.code, again.out) == (0, "")
    assert "already" in again.err
    assert "Added" not in again.err
    assert cli("orders", "explain", "536365").code == 0


def test_a_year_that_an_older_version_made_gets_what_is_missing(short: Reconciliation, cli: Cli):
    given = cli("demo", "-o", "json").json["shown"]
    assert [feed["source"] for feed in given["feeds"]] == ["wms", "tills"]
    for cart in cli("reservations", "list", "-o", "json").json:
        assert cli("reservations", "release", cart["id"]).code == 0
    assert "Added what was missing" in cli("demo").err
    assert len(cli("reservations", "list", "--state", "open", "-o", "json").json) == 3


def test_it_begins_anew_when_told_to(short: Reconciliation, cli: Cli):
    assert cli("demo", "-o", "json").json["summary"]["orders"] == len(short.orders)
    assert "Would delete" in cli("demo", "--reset", "--dry-run").err
    report = cli("demo", "--reset", "--yes", "-o", "csv")
    assert report.code == 0
    assert "rows: order line,sold,522440" in report.out.splitlines()


def test_every_row_is_counted_once(short: Reconciliation, cli: Cli):
    counts = cli("demo", "-o", "json").json["counts"]
    assert sum(count["rows"] for count in counts) == online_retail.ROWS


def test_the_second_start_gives_a_way_in(short: Reconciliation, cli: Cli, home: Path, start_server: StartServer):
    import httpx

    cli("demo")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = start_server([*CROSSDOCK, "demo", "--serve", "--port", str(port)], f"{address}/readyz", cwd=home)
    while "Stop: Ctrl-C" not in server.output():  # it answers a moment before it has said so
        time.sleep(0.05)
    lines = server.output().splitlines()
    link = next(line for line in lines if line.startswith(f"{address}/sign-in/"))
    secret = next(line for line in lines if line.startswith("cdk_"))
    headers = {"authorization": f"Bearer {secret}"}
    assert len(httpx.get(f"{address}/v1/orders", params={"limit": 3}, headers=headers).json()["data"]) == 3
    with httpx.Client(headers={"origin": address}) as browser:
        assert browser.post(link).status_code == 303
        assert browser.get(f"{address}/").status_code == 200
        assert browser.post(link).status_code != 303  # once
    assert server.stop() == 0
