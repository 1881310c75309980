"""When a route holds: dates, seasons, days and hours in the policy's time zone, and what comes back every so often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated, Literal

from msgspec import Meta

from crossdock.kernel.document import Day, Input

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="local time HH:MM")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MonthDay = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", description="MM-DD")]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LONG = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class During(Input, tag_field="type", tag="during"):
    """The decision falls into a time: every field that is given must fit.

    `first_day` and `last_day` are dates, both included. `every_year_from` and `every_year_until` (MM-DD, both included)
    come back each year, over New Year too. `days` are week days, `days_of_month` 1 to 31 (-1 is the last), `nth` counts
    the week day within its month (-1 is the last one), `every_weeks` takes every n-th week from that of `first_day`.
    `begin` and `end` (not included) are local times; a window that ends before it begins goes on after midnight and
    belongs to the day on which it began.
    """

    first_day: Day | None = None
    last_day: Day | None = None
    every_year_from: MonthDay | None = None
    every_year_until: MonthDay | None = None
    days: Annotated[tuple[Weekday, ...], Meta(max_length=7)] = ()
    days_of_month: Annotated[tuple[Annotated[int, Meta(ge=-1, le=31)], ...], Meta(max_length=31)] = ()
    nth: Annotated[tuple[Annotated[int, Meta(ge=-1, le=5)], ...], Meta(max_length=6)] = ()
    every_weeks: Annotated[int, Meta(ge=1, le=52)] = 1
    begin: Clock | None = None
    end: Clock | None = None


class Window:
    """A `During`, compiled for a time zone."""

    def __init__(self, during: During, zone: tzinfo) -> None:
        self._zone = zone
        self._begin = _minutes(during.begin, 0)
        self._end = _minutes(during.end, 24 * 60)
        self._first = date.min if during.first_day is None else date.fromisoformat(during.first_day)
        self._last = date.max if during.last_day is None else date.fromisoformat(during.last_day)
        self._season = (during.every_year_from, during.every_year_until)
        self._days = frozenset(WEEKDAYS.index(day) for day in during.days)
        self._month_days = frozenset(during.days_of_month)
        self._nth = frozenset(during.nth)
        self._weeks = during.every_weeks

    def holds(self, at: int) -> bool:
        """Say whether an instant (microseconds UTC) falls into it."""
        local = (_EPOCH + timedelta(microseconds=at)).astimezone(self._zone)
        minute, day = local.hour * 60 + local.minute, local.date()
        if self._begin < self._end:
            return self._begin <= minute < self._end and self._on(day)
        if minute >= self._begin:
            return self._on(day)
        return minute < self._end and self._on(day - timedelta(days=1))

    def _on(self, day: date) -> bool:
        if not self._first <= day <= self._last or (self._days and day.weekday() not in self._days):
            return False
        if self._weeks > 1 and (_monday(day) - _monday(self._first)).days // 7 % self._weeks:
            return False
        since, until = self._season
        if since is not None and until is not None:
            here = f"{day.month:02}-{day.day:02}"
            if not (since <= here <= until if since <= until else here >= since or here <= until):
                return False
        last = (day + timedelta(days=1)).month != day.month
        if self._month_days and day.day not in self._month_days and not (last and -1 in self._month_days):
            return False
        last_of_kind = (day + timedelta(days=7)).month != day.month
        return not self._nth or (day.day + 6) // 7 in self._nth or (last_of_kind and -1 in self._nth)


def during_words(during: During) -> str:
    """Say a time in words: `on a Saturday or Sunday between 08:00 and 20:00`."""
    said = []
    if during.first_day and during.last_day:
        said.append(f"from {during.first_day} to {during.last_day}")
    elif during.first_day:
        said.append(f"from {during.first_day} on")
    elif during.last_day:
        said.append(f"until {during.last_day}")
    if during.every_year_from and during.every_year_until:
        said.append(f"each year from {during.every_year_from} to {during.every_year_until}")
    if during.every_weeks > 1:
        said.append(f"every {_ordinal(during.every_weeks)} week")
    if during.days:
        which = f"the {_or([_ordinal(n) for n in during.nth])} " if during.nth else "a "
        said.append(f"on {which}{_or([_LONG[day] for day in during.days])}")
    elif during.nth:
        said.append(f"in the {_or([_ordinal(n) for n in during.nth])} week of the month")
    if during.days_of_month:
        said.append(f"on the {_or([_ordinal(n) for n in during.days_of_month])} of the month")
    if during.begin or during.end:
        said.append(f"between {during.begin or '00:00'} and {during.end or '24:00'}")
    return " ".join(said) or "at any time"


def _minutes(clock: str | None, else_: int) -> int:
    return else_ if clock is None else int(clock[:2]) * 60 + int(clock[3:])


def _monday(day: date) -> date:
    return date.fromordinal(max(1, day.toordinal() - day.weekday()))


def _ordinal(n: int) -> str:
    if n == -1:
        return "last"
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
