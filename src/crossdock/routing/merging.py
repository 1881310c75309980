"""Gathering goods at one place and sending them on in one go: what a route allows, and the bill of the last leg."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from crossdock.routing.rules import Sites

Milli = Annotated[int, Meta(ge=0, le=10**12, description="1/1000 of the minor unit")]


class _Delivers(Protocol):
    @property
    def deliver_day(self) -> int: ...


def last_day(bill: Sequence[_Delivers], path: "Path | None") -> int | None:
    """Give the day on which the last of a plan's goods are with the customer; None when nothing is sent."""
    return max([each.deliver_day for each in bill], default=None) if path is None else path.deliver_day


class Transfer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a parcel between our locations costs up to a distance: base per parcel, price per kilogram, days."""

    up_to_km: Annotated[int, Meta(ge=1, le=20_016)]
    base: Milli
    per_kg: Milli
    transit_days: Annotated[int, Meta(ge=0, le=60)]


class Merge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where goods of a delivery may be gathered, and what that costs (milli).

    Places are `hubs`, and with `sources` every location that has some of the goods. Transfers cost what `zones` say,
    else what the route's card does, less `discount_permille`; between countries always the latter. `per_parcel` and
    `per_unit` are paid at the place for what comes from elsewhere, `days` is how many open days it needs for that.
    Goods come from at most `max_sources` locations, lines whole or by the unit (`split`). At most so many places are
    looked at in full (`most`); what others could save is in the decision's gap.
    """

    hubs: Sites | None = None
    sources: bool = False
    zones: Annotated[tuple[Transfer, ...], Meta(max_length=100)] = ()
    discount_permille: Annotated[int, Meta(ge=0, le=1_000)] = 0
    per_parcel: Milli = 0
    per_unit: Milli = 0
    days: Annotated[int, Meta(ge=0, le=30)] = 1
    split: Literal["line", "unit"] = "unit"
    max_sources: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    most: Annotated[int, Meta(ge=1, le=100)] = 8

    def __post_init__(self) -> None:
        amounts = [self.discount_permille, self.per_parcel, self.per_unit, self.days]
        amounts += [each for zone in self.zones for each in (zone.up_to_km, zone.base, zone.per_kg, zone.transit_days)]
        if min(amounts) < 0 or self.discount_permille > 1_000 or self.most < 1:
            raise ValueError("gathering costs nothing below 0, and its discount is no more than 1000 permille")


class Path(Struct, frozen=True, array_like=True):
    """The last leg of a plan whose goods are gathered: what the place does and costs; money in milli.

    `base` is carriage with its surcharges and fuel, `weight` the price by the kilogram on this leg, `gathering` what is
    paid at the place for what came. `km` is −1 where no distance is known.
    """

    site_id: int
    parcels: int
    units: int
    weight_g: int
    base: int
    weight: int
    handling_parcel: int
    gathering: int
    lateness: int
    km: int
    transit_days: int
    arrive_day: int
    ship_day: int
    deliver_day: int

    @property
    def total(self) -> int:
        """The sum of the last leg's costs."""
        return self.base + self.weight + self.handling_parcel + self.gathering + self.lateness
