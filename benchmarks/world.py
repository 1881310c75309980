"""The world that capture is measured in: 10,000 items at 305 locations, a third of the positions stocked.

Five DCs hold nearly every item in plenty, 300 stores a thin third of the range: about 1,017,000 positions.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.everything import with_everything
from crossdock.app import App
from crossdock.catalog.model import Item
from crossdock.inventory import ledger, tables
from crossdock.network.model import Address, Channel, Location, Service
from crossdock.orchestration.commands import Actor, PutChannels, PutItems, PutLocations, PutPolicy
from crossdock.routing.model import Policy, RateCard, Zone
from crossdock.storage import migrate
from crossdock.storage.database import Database

ITEMS = 10_000
DCS = 5
STORES = 300
_ACTOR = Actor("system:benchmark")
_FAST = (Zone(120, 700_000, 50_000, 1), Zone(3000, 950_000, 60_000, 2))
_AREAS = ("EC1A 1BB", "M1 1AE", "LS1 4AP", "B1 1AA", "EH1 1AA", "CF10 1AA", "BS1 1AA", "NE1 1AA")


def build(url: str) -> None:
    """Make the world in an empty database; always the same one."""
    migrate.upgrade(url)
    rng = random.Random(11)
    app = App(url)
    app.start()
    policy = plain_policy()
    app.submit_now(PutPolicy(actor=_ACTOR, code="standard", policy=policy))
    app.submit_now(
        PutPolicy(actor=_ACTOR, code="express", policy=msgspec.structs.replace(policy, card=RateCard("GBP", _FAST)))
    )
    services = (Service(code="standard"), Service(code="express", policy="express", days=1, price=595))
    channel = Channel(code="web", name="Web", currency="GBP", services=services)
    app.submit_now(PutChannels(actor=_ACTOR, channels=(channel,)))
    app.submit_now(PutLocations(actor=_ACTOR, locations=tuple(_location(n, rng) for n in range(DCS + STORES))))
    for start in range(0, ITEMS, 2_000):
        items = tuple(
            Item(sku=f"S{n:05}", name=f"Item {n}", weight_g=rng.randrange(50, 2_000))
            for n in range(start, start + 2_000)
        )
        app.submit_now(PutItems(actor=_ACTOR, items=items))
    app.close()
    _stock(url, rng)


def plain_policy() -> Policy:
    """Return the world's standard policy: zones, a price for each further parcel and for each day late."""
    zones = (Zone(50, 350_000, 20_000, 1), Zone(200, 450_000, 30_000, 2), Zone(3000, 550_000, 40_000, 3))
    return Policy(card=RateCard("GBP", zones), extra_parcel=50_000, lateness_per_day=100_000)


def rule_by_everything(url: str) -> None:
    """Put every fence and cost in force in a world that is there."""
    app = App(url)
    app.start()
    app.submit_now(PutPolicy(actor=_ACTOR, code="standard", policy=with_everything(plain_policy())))
    app.close()


def _location(number: int, rng: random.Random) -> Location:
    is_dc = number < DCS
    return Location(
        code=f"{'DC' if is_dc else 'ST'}{number:03}",
        name=f"{'DC' if is_dc else 'Store'} {number}",
        kind="dc" if is_dc else "store",
        address=Address(country="GB"),
        latitude=50 + rng.random() * 6,
        longitude=-4 + rng.random() * 5,
        time_zone="Europe/London",
        capabilities=("ship", "ambient") if is_dc else ("ship", "collect", "ambient"),
        handling_parcel=80_000 if is_dc else 230_000,
        handling_unit=10_000 if is_dc else 20_000,
    )


def _stock(url: str, rng: random.Random) -> None:
    database = Database(url)
    session = database.session()
    session.begin()
    items = [row[0] for row in session.fetch("SELECT id FROM items ORDER BY id")]
    places = [row[0] for row in session.fetch("SELECT id FROM locations ORDER BY id")]
    rows: list[tuple[Any, ...]] = []
    for item in items:
        dcs = [(place, rng.randrange(100_000, 300_000)) for place in places[:DCS] if rng.random() < 0.95]
        stores = [(place, rng.randrange(1, 20)) for place in rng.sample(places[DCS:], 97)]
        rows += [(item, place, 0, on_hand, *ledger.EMPTY[1:]) for place, on_hand in (*dcs, *stores)]
    for start in range(0, len(rows), 50_000):
        session.insert(tables.positions, rows[start : start + 50_000])
    session.commit()
    session.close()
    database.close()


def plenty(url: str) -> None:
    """Stock every position so well that a ready-made decision never finds an empty shelf (for the floor)."""
    database = Database(url)
    session = database.session()
    session.begin()
    session.execute("UPDATE positions SET on_hand = 10000000")
    session.commit()
    session.close()
    database.close()


def copy_sqlite(source: Path, target: Path) -> str:
    """Copy a database file that nobody has open; returns the URL of the copy."""
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    shutil.copy(source, target)
    return f"sqlite:///{target}"


def basket(rng: random.Random, *, lines: int = 10) -> dict[str, Any]:
    """Return a request for every way in which a basket can be had: two services, pick-ups, sent to stores."""
    return {
        "channel": "web",
        "lines": [
            {"sku": f"S{n:05}", "quantity": rng.randint(1, 3), "unit_price": 1999}
            for n in rng.sample(range(ITEMS), lines)
        ],
        "destination": {"country": "GB", "postal_code": rng.choice(_AREAS)},
        "nearest": 3,
    }


def order(number: int, rng: random.Random, *, hot: str | None = None, lines: int = 3) -> dict[str, Any]:
    """Return an order document of so many lines, 1 to 3 units each; with ``hot`` one line is always that item."""
    skus = [f"S{n:05}" for n in rng.sample(range(ITEMS), lines)]
    if hot is not None:
        skus[0] = hot
    return {
        "channel": "web",
        "external_id": f"@{number}",
        "placed_at": "2026-11-20T10:00:00Z",
        "currency": "GBP",
        "customer": {"name": "Bench Mark", "email": "bench@example.com"},
        "lines": [
            {"sku": sku, "quantity": rng.randint(1, 3), "unit_price": {"amount": 1999, "currency": "GBP"}}
            for sku in skus
        ],
        "deliveries": [
            {
                "destination": {
                    "country": "GB",
                    "name": "Bench Mark",
                    "line1": "1 Some Street",
                    "city": "Some Town",
                    "postal_code": rng.choice(_AREAS),
                }
            }
        ],
    }
