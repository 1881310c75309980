"""Whatever happens on two legs, every unit is there once: for sale, or somebody's, and never both."""

import pytest

from crossdock.kernel.errors import CrossdockError
from crossdock.routing.merging import Merge, Transfer
from tests.contract.test_ship_to_store import for_sale, to_the_shop
from tests.support.world import World, seeded

SKUS = ("MUG", "PEN")
PLACES = ("DC", "STORE", "SHOP")


def under_way(world: World) -> list[tuple[str, str, int]]:
    """Lines that legs bring and that are still open: reference, line, units."""
    sql = """
        SELECT reference, line, quantity - received FROM supply_lines
        WHERE state = 1 AND fulfillment_id IS NOT NULL ORDER BY id
    """
    return [(r, line, units) for r, line, units in world.rows(sql)]


@pytest.mark.parametrize("seed", range(3))
def test_a_unit_is_for_sale_or_somebodys(world: World, seed: int):
    rng = seeded("paths", seed)
    world.put_location("SHOP", 2, capabilities=("collect", "ship", "ambient"))
    world.policy(split="never", merge=Merge(sources=True, zones=(Transfer(1_000, 40_000, 1_000, 1),)))
    there = dict.fromkeys(SKUS, 0)
    orders: list[int] = []
    for step in range(30):
        what = rng.choice(("receive", "order", "order", "arrive", "arrive", "cancel", "route"))
        if what == "receive":
            sku, units = rng.choice(SKUS), rng.randrange(1, 5)
            world.receive(sku, rng.choice(PLACES), units)
            there[sku] += units
        elif what == "order":
            lines = [(sku, rng.randrange(1, 4)) for sku in rng.sample(SKUS, rng.choice((1, 2)))]
            changes = {"deliveries": to_the_shop()} if rng.random() < 0.5 else {}
            orders.append(world.capture(f"P{step}", *lines, **changes).order_id)
        elif what == "arrive" and (lines_open := under_way(world)):
            reference, line, units = rng.choice(lines_open)
            world.arrive(reference, rng.randrange(1, units + 1), line=line, final=rng.random() < 0.2)
        elif what in ("cancel", "route") and orders:
            try:
                (world.cancel if what == "cancel" else world.route)(rng.choice(orders))
            except CrossdockError:
                continue  # nothing of it is left
        for sku in SKUS:
            sql = """
                SELECT coalesce(sum(d.allocated), 0) FROM demand d JOIN items i ON i.id = d.item_id WHERE i.sku = ?
            """
            taken = int(world.rows(sql, sku)[0][0])
            assert for_sale(world, sku) + taken == there[sku], f"step {step}: {what}"
        world.assert_sound()
