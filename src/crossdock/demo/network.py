"""The assumed network: two distribution centres, 21 stores, a 3PL and a supplier, on real postcode districts.

The data set names no location at all. Towns and coordinates are real, everything else is assumed: round figures of
the kind a retailer of this size would give.
"""

from __future__ import annotations

import msgspec

from crossdock.demo.places import Places

POUND = 100_000
"""Costs are in 1/1000 of a penny."""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class LocationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One location, as ``PUT /v1/locations`` takes it, flat.

    Costs are in 1/1000 of a penny: for each parcel, line and unit that leaves. ``daily_capacity`` counts
    fulfillments on a work day, ``cut_off`` is local time, ``rank`` prefers the lower between equals.
    """

    code: str
    name: str
    kind: str
    outcode: str
    city: str
    region: str
    country: str = "GB"
    latitude: float
    longitude: float
    time_zone: str = "Europe/London"
    capabilities: tuple[str, ...]
    work_days: tuple[str, ...]
    holidays: str
    cut_off: str
    processing_days: int
    daily_capacity: int
    handling_parcel: int
    handling_line: int
    handling_unit: int
    rank: int


class _Kind(msgspec.Struct, frozen=True):
    """What all locations of a kind share."""

    capabilities: tuple[str, ...]
    work_days: tuple[str, ...]
    cut_off: str
    processing_days: int
    daily_capacity: int
    handling_parcel: int
    handling_line: int
    handling_unit: int
    rank: int


_KINDS = {
    "dc": _Kind(("ship", "ambient", "oversize", "gift"), _WEEK[:6], "16:00", 0, 400, 70_000, 6_000, 900, 10),
    "3pl": _Kind(("ship", "ambient", "oversize"), _WEEK[:5], "14:00", 1, 80, 140_000, 12_000, 1_600, 30),
    "supplier": _Kind(("ship", "ambient", "oversize"), _WEEK[:5], "12:00", 2, 40, 180_000, 15_000, 2_000, 40),
    "store": _Kind(("ship", "collect", "ambient", "gift"), _WEEK, "13:00", 0, 12, 120_000, 20_000, 3_500, 50),
}

_PLACES = (
    # code, name, kind, outcode, the town as people call it, whose public holidays
    ("DC-SOUTH", "Daventry distribution centre", "dc", "NN11", "Daventry", "GB-ENG"),
    ("DC-NORTH", "Normanton distribution centre", "dc", "WF6", "Normanton", "GB-ENG"),
    ("3PL-THURROCK", "Thurrock contract warehouse", "3pl", "RM20", "Thurrock", "GB-ENG"),
    ("SUP-STOKE", "Stoke homeware supplier", "supplier", "ST4", "Stoke-on-Trent", "GB-ENG"),
    ("ST-LONDON-STRAND", "London Strand store", "store", "WC2N", "London", "GB-ENG"),
    ("ST-LONDON-CHELSEA", "London Chelsea store", "store", "SW3", "London", "GB-ENG"),
    ("ST-BRIGHTON", "Brighton store", "store", "BN1", "Brighton", "GB-ENG"),
    ("ST-SOUTHAMPTON", "Southampton store", "store", "SO14", "Southampton", "GB-ENG"),
    ("ST-EXETER", "Exeter store", "store", "EX4", "Exeter", "GB-ENG"),
    ("ST-BRISTOL", "Bristol store", "store", "BS1", "Bristol", "GB-ENG"),
    ("ST-BATH", "Bath store", "store", "BA1", "Bath", "GB-ENG"),
    ("ST-CARDIFF", "Cardiff store", "store", "CF10", "Cardiff", "GB-WLS"),
    ("ST-OXFORD", "Oxford store", "store", "OX1", "Oxford", "GB-ENG"),
    ("ST-CAMBRIDGE", "Cambridge store", "store", "CB2", "Cambridge", "GB-ENG"),
    ("ST-NORWICH", "Norwich store", "store", "NR2", "Norwich", "GB-ENG"),
    ("ST-BIRMINGHAM", "Birmingham store", "store", "B2", "Birmingham", "GB-ENG"),
    ("ST-NOTTINGHAM", "Nottingham store", "store", "NG1", "Nottingham", "GB-ENG"),
    ("ST-MANCHESTER", "Manchester store", "store", "M2", "Manchester", "GB-ENG"),
    ("ST-LIVERPOOL", "Liverpool store", "store", "L1", "Liverpool", "GB-ENG"),
    ("ST-LEEDS", "Leeds store", "store", "LS1", "Leeds", "GB-ENG"),
    ("ST-YORK", "York store", "store", "YO1", "York", "GB-ENG"),
    ("ST-NEWCASTLE", "Newcastle store", "store", "NE1", "Newcastle upon Tyne", "GB-ENG"),
    ("ST-EDINBURGH", "Edinburgh store", "store", "EH2", "Edinburgh", "GB-SCT"),
    ("ST-GLASGOW", "Glasgow store", "store", "G1", "Glasgow", "GB-SCT"),
    ("ST-BELFAST", "Belfast store", "store", "BT1", "Belfast", "GB-NIR"),
)


def locations(places: Places) -> tuple[LocationSpec, ...]:
    """Give the 25 locations, the distribution centres first."""
    return tuple(_location(places, rank, *place) for rank, place in enumerate(_PLACES))


def _location(
    places: Places, order: int, code: str, name: str, kind: str, outcode: str, city: str, holidays: str
) -> LocationSpec:
    place, shared = places.outcodes[outcode], _KINDS[kind]
    assert place.lat is not None and place.lon is not None  # noqa: PT018
    return LocationSpec(
        code=code,
        name=name,
        kind=kind,
        outcode=outcode,
        city=city,
        region=place.region,
        latitude=place.lat,
        longitude=place.lon,
        capabilities=shared.capabilities,
        work_days=shared.work_days,
        holidays=holidays,
        cut_off=shared.cut_off,
        processing_days=shared.processing_days,
        daily_capacity=shared.daily_capacity,
        handling_parcel=shared.handling_parcel,
        handling_line=shared.handling_line,
        handling_unit=shared.handling_unit,
        rank=shared.rank + order,
    )
