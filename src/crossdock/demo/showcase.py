"""What is shown on top of the year: a second channel with a view, shares, two sources with feeds, carts. Pure.

Nothing here touches the year: its channel keeps seeing everything, its orders stay as they were decided. The feeds tell
of items that nobody waits for and take no unit that somebody has claimed.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from crossdock.demo.chance import Chance
from crossdock.demo.supply import CENTRES, DC_SOUTH
from crossdock.demo.terms import CHANNEL
from crossdock.inventory import (
    Amount,
    Buffer,
    Exclusion,
    FeedSource,
    Find,
    ReservationIn,
    Selector,
    ShareGroup,
    StockView,
)
from crossdock.network import Channel
from crossdock.promising import PromiseIn

MARKETPLACE = "marketplace"
WMS, TILLS = "wms", "tills"
_KEPT_PERCENT = 20
_FOUND_PERMILLE = 930
_LOW_STOCK = 50
_SILENT_AFTER_S = 48 * 3600
_RESERVED_SECONDS = 8 * 3600  # the longest there is
_COUNTED, _SOLD, _KEPT, _EXCLUDED = 240, 160, 6, 20
_PLACE = {"country": "GB", "postal_code": "EC1A 1BB"}


class Standing(NamedTuple):
    """Units of an item at a location: all that is there, and what nobody has claimed."""

    sku: str
    location: str
    kind: str
    on_hand: int
    free: int


def view(furniture: Sequence[str]) -> StockView:
    """Give what the marketplace sees: the warehouses in full, the stores with care, no furniture."""
    stores = Selector(kinds=("store",))
    hidden = [Exclusion(locations=stores, stale=True, note="not while the tills are silent")]
    if furniture:
        hidden.append(Exclusion(items=tuple(furniture[:_EXCLUDED]), note="furniture is sold in our own shop only"))
    return StockView(
        code=MARKETPLACE,
        name="Marketplace",
        locations=(Selector(kinds=("dc", "3pl")), stores),
        exclusions=tuple(hidden),
        buffers=(Buffer(units=2, locations=stores, note="for who stands before the shelf"),),
        find=(Find(permille=_FOUND_PERMILLE, locations=stores, note="what pickers found last year"),),
    )


def channel() -> Channel:
    """Give the marketplace, which hears what is in stock, low and out."""
    return Channel(
        code=MARKETPLACE,
        name="Marketplace",
        currency=CHANNEL.currency,
        legal_entity=CHANNEL.legal_entity,
        policy=CHANNEL.policy,
        view=MARKETPLACE,
        service_days=CHANNEL.service_days + 1,
        low_stock=_LOW_STOCK,
    )


def share(skus: Sequence[str], standing: Sequence[Standing]) -> ShareGroup:
    """Keep about a fifth of what is free of a few items for the retailer's own shop, which takes its own share last.

    Percent are of all that stands there, claimed or not; at the end of a year in which nothing ships most is claimed.
    """
    amounts = []
    for sku in skus:
        there = [(one.on_hand, one.free) for one in standing if one.sku == sku]
        on_hand, free = map(sum, zip(*there, strict=True))
        amounts.append(Amount(items=(sku,), percent=math.ceil(_KEPT_PERCENT * free / on_hand)))
    return ShareGroup(
        code="own-shop", name="Own shop", channels=(CHANNEL.code,), strategy="reserve", amounts=tuple(amounts)
    )


def sources(stores: Sequence[str]) -> tuple[FeedSource, ...]:
    """Give the warehouse's system, which counts, and the stores' tills, which tell what is sold."""
    return (
        FeedSource(code=WMS, name="Daventry warehouse system", locations=(DC_SOUTH,)),
        FeedSource(
            code=TILLS, name="Stores' tills", basis="shelf", silent_after_s=_SILENT_AFTER_S, when_silent="distrust",
            locations=tuple(stores),
        ),
    )  # fmt: skip


def best(standing: Sequence[Standing], most: int = _KEPT) -> list[str]:
    """Return the items of which most is free in the distribution centre that has less of them."""
    free: dict[str, dict[str, int]] = {}
    for one in standing:
        if one.location in CENTRES:
            free.setdefault(one.sku, {})[one.location] = one.free
    least = {sku: min(at.values()) if len(at) == len(CENTRES) else 0 for sku, at in free.items()}
    return sorted((sku for sku in least if least[sku] > 0), key=lambda sku: (-least[sku], sku))[:most]


def counts(standing: Sequence[Standing], chance: Chance, at: datetime) -> bytes:
    """Write what the warehouse's system has counted, as CSV: mostly what the books say; three rows nobody can take."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("sku", "location", "quantity", "occurred_at"))
    there = [one for one in standing if one.location == DC_SOUTH and one.free > 3]
    for number, one in enumerate(_drawn(there, chance, "counted", _COUNTED)):
        off = int(chance.uniform("off by", one.sku) * 7) - 3 if chance.happens(0.12, "miscounted", one.sku) else 0
        counted_at = at - timedelta(minutes=90) + timedelta(seconds=20 * number)
        rows.writerow((one.sku, one.location, one.on_hand + off, _written(counted_at)))
    some = there[0].sku if there else "22423"
    rows.writerow(("99999X", DC_SOUTH, 12, _written(at)))  # an item that is not in the catalogue
    rows.writerow((some, "ST-LEEDS", 4, _written(at)))  # a store, of which the warehouse's system does not speak
    rows.writerow((some, DC_SOUTH, "a dozen", _written(at)))
    return text.getvalue().encode()


