"""A small retailer for the console's tests: ten locations, a catalogue, a month of orders; the same every time."""

import random
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec

from crossdock.app import App
from crossdock.catalog.model import Item
from crossdock.inventory import FeedSource, ReservationIn, ReservedLineIn, StockView, SupplyLineIn
from crossdock.inventory.reservations import PlaceIn, ReservedDeliveryIn
from crossdock.inventory.share_model import Amount, ShareGroup
from crossdock.kernel.clock import HOUR, MINUTE, instant, moment
from crossdock.kernel.content import content_hash
from crossdock.network.model import Address, Calendar, Channel, Location
from crossdock.orchestration import (
    NotEnoughToReserve,
    PutFeeds,
    PutSupply,
    PutView,
    ReceiveSupply,
    ReleaseReservation,
    Reserve,
    Reserved,
    SupplyReceipt,
    quote_of,
)
from crossdock.orchestration.commands import (
    Actor,
    CaptureOrder,
    PutChannels,
    PutItems,
    PutLocations,
    PutPolicy,
    RecordStock,
    StockFact,
)
from crossdock.orchestration.promises.commands import KeepPromises
from crossdock.orchestration.views.commands import PutShareGroups
from crossdock.orders import AddressIn, CustomerIn, DeliveryIn, LineIn, MoneyIn, OrderIn
from crossdock.promising import PromiseIn, PromiseLineIn, PromisePlaceIn
from crossdock.routing import Lane, Policy, RateCard, Zone
from crossdock.storage.migrate import upgrade
from tests.support.feeds import row
from tests.support.feeds import tell as tell_rows

ACTOR = Actor("system:sample")
LAST_DAY = datetime(2011, 12, 9, tzinfo=UTC)
POUND = 100_000

SITES = (
    # code, name, kind, city, latitude, longitude, orders a day, handling of a parcel
    ("DC-SOUTH", "Daventry distribution centre", "dc", "Daventry", 52.26, -1.16, 400, 70_000),
    ("DC-NORTH", "Normanton distribution centre", "dc", "Normanton", 53.70, -1.42, 300, 70_000),
    ("3PL-THURROCK", "Thurrock contract warehouse", "3pl", "Thurrock", 51.48, 0.28, 80, 140_000),
    ("ST-LONDON", "London Strand store", "store", "London", 51.51, -0.12, 6, 120_000),
    ("ST-BRISTOL", "Bristol store", "store", "Bristol", 51.45, -2.59, 5, 120_000),
    ("ST-CARDIFF", "Cardiff store", "store", "Cardiff", 51.48, -3.18, 5, 120_000),
    ("ST-MANCHESTER", "Manchester store", "store", "Manchester", 53.48, -2.24, 6, 120_000),
    ("ST-NEWCASTLE", "Newcastle store", "store", "Newcastle", 54.97, -1.61, 5, 120_000),
    ("ST-EDINBURGH", "Edinburgh store", "store", "Edinburgh", 55.95, -3.19, 6, 120_000),
    ("ST-BELFAST", "Belfast store", "store", "Belfast", 54.60, -5.93, 5, 120_000),
)
TOWNS = (
    ("EC1A 1BB", "London", 51.52, -0.10), ("M1 1AE", "Manchester", 53.48, -2.23),
    ("BS1 4DJ", "Bristol", 51.45, -2.60), ("EH1 1RE", "Edinburgh", 55.95, -3.19),
    ("NE1 4ST", "Newcastle", 54.97, -1.61),
    ("CF10 1EP", "Cardiff", 51.48, -3.18),
    ("LS1 4AP", "Leeds", 53.80, -1.55), ("NR2 1TF", "Norwich", 52.63, 1.29), ("PL1 1EA", "Plymouth", 50.37, -4.14),
    ("AB10 1AB", "Aberdeen", 57.15, -2.10), ("OX1 4AR", "Oxford", 51.75, -1.26), ("BT1 5GS", "Belfast", 54.60, -5.93),
)  # fmt: skip
WORDS = (
    ("Blue", "Ivory", "Pink", "Vintage", "Retro", "Regency", "Wooden", "Paper"),
    ("heart", "star", "cake", "alarm", "lunch", "tea", "bird", "jam"),
    ("holder", "stand", "tin", "box", "light", "mug", "frame", "clock"),
)


