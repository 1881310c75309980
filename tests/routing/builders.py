"""A small network in England with round prices, so that amounts can be checked by hand."""

import numpy as np

from crossdock.kernel.geo import xyz
from crossdock.routing import Demand, DemandLine, Lane, Network, Policy, RateCard, Site, Snapshot, Zone

TODAY = 740_000
PLACES = {
    "DC": ("Daventry DC", "dc", "GB", (52.26, -1.16)),
    "LEEDS": ("Leeds store", "store", "GB", (53.80, -1.55)),
    "YORK": ("York store", "store", "GB", (53.96, -1.08)),
    "PARIS": ("Paris store", "store", "FR", (48.86, 2.35)),
}
CARD = RateCard(
    currency="GBP",
    zones=(Zone(50, 300_000, 10_000, 1), Zone(200, 400_000, 20_000, 2), Zone(600, 500_000, 30_000, 3)),
    lanes=(Lane(("FR",), ("GB",), 900_000, 80_000, 4),),
    parcel_limit_g=20_000,
)
POLICY = Policy(card=CARD)


def network(codes: tuple[str, ...] = ("DC", "LEEDS", "YORK"), **changes: object) -> Network:
    sites = []
    for at, code in enumerate(codes):
        name, kind, country, place = PLACES[code]
        x, y, z = xyz(*place)
        facts = {"handling_parcel": 50_000, "handling_line": 10_000, "handling_unit": 1_000} | changes
        sites.append(Site(id=at + 1, code=code, name=name, kind=kind, country=country, x=x, y=y, z=z, **facts))  # type: ignore[arg-type]
    return Network(tuple(sites))


def demand(*lines: tuple[int, int], near: tuple[float, float] = (53.81, -1.54), **changes: object) -> Demand:
    """Ask for (quantity, grams) per line, near Leeds if nothing else is said."""
    x, y, z = xyz(*near)
    asked = tuple(DemandLine(at + 1, at + 101, quantity, grams) for at, (quantity, grams) in enumerate(lines))
    return Demand(**({"lines": asked, "country": "GB", "x": x, "y": y, "z": z} | changes))  # type: ignore[arg-type]


def snapshot(
    where: Network, *rows: tuple[int, ...], days: tuple[int, ...] = (), room: tuple[int, ...] = ()
) -> Snapshot:
    count = len(where.sites)
    return Snapshot(
        where,
        np.array(rows, dtype=np.int64),
        np.array(days or (TODAY,) * count, dtype=np.int64),
        np.array(room or (100,) * count, dtype=np.int64),
    )
