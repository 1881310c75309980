"""Places as whole metres on a sphere, so that distances compare exactly on every machine."""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_009  # mean radius (2 a + b) / 3 of WGS 84

Xyz = tuple[int, int, int]


def xyz(latitude: float, longitude: float) -> Xyz:
    """Return the point's Cartesian coordinates in whole metres.

    Computed once, when a place is stored; from then on only integers are compared, which is why a decision made here
    is the same decision everywhere.
    """
    lat, lon = math.radians(latitude), math.radians(longitude)
    r = EARTH_RADIUS_M
    return round(r * math.cos(lat) * math.cos(lon)), round(r * math.cos(lat) * math.sin(lon)), round(r * math.sin(lat))


def latitude_longitude(point: Xyz) -> tuple[float, float]:
    """Return latitude and longitude in degrees, for maps."""
    x, y, z = point
    return round(math.degrees(math.atan2(z, math.hypot(x, y))), 6), round(math.degrees(math.atan2(y, x)), 6)


def distance_km(a: Xyz, b: Xyz) -> float:
    """Return the great-circle distance in kilometres, for people to read."""
    chord = math.dist(a, b)
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, chord / (2 * EARTH_RADIUS_M))) / 1000
