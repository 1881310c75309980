"""What was promised is what is routed: every offer for a random basket, ordered at once, has its locations and days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec import convert, to_builtins

from crossdock.catalog.model import Item
from crossdock.inventory.view_model import Buffer, Find, StockView
from crossdock.kernel.clock import DAY, HOUR
from crossdock.network.model import Address, Calendar, Location, Service
from crossdock.orchestration import commands as c
from crossdock.orchestration.policies import commands as p
from crossdock.orchestration.views.commands import PutView
from crossdock.orders.model import AddressIn, DeliveryIn
from crossdock.promising import PromiseView
from crossdock.promising.documents import PromiseIn, PromiseLineIn, PromisePlaceIn
from crossdock.routing.model import Policy, RateCard, Zone
from crossdock.routing.policy.document import RoutingPolicy
from tests.support.promises import promise_for
from tests.support.world import World, line, order, seeded

SITES, ITEMS = 40, 60
LINES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8)
AREAS = ("EC1A 1BB", "M1 1AE", "LS1 4AP", "B1 1AA", "EH1 1AA", "CF10 1AA", "BS1 1AA", "NE1 1AA")
USUAL = (Zone(50, 350_000, 20_000, 1), Zone(200, 450_000, 30_000, 2), Zone(3_000, 550_000, 40_000, 3))
FAST = (Zone(120, 700_000, 50_000, 1), Zone(3_000, 950_000, 60_000, 2))


@pytest.fixture
def retailer(tmp_path: Path) -> Iterator[World]:
    """Forty locations with calendars, cut-offs and capacities of their own, thin stock, a view with buffers."""
    yield from _retailer(tmp_path, (None, None, 30))


@pytest.fixture
def unlimited(tmp_path: Path) -> Iterator[World]:
    """The same where no location's day is ever full: a reservation holds units, not hands."""
    yield from _retailer(tmp_path, (None,))


@pytest.fixture
def by_routes(tmp_path: Path) -> Iterator[World]:
    """The same under a policy of three routes: heavy baskets from centres alone, then stores, then everybody."""
    for world in _retailer(tmp_path, (None, None, 30)):
        stores = {"type": "among", "sites": {"kinds": ["store"]}}
        centres = {"type": "among", "sites": {"kinds": ["dc"]}}
        heavy = {"type": "number", "fact": "weight_g", "at_least": 15_000}
        rules = {"extra_parcel": 50_000, "lateness_per_day": 30_000}
        card = {"currency": "GBP", "zones": [to_builtins(zone) for zone in USUAL]}
        routes = [
            {"name": "heavy", "when": heavy, "fences": [centres], "leftover": "next_route", **rules},
            {"name": "stores", "fences": [stores], "max_locations": 1, "leftover": "next_route", **rules},
            {"name": "everybody", **rules},
        ]
        policy = convert({"code": "standard", "card": card, "routes": routes}, RoutingPolicy)
        saved = world.do(p.SaveDraft(actor=world.actor, document=policy))
        world.do(p.ActivatePolicy(actor=world.actor, code="standard", number=saved.number, untried=True))
        yield world


def _retailer(tmp_path: Path, capacities: tuple[int | None, ...]) -> Iterator[World]:
    with World(f"sqlite:///{tmp_path}/promises.db") as world:
        rng = seeded("promises")
        for code, zones in (("standard", USUAL), ("express", FAST)):
            policy = Policy(card=RateCard("GBP", zones), extra_parcel=50_000, lateness_per_day=30_000)
            world.do(c.PutPolicy(actor=world.actor, code=code, policy=policy))
        view = StockView(code="shop", buffers=(Buffer(units=1),), find=(Find(permille=900),))
        world.do(PutView(actor=world.actor, view=view))
        services = (Service(code="standard"), Service(code="express", policy="express", days=1, price=595))
        world.channel("web", services=services, view="shop")
        places = tuple(_location(n, rng, capacities) for n in range(SITES))
        world.do(c.PutLocations(actor=world.actor, locations=places))
        items = tuple(Item(sku=f"S{n}", weight_g=rng.randrange(100, 12_000)) for n in range(ITEMS))
        world.do(c.PutItems(actor=world.actor, items=items))
        facts = [
            world.fact("received", item.sku, place.code, rng.randrange(1, 9 if place.kind == "store" else 60))
            for item in items
            for place in rng.sample(places, 14)
        ]
        world.record(*facts)
        yield world
        world.assert_sound()