MARKETPLACE = {
    "code": "marketplace",
    "name": "Marketplace",
    "locations": [{"kinds": ["dc", "store"]}],
    "exclusions": [{"items": ["20014"], "locations": {"codes": ["ST-LONDON"]}, "note": "window display"}],
    "buffers": [
        {"units": 2, "percent": 10, "locations": {"kinds": ["store"]}},
        {"units": 5, "items": ["20014", "20021"]},
    ],
    "find": [{"permille": 930, "locations": {"kinds": ["store"]}}],
}


class Size(NamedTuple):
    """How much there is."""

    items: int
    days: int
    orders: int


MUCH = Size(items=120, days=30, orders=9)
LITTLE = Size(items=3, days=1, orders=2)


def open_app(url: str, folder: Path) -> App:
    """A running application on a new database."""
    upgrade(url)
    app = App(url, data_dir=folder)
    app.start()
    return app


def fill(app: App, size: Size, seed: int = 7) -> None:
    """Set up the retailer and capture its orders."""
    chance = random.Random(seed)
    app.submit_now(PutLocations(actor=ACTOR, locations=tuple(location(*site) for site in SITES)))
    app.submit_now(PutPolicy(actor=ACTOR, code="standard", policy=policy()))
    app.submit_now(PutView(actor=ACTOR, view=msgspec.convert(MARKETPLACE, StockView)))
    channels = (
        Channel(code="marketplace", name="Marketplace", currency="GBP", view="marketplace"),
        Channel(code="web", name="Web shop", currency="GBP"),
        Channel(code="wholesale", name="Wholesale desk", currency="GBP", service_days=5),
    )
    app.submit_now(PutChannels(actor=ACTOR, channels=channels))
    kept = Amount(items=("20042", "20049"), units=40)
    group = ShareGroup(code="trade", name="Trade customers", channels=("wholesale",), amounts=(kept,))
    app.submit_now(PutShareGroups(actor=ACTOR, groups=(group,)))
    app.submit_now(PutFeeds(actor=ACTOR, sources=feeds()))
    catalogue = [item(number) for number in range(size.items)]
    app.submit_now(PutItems(actor=ACTOR, items=tuple(catalogue)))
    stock(app, chance, catalogue)
    plenty = [one for at, one in enumerate(catalogue) if at % 31 > 1]
    tell(app, plenty, random.Random(seed + 1))
    number = 0
    for back in range(size.days - 1, -1, -1):
        day = LAST_DAY - timedelta(days=back)
        for _ in range(size.orders + chance.randrange(size.orders) if day.weekday() != 5 else 0):
            number += 1
            placed = day + timedelta(minutes=chance.randint(7 * 60, 20 * 60))
            submit(app, order(chance, number, catalogue, placed))
    supply(app, catalogue)
    reserve(app, plenty, random.Random(seed + 2))


def submit(app: App, placed: OrderIn) -> Any:
    """Capture an order at the time it was placed."""
    command = CaptureOrder(actor=ACTOR, order=placed, content_hash=content_hash(placed), at=instant(placed.placed_at))
    return app.submit_now(command)


def location(
    code: str, name: str, kind: str, city: str, latitude: float, longitude: float, capacity: int, parcel: int
) -> Location:
    """A location of the sample."""
    return Location(
        code=code,
        name=name,
        kind=kind,  # type: ignore[arg-type]
        address=Address(country="GB", city=city),
        latitude=latitude,
        longitude=longitude,
        time_zone="Europe/London",
        calendar=Calendar(work_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), cut_off="16:00"),
        daily_capacity=capacity,
        handling_parcel=parcel,
        handling_line=10_000,
        handling_unit=2_000,
    )


