"""The home page's figures are exact, and the same on both databases."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from litestar.testing import TestClient

from crossdock import analytics
from crossdock.app import App
from crossdock.kernel.clock import DAY, HOUR, instant
from crossdock.kernel.money import Money
from crossdock.orchestration import CancelUnits
from crossdock.orders import AddressIn, DeliveryIn, LineIn, MoneyIn, OrderIn
from tests.web import sample, site

START = instant(sample.LAST_DAY)


def order(number: int, hour: int, *lines: tuple[str, int, int], country: str = "GB") -> OrderIn:
    """An order to Bristol of (SKU, units, price), placed at that hour of the last day."""
    address = AddressIn(country=country, city="Bristol", postal_code="BS1 4DJ", latitude=51.45, longitude=-2.60)
    return OrderIn(
        channel="web",
        external_id=f"F-{number}",
        placed_at=sample.LAST_DAY + timedelta(hours=hour),
        currency="GBP",
        lines=tuple(LineIn(sku=sku, quantity=units, unit_price=MoneyIn(p, "GBP")) for sku, units, p in lines),
        deliveries=(DeliveryIn(destination=address),),
        total=MoneyIn(sum(units * price for _, units, price in lines), "GBP"),
    )


def captured(app: App) -> list[int]:
    """The sample without its orders, and three of our own; SKU 20000 is nowhere in stock."""
    sample.fill(app, sample.Size(items=4, days=0, orders=1))
    orders = (
        order(1, 9, ("20007", 1, 500)),
        order(2, 9, ("20014", 2, 300), ("20000", 3, 100)),
        order(3, 17, ("20021", 1, 250)),
    )
    return [sample.submit(app, one).order_id for one in orders]


def test_figures_count_the_orders_of_their_stretch(database_url: str, tmp_path: Path):
    app = sample.open_app(database_url, tmp_path)
    site.let_people_in(app)
    try:
        ids = captured(app)
        read = app.database.read_now
        day = read(lambda s: analytics.figures(s, START, START + DAY))
        assert (day.orders, day.lines, day.units) == (3, 4, 7)
        assert day.value == (Money(500 + 600 + 300 + 250, "GBP"),)
        assert (day.routed, day.split, day.costed) == (3, 0, 3)
        assert (day.waiting_orders, day.waiting_units) == (1, 3)
        assert day.cost[0].currency == "GBP"
        assert day.cost[0].amount > 0
        assert read(lambda s: analytics.figures(s, START + DAY, START + 2 * DAY)).orders == 0

        hours = read(lambda s: analytics.buckets(s, [START + n * HOUR for n in range(25)]))
        assert [(b.start, b.orders, b.units) for b in hours if b.orders] == [
            (START + 9 * HOUR, 2, 6),
            (START + 17 * HOUR, 1, 1),
        ]
        assert len(hours) == 24

        (waiting,) = read(analytics.queue_reasons)
        assert (waiting.queue, waiting.reason, waiting.orders, waiting.units) == ("backorder", "out_of_stock", 1, 3)

        load = {p.code: p for p in read(lambda s: analytics.network_load(s, START, START + DAY, 0))}
        assert sum(place.units for place in load.values()) == 4
        assert load["ST-BRISTOL"].city == "Bristol"
        assert (round(load["ST-BRISTOL"].latitude, 3), load["ST-BRISTOL"].allowed) == (51.45, 5)

        app.submit_now(CancelUnits(actor=sample.ACTOR, order_id=ids[2]))
        after = read(lambda s: analytics.figures(s, START, START + DAY))
        assert (after.orders, after.routed) == (3, 2)
        stock = read(lambda s: analytics.item_stock(s, "20000"))
        assert stock is not None
        assert (stock.on_hand, stock.claimable, stock.waiting) == (0, 0, 3)
    finally:
        app.close()


def test_every_page_works_on_both_databases(database_url: str, tmp_path: Path):
    app = sample.open_app(database_url, tmp_path)
    site.let_people_in(app)
    try:
        ids = captured(app)
        with TestClient(site.make_site(app)) as client:
            client.post(f"/sign-in/{site.make_link(app)}")
            paths = [f"/orders?sku=20014&location={code}&q=F&hold=&from=2011-12-09" for code in ("DC-NORTH", "X")]
            paths += ["/", "/?chart=hours", "/orders", "/orders?status=waiting&queued=1", "/search?q=F-"]
            paths += ["/inventory", "/inventory?q=heart_&location=DC-NORTH", "/inventory?show=out&after=2"]
            paths += ["/inventory/item?sku=20014", "/inventory/item?sku=20014&location=DC-NORTH&after=9", "/network"]
            paths += [f"/search?q=F-{number}" for number in (1, 2)]
            for path in paths:
                assert client.get(path).status_code == 200, path
            assert len(ids) == 3
    finally:
        app.close()


def test_a_search_takes_percent_signs_and_underscores_as_they_are(database_url: str, tmp_path: Path):
    app = sample.open_app(database_url, tmp_path)
    try:
        sample.fill(app, sample.Size(items=3, days=0, orders=1))
        for q, found in (("heart", 3), ("hea%t", 0), ("h_art", 0), ("~", 0), ("HOLDER", 3), ("2000", 2), ("000", 0)):
            items, _ = app.database.read_now(partial(analytics.list_items, q=q))
            assert len(items) == found, q
        first, after = app.database.read_now(lambda s: analytics.list_items(s, limit=2))
        second, end = app.database.read_now(lambda s: analytics.list_items(s, limit=2, after=after or ""))
        assert [item.sku for item in first + second] == ["20000", "20007", "20014"]
        assert end is None
    finally:
        app.close()
