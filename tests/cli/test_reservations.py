"""``crossdock reservations``: listed, shown, released, also through the server that owns the file."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli
from tests.support.reserving import named, reserve, reserved
from tests.support.world import World


@pytest.fixture
def cart(shop: str) -> str:
    """A cart with two mugs."""
    with World(shop, upgrade=False) as world:
        return named(reserve(world, ("MUG", 2), external_id="cart-1"))


def test_reservations_are_listed(cli: Cli, cart: str):
    assert "cart-1" in cli("reservations", "list").out
    (found,) = cli("reservations", "list", "--state", "open", "--sku", "MUG", "--location", "DC", "-o", "json").json
    assert (found["id"], found["held"]) == (cart, 2)
    assert cli("reservations", "list", "--state", "expired").err.startswith("Nothing found")
    assert cli("reservations", "list", "--state", "lost").code == 2


def test_one_is_shown(cli: Cli, cart: str):
    shown = cli("reservations", "show", cart).out
    assert "2 of 2 MUG" in shown
    assert cli("reservations", "show", cart, "-o", "json").json["state"] == "open"
    assert cli("reservations", "show", "rsv_0000000000000").code == 3


def test_one_is_released(cli: Cli, cart: str, shop: str):
    assert "holds 2 units" in cli("reservations", "release", cart, "--dry-run").err
    assert cli("reservations", "release", cart, "--reason", "asked for", "-o", "json").json["state"] == "released"
    again = cli("reservations", "release", cart)
    assert again.code == 4
    with World(shop, upgrade=False) as world:
        assert reserved(world, "MUG", "DC") == 0