def feeds() -> tuple[FeedSource, ...]:
    """Who tells of stock: the warehouses' system, the tills, a supplier that was never heard."""
    stores = tuple(code for code, _, kind, *_ in SITES if kind == "store")
    return (
        FeedSource(code="wms", name="Warehouse system", locations=("DC-SOUTH", "DC-NORTH", "3PL-THURROCK")),
        FeedSource(
            code="tills", name="Tills", basis="shelf", silent_after_s=1_800, when_silent="distrust", locations=stores
        ),
        FeedSource(code="acme", name="Acme Ltd, supplier", basis="available", silent_after_s=172_800),
    )


def supply(app: App, catalogue: list[Item]) -> None:
    """Announce what is coming: some overdue, some today, some later; one came in part already."""
    today = moment(app.clock()).date()
    lines = [
        SupplyLineIn(
            reference=f"PO-{4711 + at // 3}",
            line=f"{at % 3 + 1}",
            sku=one.sku,
            location=("DC-SOUTH", "DC-NORTH", "ST-LONDON")[at % 3],
            quantity=60 + 20 * (at % 7),
            expected_on=(today + timedelta(days=at // 2 - 3)).isoformat(),
            kind="transfer" if at % 3 == 2 else "purchase",
        )
        for at, one in enumerate(catalogue[:30])
    ]
    app.submit_now(PutSupply(actor=ACTOR, lines=tuple(lines)))
    part = SupplyReceipt(
        source="wms", record="GRN-1", reference="PO-4711", line="2", quantity=25, occurred_at=app.clock() - HOUR
    )
    app.submit_now(ReceiveSupply(actor=ACTOR, receipts=(part,)))


def reserve(app: App, catalogue: list[Item], chance: random.Random) -> None:
    """Hold units for carts: most open, one released, one of a few minutes."""
    for number in range(min(12, len(catalogue) * 6)):
        one = catalogue[number % len(catalogue)]
        destination = PlaceIn(country="GB", postal_code=chance.choice(TOWNS)[0])
        asked = ReservationIn(
            channel="marketplace" if number % 3 == 0 else "web",
            lines=(ReservedLineIn(one.sku, 1 + number % 3),),
            delivery=ReservedDeliveryIn(destination=destination),
            external_id=f"cart-{7_000 + number}",
            duration_seconds=180 if number == 1 else 900 + 300 * number,
            partial=True,
        )
        try:
            made: Reserved = app.submit_now(Reserve(actor=ACTOR, reservation=asked, content_hash=content_hash(asked)))
        except NotEnoughToReserve:
            continue  # the month's orders have taken all that this channel sees
        if number == 2:
            released = ReleaseReservation(actor=ACTOR, reservation_id=made.reservation_id, reason="cart emptied")
            app.submit_now(released)


def promise(app: App, catalogue: list[Item]) -> int:
    """Promise two units of an item to London, and capture the order that brings the promise; returns the order's id."""
    asked = PromiseIn(
        channel="web",
        lines=(PromiseLineIn(sku=catalogue[2].sku, quantity=2),),
        destination=PromisePlaceIn(country="GB", postal_code="EC1A 1BB"),
        methods=("ship",),
    )
    quote = app.database.read_now(lambda session: quote_of(app.promises, session, asked, app.clock()))
    app.submit_now(KeepPromises(quote, actor=ACTOR))
    address = AddressIn(country="GB", name="Alex Morgan", line1="1 High Street", city="London", postal_code="EC1A 1BB")
    placed = OrderIn(
        channel="web",
        external_id="600001",
        placed_at=moment(app.clock()),
        currency="GBP",
        lines=(LineIn(sku=catalogue[2].sku, quantity=2, unit_price=MoneyIn(450, "GBP"), name=catalogue[2].name),),
        deliveries=(DeliveryIn(destination=address),),
        total=MoneyIn(900, "GBP"),
        promise_id=quote.answer.data[0].id,
    )
    return int(submit(app, placed).order_id)


class _Told:
    """What tests.support.feeds needs of a world."""

    def __init__(self, app: App) -> None:
        self.app, self.actor, self.read = app, ACTOR, app.database.read_now
        self.clock = SimpleNamespace(at=app.clock())

    def rows(self, sql: str, *params: Any) -> list[Any]:
        return self.read(lambda session: session.fetch(sql, *params))


def tell(app: App, catalogue: list[Item], chance: random.Random) -> None:
    """Have the tills count what is in the stores, a morning and an evening, and the warehouses' system ten items."""
    world: Any = _Told(app)
    for hours, part in ((9, catalogue[:40]), (2, catalogue[-40:])):
        at = app.clock() - hours * HOUR
        rows = []
        for one, store in product(part, ("ST-LONDON", "ST-BRISTOL", "ST-BELFAST")):
            kind = "sold" if chance.random() < 0.2 else "counted"
            rows.append(row(kind, one.sku, store, chance.randrange(1, 20), at, f"{hours}/{one.sku}/{store}"))
        tell_rows(world, *rows, source="tills", failed=hours % 4)
    at = app.clock() - 4 * MINUTE
    tell_rows(world, *(row("received", one.sku, "DC-SOUTH", 24, at, f"asn/{one.sku}") for one in catalogue[:10]))


def policy() -> Policy:
    """Rates by distance, a little for each further parcel."""
    zones = (Zone(50, 295_000, 20_000, 1), Zone(150, 360_000, 30_000, 1), Zone(400, 420_000, 40_000, 2),
             Zone(2_000, 560_000, 60_000, 3))  # fmt: skip
    card = RateCard(currency="GBP", zones=zones, lanes=(Lane(("GB",), ("IE", "FR"), 980_000, 150_000, 4),))
    return Policy(card=card, lateness_per_day=150_000, extra_parcel=50_000, markets=("GB", "IE", "FR"))


def item(number: int) -> Item:
    """The item with this number."""
    first, second, third = (words[number // 8**at % 8] for at, words in enumerate(WORDS))
    return Item(sku=f"{20_000 + number * 7}", name=f"{first} {second} {third}", weight_g=120 + 35 * (number % 11))


def stock(app: App, chance: random.Random, catalogue: list[Item]) -> None:
    """Receive stock: plenty in the distribution centres, little in the stores, some items scarce, a few nowhere."""
    at = instant(LAST_DAY - timedelta(days=40))
    facts = []
    for index, one in enumerate(catalogue):
        for code, _, kind, *_ in SITES:
            units = chance.randrange(20, 400) if kind == "dc" else chance.randrange(0, 25) if kind == "store" else 60
            units = {0: 0, 1: units % 4}.get(index % 31, units)
            if units and (kind != "dc" or chance.random() > 0.25):
                record = f"{one.sku}/{code}"
                facts.append(
                    StockFact(source="erp", record=record, kind="received", sku=one.sku, location=code, quantity=units,
                              occurred_at=at)
                )  # fmt: skip
    for start in range(0, len(facts), 200):
        app.submit_now(RecordStock(actor=ACTOR, facts=tuple(facts[start : start + 200])))


def order(chance: random.Random, number: int, catalogue: list[Item], placed: datetime) -> OrderIn:
    """An order of one to seven lines to one of the towns."""
    postal_code, city, latitude, longitude = chance.choice(TOWNS)
    chosen = chance.sample(catalogue, min(len(catalogue), chance.choice((1, 1, 2, 3, 4, 7))))
    lines = tuple(
        LineIn(
            sku=one.sku,
            quantity=chance.choice((1, 1, 2, 6, 12, 24)),
            unit_price=MoneyIn(chance.randrange(85, 1_250, 5), "GBP"),
            name=one.name,
        )
        for one in chosen
    )
    address = AddressIn(
        country="GB", name="Alex Morgan", line1=f"{number} High Street", city=city, postal_code=postal_code,
        latitude=latitude, longitude=longitude,
    )  # fmt: skip
    return OrderIn(
        channel="wholesale" if number % 5 == 0 else "web",
        external_id=f"{536_000 + number}",
        placed_at=placed,
        currency="GBP",
        lines=lines,
        deliveries=(DeliveryIn(destination=address),),
        customer=CustomerIn(name="Alex Morgan", email=f"customer{number}@example.com"),
        total=MoneyIn(sum(line.quantity * line.unit_price.amount for line in lines), "GBP"),
        holds=("fraud",) if number % 29 == 0 else (),
        payment="authorized" if number % 11 == 0 else "paid",
    )