def sales(standing: Sequence[Standing], chance: Chance, at: datetime) -> bytes:
    """Write what the tills have sold and taken back, as NDJSON: one sale told twice, two rows nobody can take."""
    there = [one for one in standing if one.kind == "store" and one.free > 0]
    facts: list[dict[str, Any]] = []
    for number, one in enumerate(_drawn(there, chance, "sold", _SOLD)):
        back = chance.happens(0.08, "taken back", one.location, one.sku)
        sold_at = at - timedelta(minutes=75) + timedelta(seconds=25 * number)
        facts.append(
            {"kind": "returned" if back else "sold", "sku": one.sku, "location": one.location, "quantity": 1,
             "occurred_at": _written(sold_at), "record": f"till {sold_at:%Y%m%d} {number + 1:04}"}
        )  # fmt: skip
    if facts:
        broken = facts[0] | {"record": facts[0]["record"] + " X"}
        facts += [facts[0], broken | {"kind": "stolen"}, broken | {"location": "ST-ATLANTIS"}]
    return b"".join(msgspec.json.encode(fact) + b"\n" for fact in facts)


def carts(skus: Sequence[str], at: datetime) -> tuple[ReservationIn, ...]:
    """Give three carts that hold units for as long as a reservation may."""
    baskets = ((CHANNEL.code, skus[:2], 3), (CHANNEL.code, skus[1:2], 12), (MARKETPLACE, skus[2:4], 2))
    return tuple(
        msgspec.convert(
            {
                "channel": code,
                "lines": [{"sku": sku, "quantity": units} for sku in chosen],
                "delivery": {"destination": _PLACE},
                "external_id": f"cart-{at:%Y%m%d-%H%M%S%f}-{number}",
                "duration_seconds": _RESERVED_SECONDS,
            },
            ReservationIn,
        )
        for number, (code, chosen, units) in enumerate(baskets, 1)
        if chosen
    )


def wish(skus: Sequence[str]) -> PromiseIn:
    """Give the basket for which a day is asked."""
    basket = [{"sku": sku, "quantity": 2} for sku in skus[:2]]
    return msgspec.convert({"channel": MARKETPLACE, "lines": basket, "destination": _PLACE}, PromiseIn)


def _drawn(there: Sequence[Standing], chance: Chance, what: str, most: int) -> list[Standing]:
    return sorted(there, key=lambda one: chance.uniform(what, one.location, one.sku))[:most]


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
