"""``crossdock fulfillments``, ``locations`` and what customers choose."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crossdock.kernel.ids import encode_id
from crossdock.orders.model import AddressIn, DeliveryIn
from tests.cli.conftest import Cli
from tests.conftest import StartServer
from tests.support.processes import free_port
from tests.support.world import World


@pytest.fixture
def job(shop: str) -> str:
    """Work of two mugs, which DC and STORE have."""
    with World(shop, upgrade=False) as world:
        world.receive("MUG", "STORE", 5, record="cli-1")
        order = world.capture("CLI-1", ("MUG", 2)).order_id
        ((id_,),) = world.rows("SELECT id FROM fulfillments WHERE order_id = ? AND execution <> 8", order)
    return encode_id("ful", id_)


def test_the_steps_of_a_location(cli: Cli, job: str):
    for action, state in (("release", "released"), ("accept", "released"), ("start", "in_progress")):
        assert cli("fulfillments", action, job, "-o", "json").json["fulfillment"]["execution"] == state
    assert cli("fulfillments", "pick", job, "--line", "1=1").code == 0
    assert "pick, short_pick, reject, restock" in cli("fulfillments", "show", job).out
    assert cli("fulfillments", "pick", job, "--line", "1=9").code == 4
    assert cli("fulfillments", "pick", job, "--line", "one").code == 2
    assert cli("fulfillments", "release", job).code == 4
    listed = cli("fulfillments", "list", "--state", "in_progress", "-o", "json").json
    assert [each["id"] for each in listed] == [job]


def test_a_rejection(cli: Cli, job: str):
    assert cli("fulfillments", "reject", job, "--reason", "sunday").code == 2
    assert cli("fulfillments", "reject", job, "--reason", "too_busy").code == 4
    cli("fulfillments", "release", job)
    done = cli("fulfillments", "reject", job, "--reason", "too_busy", "--note", "ill", "-o", "json")
    assert (done.json["moved"], done.json["fulfillment"]["execution"]) == (2, "canceled")
    assert cli("fulfillments", "reject", "ful_0000000000000", "--reason", "other").code == 3


def test_by_hand_with_a_look_before(cli: Cli, job: str):
    here = cli("fulfillments", "show", job, "-o", "json").json["location"]
    there = ({"DC", "STORE"} - {here}).pop()
    seen = cli("fulfillments", "assign", job, there, "--dry-run").out
    assert "present" in seen
    assert f"2 units from {there}" in seen
    assert cli("fulfillments", "assign", job, there).code == 2
    done = cli("fulfillments", "assign", job, there, "--reason", "nearer", "-o", "json").json
    assert done["fulfillment"]["location"] == there
    offered = cli("fulfillments", "offer", done["fulfillment"]["id"], "DC", "STORE", "-o", "json").json
    assert cli("fulfillments", "claim", offered["id"], here).code == 0
    assert cli("fulfillments", "claim", offered["id"], there).code == 4


def test_pauses_empty_shelves_and_rules(cli: Cli, job: str):
    here = cli("fulfillments", "show", job, "-o", "json").json["location"]
    assert cli("locations", "pause", here, "--until", "2100-01-01", "--reason", "flood").code == 0
    assert [each["reason"] for each in cli("locations", "paused", "-o", "json").json] == ["flood"]
    assert cli("locations", "move-work", here, "-o", "json").json["moved"] >= 2
    assert cli("locations", "resume", here).code == 0
    assert cli("locations", "pause", "MARS").code == 4
    there = ({"DC", "STORE"} - {here}).pop()
    assert cli("locations", "zero", there, "MUG", "-o", "json").json["on_hand"] == 0
    assert "accept_minutes   30" in cli("locations", "rules", "--accept", "30").out
    assert cli("locations", "rules", "-o", "json").json["accept_minutes"] == 30


def test_a_server_that_owns_the_file_is_asked(job: str, home: Path, start_server: StartServer, cli: Cli):
    port = free_port()
    command = [sys.executable, "-m", "crossdock", "serve", "--port", str(port)]
    start_server(command, f"http://127.0.0.1:{port}/readyz", cwd=home)
    here = cli("fulfillments", "show", job, "-o", "json").json["location"]
    there = ({"DC", "STORE"} - {here}).pop()
    assert f"2 units from {there}" in cli("fulfillments", "assign", job, there, "--dry-run").out
    cli("fulfillments", "release", job)
    done = cli("fulfillments", "reject", job, "--reason", "mismatch", "--line", "1=2", "-o", "json").json
    assert (done["moved"], done["fulfillment"]["negotiation"]) == (2, "rejected")
    assert cli("locations", "rules", "--start", "45", "-o", "json").json["start_minutes"] == 45
    assert cli("locations", "pause", there, "--reason", "flood").code == 0
    order = done["fulfillment"]["order_id"]
    assert cli("orders", "choices", order, "-o", "json").json["data"] == []


def test_a_customer_chooses(cli: Cli, shop: str):
    with World(shop, upgrade=False) as world:
        world.put_location("SHOP", 1, capabilities=("ship", "collect", "ambient"))
        world.receive("MUG", "SHOP", 1, record="cli-1")
        home = AddressIn(country="GB", postal_code="EC1A 1BB", line1="1 Test Street")
        delivery = DeliveryIn(destination=home, method="pickup", location="SHOP")
        order = encode_id("ord", world.capture("CLI-2", ("MUG", 1), deliveries=(delivery,)).order_id)
        world.count("MUG", "SHOP", 0)
    assert "wait" in cli("orders", "choices", order).out
    assert cli("orders", "choose", order, "pickup", "--location", "MARS").code == 4
    assert cli("orders", "choose", order, "cancel", "--note", "changed her mind").code == 0
    assert cli("orders", "show", order, "-o", "json").json["status"] == "canceled"
