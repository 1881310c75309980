"""Distances as whole numbers, so that a decision has the same bytes on every machine.

A place is a point in metres on a sphere (integer cartesian coordinates); how far two places are apart is the square
of the straight line between them, which is an exact integer. A border in kilometres is turned into such a square
once, with integer arithmetic only: `math.sin` may differ in its last digit from one C library to the next, and with
it the zone of a location that lies on the border.
"""

import math
from functools import lru_cache

from crossdock.kernel.geo import EARTH_RADIUS_M

MAX_KM = 20_016
"""No two places on the sphere are further apart along the surface."""

_SCALE = 10**24


@lru_cache(maxsize=4096)
def chord_squared(km: int) -> int:
    """Give the squared straight line, in square metres, between two points `km` kilometres apart on the surface.

    The chord is 2·R·sin(d ÷ 2R); the sine is summed as an integer Taylor series with 24 decimals.
    """
    if km >= MAX_KM:
        return 4 * EARTH_RADIUS_M * EARTH_RADIUS_M
    half_angle = km * 1000 * _SCALE // (2 * EARTH_RADIUS_M)
    term, total, order = half_angle, half_angle, 1
    while term:
        order += 2
        term = -term * half_angle // _SCALE * half_angle // _SCALE // ((order - 1) * order)
        if term in (0, -1):  # floor division of a negative number stops at -1
            break
        total += term
    return 4 * EARTH_RADIUS_M * EARTH_RADIUS_M * total // _SCALE * total // _SCALE


def whole_km(squared: int) -> int:
    """Give the distance on the surface in whole kilometres, rounded down, for a squared chord in square metres.

    Floating point only guesses; the integers decide.
    """
    half = min(1.0, math.sqrt(squared) / (2 * EARTH_RADIUS_M))
    km = int(2 * EARTH_RADIUS_M * math.asin(half) / 1000)
    while km < MAX_KM and chord_squared(km + 1) <= squared:
        km += 1
    while km > 0 and chord_squared(km) > squared:
        km -= 1
    return km
