"""While a server runs it owns the file: commands that change something go to it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import msgspec
import pytest

from crossdock import local
from tests.cli.conftest import Cli
from tests.conftest import StartServer
from tests.support.processes import ServerProcess, free_port
from tests.support.world import order

CROSSDOCK = [sys.executable, "-m", "crossdock"]


@pytest.fixture
def server(shop: str, home: Path, start_server: StartServer) -> ServerProcess:
    port = free_port()
    return start_server([*CROSSDOCK, "serve", "--port", str(port)], f"http://127.0.0.1:{port}/readyz", cwd=home)


def test_the_whole_face_answers(server: ServerProcess):
    import httpx

    with httpx.Client(base_url=server.ready_url.removesuffix("/readyz")) as http:
        assert http.get("/healthz").json() == {"status": "ok"}
        assert http.get("/openapi.json").json()["openapi"].startswith("3.1")
        assert http.get("/v1/orders").status_code == 401
        assert http.get("/").status_code in {302, 303, 307}
        assert http.get("/sign-in").status_code == 200
        assert http.get("/local/repair").status_code == 401
        assert http.post("/local/repair", headers={"authorization": "Bearer guess"}).status_code == 401


def test_how_to_reach_it_is_for_its_owner_alone(server: ServerProcess):
    path = Path("var/crossdock.db.server.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert msgspec.json.decode(path.read_bytes())["pid"] == server.pid


def test_what_changes_something_goes_to_the_server(server: ServerProcess, cli: Cli):
    import httpx

    secret = cli("keys", "create", "shop", "--scope", "orders:read").out.strip()
    address = server.ready_url.removesuffix("/readyz")
    assert httpx.get(f"{address}/v1/orders", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    link = cli("sign-in-link", "me@example.org").out.strip()
    assert link.startswith(address)
    assert httpx.get(link).status_code == 200
    Path("stock.csv").write_text("sku,location,quantity\nLAMP,DC,10\nNOPE,DC,1\n")
    assert "1 recorded, 0 repeated, 1 failed" in cli("stock", "import", "stock.csv", "--kind", "received").err
    Path("orders.ndjson").write_bytes(msgspec.json.encode(order("B1", ("MUG", 1))) + b"\n{}\n")
    imported = cli("import", "orders", "orders.ndjson", "-o", "json")
    assert (imported.code, imported.json[0]["done"], imported.json[0]["failed"]) == (4, 1, 1)
    assert '"line":2' in imported.err
    assert cli("inventory", "repair", "--yes").code == 0
    key_id = next(row["id"] for row in cli("keys", "list", "-o", "json").json if row["name"] == "shop")
    assert cli("keys", "revoke", key_id).code == 0
    assert cli("keys", "revoke", "key_0000000000000").code == 3
    assert cli("inventory", "verify").code == 0
    checks = {row["check"]: row for row in cli("doctor", "-o", "json").json}
    assert checks["server"]["state"] == "ok"


def test_a_second_server_is_refused_and_says_why(server: ServerProcess, cli: Cli):
    result = cli("serve", "--port", 0)
    assert result.code == 6
    assert "in use by another process" in result.err
    assert cli("demo", "--reset", "--yes").code == 6
    assert Path("var/crossdock.db").exists()


def test_a_taken_port_is_named_with_a_way_out(server: ServerProcess, cli: Cli):
    port = server.ready_url.split(":")[2].split("/")[0]
    result = cli("--database-url", "sqlite:///other.db", "serve", "--port", port)
    assert result.code == 6
    assert "--port 0" in result.err


def test_it_stops_gracefully(server: ServerProcess):
    assert server.stop() == 0
    assert "nothing that was acknowledged is lost" in server.output()


def test_the_key_of_the_command_line_survives_a_restart(server: ServerProcess, cli: Cli, shop: str, home: Path):
    before = local.read_endpoint(shop)
    server.stop()
    server.start()
    after = local.read_endpoint(shop)
    assert before is not None
    assert after is not None
    assert before.secret == after.secret
    assert [row["name"] for row in cli("keys", "list", "-o", "json").json] == ["local admin"]


def test_after_a_crash_commands_do_it_themselves(server: ServerProcess, cli: Cli):
    server.kill()
    assert cli("keys", "create", "shop").code == 0


def test_another_owner_that_says_nothing_is_told_of(shop: str, cli: Cli):
    with local.owned(shop):
        result = cli("keys", "create", "shop")
    assert result.code == 6
    assert "crossdock doctor" in result.err
