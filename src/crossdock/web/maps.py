"""Maps drawn on our side: land as SVG paths, fitted to the places that are to be seen. No tile is ever fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import msgspec

from crossdock.web.console import STATIC

Degrees = tuple[float, float]
"""Latitude and longitude."""

_MOST = 84.0  # Mercator has no poles
_MARGIN = 0.16
_SMALLEST = 1.2  # degrees: a network of one town is shown with its surroundings
_TINY = 0.35  # square units: islands that nobody sees are left out


class Country(NamedTuple):
    """A country's outline: rings of (longitude, latitude) with their bounds."""

    name: str
    rings: list[tuple[tuple[float, float, float, float], list[tuple[float, float]]]]


class Frame(NamedTuple):
    """A window on the world in Mercator's projection, and the size of its picture."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return where a place is in the picture, in its units."""
        x = (math.radians(longitude) - self.left) * self.scale
        y = (self.top - _mercator(latitude)) * self.scale
        return round(x, 1), round(y, 1)

    def degrees(self) -> tuple[float, float, float, float]:
        """Return the window's west, south, east and north."""
        east = math.degrees(self.left + self.width / self.scale)
        return math.degrees(self.left), _latitude(self.top - self.height / self.scale), east, _latitude(self.top)


class Label(NamedTuple):
    """A name beside a place: where its text begins or ends."""

    x: float
    y: float
    anchor: str
    text: str


_LETTER = 7.6  # the width of a letter and the height of a line, generously
_LINE = 15.0
_MOST_LABELS = 40


def labels(
    frame: Frame, spots: Sequence[tuple[float, float]], names: Sequence[str], scale: float = 1.0
) -> list[Label | None]:
    """Write names beside their spots, the first first: to the right, to the left or below, or not at all.

    ``scale`` is how much larger than usual they are written. None covers another, nor leaves the picture; so the more
    places there are, the fewer of them are named.
    """
    taken: list[tuple[float, float, float, float]] = []
    out: list[Label | None] = []
    for (x, y), name in zip(spots, names, strict=True):
        width = len(name) * _LETTER * scale
        choices = (
            (Label(x + 7, y - 6, "start", name), x + 7),
            (Label(x - 7, y - 6, "end", name), x - 7 - width),
            (Label(x + 7, y + 14 * scale, "start", name), x + 7),
            (Label(x - 7, y + 14 * scale, "end", name), x - 7 - width),
        )
        found = None
        for label, left in choices if len(taken) < _MOST_LABELS else ():
            box = (left, label.y - _LINE * scale, left + width, label.y + 3)
            inside = box[0] >= 0 and box[2] <= frame.width and box[1] >= 0 and box[3] <= frame.height
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found = label
                break
        out.append(found)
    return out


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def fit(places: Sequence[Degrees], width: int, height: int) -> Frame:
    """Return the frame that shows all places with some room around them; without places the whole world."""
    points = list(places) or [(70.0, -170.0), (-52.0, 175.0)]
    south, north = min(p[0] for p in points), max(p[0] for p in points)
    west, east = min(p[1] for p in points), max(p[1] for p in points)
    middle = math.radians((west + east) / 2), (_mercator(south) + _mercator(north)) / 2
    floor = math.radians(_SMALLEST)
    room = 1 + 2 * _MARGIN
    across = max(math.radians(east - west), floor) * room
    along = max(_mercator(north) - _mercator(south), floor) * room
    scale = min(width / across, height / along)
    return Frame(middle[0] - width / scale / 2, middle[1] + height / scale / 2, scale, width, height)


@lru_cache(maxsize=32)
def land(frame: Frame) -> str:
    """Return the SVG path data of all land in the frame."""
    west, south, east, north = frame.degrees()
    out: list[str] = []
    for country in _world():
        for (left, low, right, high), ring in country.rings:
            if right >= west and left <= east and high >= south and low <= north:
                out.extend(_path(frame, ring))
    return "".join(out)


def _path(frame: Frame, ring: list[tuple[float, float]]) -> Iterator[str]:
    """Draw a ring, held close to the picture's edges, without steps shorter than half a unit."""
    room_x, room_y = frame.width * 0.6, frame.height * 0.6
    points: list[tuple[float, float]] = []
    for longitude, latitude in ring:
        x, y = frame.place(max(-_MOST, min(_MOST, latitude)), longitude)
        x = max(-room_x, min(frame.width + room_x, x))
        y = max(-room_y, min(frame.height + room_y, y))
        if not points or abs(x - points[-1][0]) + abs(y - points[-1][1]) >= 0.5:
            points.append((x, y))
    if len(points) > 2 and abs(_area(points)) > _TINY:
        yield "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def _area(points: list[tuple[float, float]]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2


def _mercator(latitude: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(max(-_MOST, min(_MOST, latitude))) / 2))


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y)) - math.pi / 2)


class _Outline(msgspec.Struct):
    name: str
    rings: list[list[int]]


class _World(msgspec.Struct):
    unit: float
    countries: list[_Outline]


@cache
def _world() -> list[Country]:
    world = msgspec.json.decode((STATIC / "vendor" / "world.json").read_bytes(), type=_World)
    return [Country(c.name, [_ring(flat, world.unit) for flat in c.rings]) for c in world.countries]


def _ring(flat: list[int], unit: float) -> tuple[tuple[float, float, float, float], list[tuple[float, float]]]:
    """Add up a ring's steps and find its bounds."""
    x = y = 0
    points = []
    for at in range(0, len(flat), 2):
        x, y = x + flat[at], y + flat[at + 1]
        points.append((x * unit, y * unit))
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (min(xs), min(ys), max(xs), max(ys)), points
