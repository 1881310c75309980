"""Suppliers that ship themselves: routed, claimed, asked and explained like any other location."""

from tests.contract.test_ship_to_store import coming, fulfillments, names, to_the_shop
from tests.support.world import World


def supplier(world: World) -> None:
    """A supplier far away that says it has any number of mugs."""
    world.put_location("VENDOR", 3, kind="supplier")
    sql = """
        INSERT INTO stockings (item_id, location_id, sells, ships, stock_mode, data)
        SELECT i.id, l.id, 1, 1, 2, '{}' FROM items i, locations l WHERE i.sku = 'MUG' AND l.code = 'VENDOR'
    """
    world.change(sql)


def assert_sound(world: World) -> None:
    """Every law holds; the picture is read anew, because no position says how much an endless source has."""
    world.restart()
    world.assert_sound()


def test_a_supplier_ships_what_nobody_of_ours_has(world: World):
    supplier(world)
    order = world.capture("A1", ("MUG", 40))
    assert fulfillments(world, order.order_id) == [("VENDOR", "ship", 40, False)]
    assert world.rows("SELECT source, quantity FROM claims") == [(2, 40)]
    assert world.rows("SELECT count(*) FROM movements")[0][0] == 0
    told = world.explanation(order.decisions[0])
    assert told is not None
    assert [verdict.kind for verdict in told.verdicts if verdict.standing == "chosen"] == ["supplier"]
    assert_sound(world)
    world.cancel(order.order_id)
    assert fulfillments(world, order.order_id) == []
    assert_sound(world)


def test_what_we_have_nearer_goes_first(world: World):
    supplier(world)
    world.receive("MUG", "DC", 2)
    order = world.capture("A1", ("MUG", 2))
    assert fulfillments(world, order.order_id) == [("DC", "ship", 2, False)]
    assert_sound(world)


def test_a_supplier_sends_to_a_store_for_somebody(world: World):
    supplier(world)
    world.put_location("SHOP", 2, capabilities=("collect", "ambient"))
    order = world.capture("A1", ("MUG", 3), deliveries=to_the_shop())
    assert fulfillments(world, order.order_id) == [
        ("VENDOR", "transfer", 3, True),
        ("SHOP", "ship_to_store", 3, False),
    ]
    ((reference, line),) = names(world)
    world.arrive(reference, 3, line=line)
    assert world.stock("MUG", "SHOP") == (3, 3, 0)
    assert coming(world) == [("SHOP", 3, 3, 0, 2)]
    assert_sound(world)
