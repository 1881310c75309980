"""Where the demonstration's customers and locations are: real postcode districts, and a city for each country."""

from __future__ import annotations

import csv
import io
import math
from importlib.resources import files

import msgspec

_EARTH_KM = 6_371.009
UNKNOWN_COUNTRY = "ZZ"
"""The code that ISO 3166 leaves to users and CLDR uses for an unknown region."""


class Destination(msgspec.Struct, frozen=True):
    """Where an order goes, as coarse as a postcode district: no street, no house, nobody's address.

    ``outcode`` is empty abroad; ``lat`` and ``lon`` are None when not even the country is known.
    """

    country: str
    outcode: str
    town: str
    region: str
    lat: float | None
    lon: float | None


NOWHERE = Destination(UNKNOWN_COUNTRY, "", "", "", None, None)


class Places(msgspec.Struct, frozen=True):
    """All postcode districts by country (GB, GG, JE, IM), each by its outcode, and one city per country abroad."""

    outcodes: dict[str, Destination]
    by_country: dict[str, list[Destination]]
    cities: dict[str, Destination]
    country_names: dict[str, str]


def load() -> Places:
    """Read the shipped tables."""
    outcodes: dict[str, Destination] = {}
    by_country: dict[str, list[Destination]] = {}
    for outcode, lat, lon, town, region, country in _records("data/uk_outcodes.csv"):
        place = Destination(country, outcode, town, region, float(lat), float(lon))
        outcodes[outcode] = place
        by_country.setdefault(country, []).append(place)
    cities, names = {}, {}
    for country, name, city, lat, lon, _ in _records("data/countries.csv"):
        cities[country] = Destination(country, "", city, "", float(lat), float(lon))
        names[country] = name
    return Places(outcodes, by_country, cities, names)


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Measure along the great circle."""
    a, b, across = math.radians(lat_a), math.radians(lat_b), math.radians(lon_b - lon_a)
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def _records(name: str) -> list[list[str]]:
    text = files("crossdock.demo").joinpath(name).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text)))[1:]
