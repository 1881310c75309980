"""The last leg of a path: from where goods are gathered to the customer, when it leaves and what it costs."""

from crossdock.routing.merging import Path
from crossdock.routing.model import Policy, Snapshot
from crossdock.routing.view import View

CLOSED = -1
DAYS_AHEAD = 31
"""For so many days from the first one a snapshot knows which locations are open."""


def handover(snapshot: Snapshot, column: int, day: int, processing: int) -> int:
    """Give the day on which a location hands on what arrives on a day, after so many open days; CLOSED if it cannot.

    Counted as calendars do: the day of arrival is the first, if it is open. A snapshot that knows of no calendars
    takes every day for open.
    """
    if snapshot.open_days is None:
        return day + processing
    mask, left = int(snapshot.open_days[column]), processing
    for ahead in range(max(0, day - snapshot.first_day), DAYS_AHEAD):
        if mask >> ahead & 1:
            if left == 0:
                return snapshot.first_day + ahead
            left -= 1
    return CLOSED


def lateness(day: int, due: int | None, policy: Policy) -> int:
    """Give what a delivery on a day costs for being late."""
    return 0 if due is None else max(0, day - due) * policy.lateness_per_day


class Last:
    """What the last leg from one place costs: a price per parcel, a rate per kilogram, days on the road."""

    def __init__(self, view: View, column: int) -> None:
        terms, zone = view.terms, int(view.zone[column])
        self.zone = zone
        self.column = column
        self.site = terms.network.sites[column]
        self.base = int(terms.base_z[zone])
        self.per_kg = terms.per_kg_list[zone]
        self.transit = int(terms.transit_z[zone])
        self.limit = terms.limit

    @property
    def parcel(self) -> int:
        """What a parcel costs, its handling included."""
        return self.base + self.site.handling_parcel

    def parcels(self, grams: int) -> int:
        """Give how many parcels a weight needs, at least one."""
        return max(1, -(-grams // self.limit))


def path_of(last: Last, *, grams: int, units: int, weight: int, gathering: int, days: tuple[int, int, int], late: int,
            km: int) -> Path:  # fmt: skip
    """Write the last leg down; `days` are those of arrival at the place, handing over there, and delivery."""
    parcels = last.parcels(grams)
    arrive, ship, deliver = days
    return Path(
        site_id=last.site.id,
        parcels=parcels,
        units=units,
        weight_g=grams,
        base=parcels * last.base,
        weight=weight,
        handling_parcel=parcels * last.site.handling_parcel,
        gathering=gathering,
        lateness=late,
        km=km,
        transit_days=last.transit,
        arrive_day=arrive,
        ship_day=ship,
        deliver_day=deliver,
    )