def _location(n: int, rng: random.Random, capacities: tuple[int | None, ...]) -> Location:
    is_dc = n % 10 == 0
    days = ("mon", "tue", "wed", "thu", "fri", "sat")
    return Location(
        code=f"L{n}",
        name=f"L{n}",
        kind="dc" if is_dc else "store",
        address=Address(country="GB"),
        latitude=50.5 + rng.random() * 5,
        longitude=-3.5 + rng.random() * 4,
        time_zone="Europe/London",
        capabilities=("ship", "ambient") if is_dc else ("ship", "collect", "ambient"),
        calendar=Calendar(
            work_days=days[: rng.choice((5, 6))],  # type: ignore[arg-type]
            cut_off=rng.choice(("11:00", "15:00", "18:00")),
            processing_days=rng.choice((0, 0, 0, 1)),
        ),
        daily_capacity=rng.choice(capacities),
        handling_parcel=rng.randrange(50_000, 200_000),
        handling_unit=rng.randrange(0, 20_000),
        rank=n % 7,
    )


def _ask(
    world: World, rng: random.Random, *, reserve: bool = False
) -> tuple[PromiseIn, tuple[PromiseView, ...], tuple[tuple[str, int], ...]]:
    basket = tuple((f"S{n}", rng.choice((1, 1, 1, 2, 3, 5))) for n in rng.sample(range(ITEMS), rng.choice(LINES)))
    begin = _today(world) + rng.randrange(1, 9) if rng.random() < 0.2 else None
    end = None if rng.random() < 0.6 else (begin or _today(world)) + rng.randrange(1, 5)
    asked = PromiseIn(
        channel="web",
        lines=tuple(PromiseLineIn(sku, quantity, 1_000) for sku, quantity in basket),
        destination=PromisePlaceIn("GB", rng.choice(AREAS)),
        nearest=2,
        reserve=reserve,
        goal=rng.choice(("cheapest", "earliest")),
        by=None if end is None else date.fromordinal(end),
        not_before=None if begin is None else date.fromordinal(begin),
    )
    return asked, promise_for(world, asked).data, basket


def _rivals(world: World, rng: random.Random, name: str) -> None:
    """Let others order what they like, a few of them by promises of their own."""
    for number in range(rng.randrange(1, 5)):
        asked, offers, basket = _ask(world, rng)
        if offers and rng.random() < 0.4:
            _order(world, f"{name}-{number}", asked, rng.choice(offers), basket)
        else:
            address = AddressIn(country="GB", postal_code=rng.choice(AREAS))
            lines = tuple(line(sku, 6) for sku, _ in basket)
            document = order(f"{name}-{number}", deliveries=(address,), lines=lines, at=world.clock.at)
            world.app.submit_now(world.capturing(document))


def _today(world: World) -> int:
    return date(1970, 1, 1).toordinal() + world.clock.at // DAY


def _order(world: World, name: str, asked: PromiseIn, offer: PromiseView, basket: tuple[tuple[str, int], ...]) -> int:
    assert asked.destination is not None
    delivery = DeliveryIn(
        destination=AddressIn(country="GB", postal_code=asked.destination.postal_code),
        method=offer.method,
        service_level=offer.service_level,
        location=offer.location,
    )
    lines = tuple(line(sku, quantity) for sku, quantity in basket)
    document = order(name, deliveries=(delivery,), lines=lines, promise_id=offer.id, at=world.clock.at)
    answer: c.CapturedOrder = world.app.submit_now(world.capturing(document))
    return answer.order_id


