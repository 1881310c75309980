"""Documents for tests: places, a policy, orders and their lines; and a clock that only moves when it is told to."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from crossdock.kernel.clock import moment, parse_instant
from crossdock.network.model import Address, Calendar, Location
from crossdock.orders.model import AddressIn, CustomerIn, DeliveryIn, LineIn, MoneyIn, OrderIn
from crossdock.routing.model import Lane, Policy, RateCard, Zone

Wanted = tuple[str, int]

MONDAY = "2026-11-02T09:00:00Z"
EVERY_DAY = Calendar(work_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), cut_off="18:00")
CARD = RateCard(
    "GBP",
    (Zone(50, 350_000, 20_000, 1), Zone(200, 450_000, 30_000, 2), Zone(3_000, 550_000, 40_000, 3)),
    (Lane(("GB",), ("FR",), 1_200_000, 90_000, 4),),
)
# Where the places of these tests stand: the first is nearest to London.
PLACES = (
    (51.5, -0.1),
    (52.5, -1.9),
    (53.5, -2.2),
    (55.9, -3.2),
    (54.6, -5.9),
    (50.7, -3.5),
    (51.5, -3.2),
    (57.1, -2.1),
)
LONDON = AddressIn(country="GB", name="Ada Example", line1="1 Test Street", postal_code="EC1A 1BB")


class TestClock:
    """A clock that only moves when it is told to."""

    __test__ = False

    def __init__(self, start: str = MONDAY) -> None:
        self.at = parse_instant(start)

    def __call__(self) -> int:
        return self.at

    def forward(self, **of: float) -> None:
        self.at += timedelta(**of) // timedelta(microseconds=1)


def standard_policy(**changes: Any) -> Policy:
    """The policy of the tests; nearer is cheaper, another parcel costs something."""
    return Policy(**{"card": CARD, "extra_parcel": 50_000, "lateness_per_day": 10_000, **changes})


def location(code: str, index: int = 0, **changes: Any) -> Location:
    """A location that works every day; the index says where it stands."""
    latitude, longitude = PLACES[index % len(PLACES)]
    facts: dict[str, Any] = {
        "kind": "dc",
        "address": Address(country="GB"),
        "latitude": latitude,
        "longitude": longitude,
        "calendar": EVERY_DAY,
        "rank": index,
        **changes,
    }
    return Location(code=code, name=code.title(), **facts)


def order(
    external_id: str,
    *wanted: Wanted,
    at: int | None = None,
    deliveries: tuple[AddressIn | DeliveryIn, ...] = (LONDON,),
    **changes: Any,
) -> OrderIn:
    """An order of (sku, quantity) lines, all with the first delivery; `changes` are fields of OrderIn."""
    fields: dict[str, Any] = {
        "channel": "web",
        "external_id": external_id,
        "placed_at": moment(parse_instant(MONDAY) if at is None else at),
        "currency": "GBP",
        "lines": tuple(line(sku, quantity) for sku, quantity in wanted),
        "deliveries": tuple(
            place if isinstance(place, DeliveryIn) else DeliveryIn(destination=place) for place in deliveries
        ),
        "customer": CustomerIn(name="Ada Example", email="ada@example.org"),
        **changes,
    }
    return OrderIn(**fields)


def line(sku: str, quantity: int, *, delivery: int = 1, price: int = 1_000, **changes: Any) -> LineIn:
    return LineIn(sku=sku, quantity=quantity, unit_price=MoneyIn(price, "GBP"), delivery=delivery, **changes)


def seeded(*parts: object) -> random.Random:
    """Chance that comes out the same every time."""
    return random.Random(repr(parts))
