"""How the console writes instants, days, money and quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment

from crossdock.kernel import clock
from crossdock.kernel.money import Money, milli_to_minor, show
from crossdock.orders import PARTITION
from crossdock.web import words

_STEPS = ((clock.DAY, "d"), (clock.HOUR, "h"), (clock.MINUTE, "min"))
NEWS = 30 * clock.DAY
"""For how long "how long ago" says more than the date."""


ANY_NUMBER = 1 << 30


class Part(NamedTuple):
    """A stretch of a partition bar."""

    name: str
    units: int
    start: int
    width: int


BAR = 1024
"""How long a partition bar is, in its own units."""


class Formats:
    """The filters of the templates, for one time zone and one clock."""

    def __init__(self, zone: ZoneInfo, now: clock.Clock) -> None:
        self.zone = zone
        self.now = now

    def add_to(self, environment: Environment) -> None:
        """Make every format known to the templates under its own name."""
        environment.filters |= {
            "instant": self.instant,
            "exact": self.exact,
            "clock_time": self.clock_time,
            "ago": self.ago,
            "rfc3339": rfc3339,
            "day": day,
            "iso_day": iso_day,
            "long_day": long_day,
            "number": number,
            "units": units,
            "money": money,
            "money_less": money_less,
            "milli": milli,
            "partition_bar": partition_bar,
            "partition_words": partition_words,
            "plain": words.plain,
            "actor": words.actor,
            "rule_name": words.rule_name,
            "sentence": words.sentence,
            "plural": words.plural,
            "percent": percent,
            "kilograms": kilograms,
            "duration": duration,
        }

    def local(self, at: datetime | int) -> datetime:
        """Return an instant on the console's wall clock."""
        return (clock.moment(at) if isinstance(at, int) else at).astimezone(self.zone)

    def instant(self, at: datetime | int) -> str:
        """Write an instant: ``8 Dec 2011, 14:05``; of this year without the year."""
        local = self.local(at)
        year = "" if local.year == self.local(self.now()).year else f" {local.year}"
        return f"{local.day} {local:%b}{year}, {local:%H:%M}"

    def clock_time(self, at: datetime | int) -> str:
        """Write an instant's time of day: ``14:05``."""
        return f"{self.local(at):%H:%M}"

    def exact(self, at: datetime | int) -> str:
        """Write an instant to the second, with its zone."""
        return f"{self.local(at):%A, %d %B %Y, %H:%M:%S %Z}"

    def ago(self, at: datetime | int) -> str:
        """Write how long ago an instant was, or how far ahead; nothing when that is no news."""
        distance = self.now() - (at if isinstance(at, int) else clock.instant(at))
        if abs(distance) > NEWS:
            return ""
        for size, unit in _STEPS:
            if abs(distance) >= size:
                count = abs(distance) // size
                return f"{count} {unit} ago" if distance > 0 else f"in {count} {unit}"
        return "just now" if distance >= 0 else "in a moment"


def day_bounds(when: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return the first instant of a local day and of the next one; a day of a clock change has 23 or 25 hours."""
    start = datetime.combine(when, time.min, tzinfo=zone)
    return clock.instant(start), clock.instant(datetime.combine(when + timedelta(days=1), time.min, tzinfo=zone))


def rfc3339(at: datetime | int) -> str:
    """Write an instant for machines."""
    return clock.rfc3339(at if isinstance(at, int) else clock.instant(at))


def _date(when: date | int | str) -> date:
    if isinstance(when, int):
        return date.fromordinal(when)
    return date.fromisoformat(when) if isinstance(when, str) else when


def day(when: date | int | str) -> str:
    """Write a day: ``Thu 8 Dec 2011``; a dash for none."""
    if not when:
        return "–"
    of = _date(when)
    return f"{of:%a} {of.day} {of:%b} {of.year}"


def iso_day(when: int) -> str:
    """Write an ordinal day as forms take it: ``2011-12-08``."""
    return date.fromordinal(when).isoformat()


def long_day(when: date | int | str) -> str:
    """Write a day in full: ``Thursday, 8 December 2011``."""
    of = _date(when)
    return f"{of:%A}, {of.day} {of:%B} {of.year}"


def number(value: int) -> str:
    """Write a whole number with thousands apart."""
    return f"{value:,}"


def units(value: int) -> str:
    """Write a number of units; what stands for any number is said so."""
    return "any number" if value >= ANY_NUMBER else number(value)


def money(amount: Money) -> str:
    """Write money: ``£1,234.56``."""
    return show(amount.amount, amount.currency)


def money_less(amount: Money, other: Money) -> str:
    """Write what one amount is above another."""
    return show(amount.amount - other.amount, amount.currency)


def milli(amount: int, currency: str) -> str:
    """Write 1/1000 minor units as money."""
    return show(milli_to_minor(amount), currency)


def percent(part: float, whole: float) -> str:
    """Write a share as a percentage with one digit, a dash when there is no whole."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


def kilograms(grams: int) -> str:
    """Write a weight: grams below a kilogram, kilograms above."""
    return f"{grams:,} g" if grams < 1_000 else f"{grams / 1_000:,.1f} kg"


def _parts(parts: Mapping[str, int] | Sequence[int] | Any) -> list[tuple[str, int]]:
    if isinstance(parts, Mapping):
        return [(name, int(parts.get(name, 0))) for name in PARTITION]
    if isinstance(parts, Sequence):
        return list(zip(PARTITION, parts, strict=True))
    return [(name, int(getattr(parts, name, 0))) for name in PARTITION]


def partition_bar(parts: Any) -> list[Part]:
    """Lay the parts that are not empty one after the other, in the order of the road; none is too thin to be seen."""
    present = [(name, units) for name, units in _parts(parts) if units]
    whole = sum(units for _, units in present)
    widths = [max(units * BAR // whole, BAR // 32) for _, units in present]
    if widths:
        widest = widths.index(max(widths))
        widths[widest] += BAR - sum(widths)
    bar, start = [], 0
    for (name, units), width in zip(present, widths, strict=True):
        bar.append(Part(name, units, start, width))
        start += width
    return bar


def partition_words(parts: Any) -> str:
    """Write the parts that are not empty: ``2 waiting, 3 allocated``."""
    return ", ".join(f"{units:,} {name}" for name, units in _parts(parts) if units) or "nothing"


def duration(seconds: float) -> str:
    """Write a stretch of time by its largest unit, with the next below it where that says more: ``2 d 4 h``."""
    left = int(seconds)
    if left < 1:
        return "under 1 s"
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)