def _routed(world: World, order_id: int) -> list[tuple[str, str, str]]:
    """Location, the days of handover and arrival, of each fulfillment that has goods: not of one that only waits."""
    sql = """
        SELECT l.code, f.work_day, f.deliver_day FROM fulfillments f JOIN locations l ON l.id = f.location_id
        WHERE f.order_id = ? AND EXISTS (
            SELECT 1 FROM fulfillment_lines n JOIN claims c ON c.id = n.claim_id
            WHERE n.fulfillment_id = f.id AND c.source <> 3)
        ORDER BY l.code
    """
    rows = world.rows(sql, order_id)
    return [
        (code, date.fromordinal(ship).isoformat(), date.fromordinal(there).isoformat()) for code, ship, there in rows
    ]


def _compare(world: World, baskets: int, seed: str, *, by_routes: bool = False) -> tuple[int, list[str]]:
    """Ask for baskets, order one offer of each at once; how many were ordered, and what came out otherwise.

    With ``by_routes`` what a store has itself may be handed over before what another route's decision brings there.
    """
    rng = seeded(seed)
    ordered, exceptions = 0, []
    for number in range(baskets):
        world.clock.at += rng.randrange(HOUR // 6)
        asked, offers, basket = _ask(world, rng)
        if not offers:
            continue
        offer = rng.choice(offers)
        order_id = _order(world, f"{seed}-{number}", asked, offer, basket)
        ordered += 1
        # What a store has itself is handed over with what comes for it.
        last = max(p.deliver_on for p in offer.packages)
        wanted = sorted(
            (p.location, p.ship_on, last if p.location == offer.location else p.deliver_on) for p in offer.packages
        )
        found = _routed(world, order_id)
        if by_routes:
            found = sorted((code, day, last if code == offer.location else there) for code, day, there in found)
        if found != wanted:
            exceptions.append(f"{offer.method} {asked.goal} by {asked.by}: promised {wanted}, routed {found}")
    return ordered, exceptions


@pytest.mark.timeout(400)
def test_every_offer_that_is_ordered_at_once_is_routed_as_promised(retailer: World):
    ordered, exceptions = _compare(retailer, 300, "ordinary")
    assert ordered > 200
    assert exceptions == []
    lines = retailer.rows("SELECT count(*) FROM events WHERE type = 'order.promised'")[0][0]
    assert lines == ordered


@pytest.mark.timeout(400)
def test_every_offer_that_takes_several_routes_is_routed_as_promised(by_routes: World):
    ordered, exceptions = _compare(by_routes, 150, "routes", by_routes=True)
    assert ordered > 90
    assert exceptions == []
    several = by_routes.rows("SELECT order_id FROM decisions GROUP BY order_id, delivery_no HAVING count(*) > 1")
    assert len(several) > 20


@pytest.mark.timeout(400)
def test_no_promise_that_holds_its_units_is_broken_by_another_order(unlimited: World):
    world, rng = unlimited, seeded("held")
    held = 0
    for number in range(60):
        asked, offers, basket = _ask(world, rng, reserve=True)
        reserved = [offer for offer in offers if offer.reservation_id is not None]
        _rivals(world, rng, f"rival-{number}")
        if not reserved:
            continue
        held += 1
        order_id = _order(world, f"held-{number}", asked, reserved[0], basket)
        assert world.parts(order_id) == {"allocated": sum(units for _, units in basket)}
        assert max(there for _, _, there in _routed(world, order_id)) <= reserved[0].date
        assert world.rows("SELECT promise FROM orders WHERE id = ?", order_id) == [(1,)]
    assert held > 20


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_thousands_of_offers_that_are_ordered_at_once_are_routed_as_promised(retailer: World):
    ordered, exceptions = _compare(retailer, 4_000, "soak")
    assert len(exceptions) <= ordered / 1_000, "\n".join(exceptions)
