"""When each location would hand a parcel over if it were given work now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import numpy as np

from crossdock.kernel.clock import instant, moment
from crossdock.kernel.errors import Invalid
from crossdock.network.model import Calendar

CLOSED = -1
_HORIZON = 60
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Days = np.ndarray[Any, np.dtype[np.int64]]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text}' is no day of the calendar.") from None


class WorkCalendar:
    """One location's calendar: work days, holidays, the cut-off in its own time zone, days of processing."""

    def __init__(self, calendar: Calendar, time_zone: str) -> None:
        self._zone = zone(time_zone)
        self._work_days = frozenset(_WEEK.index(day) for day in calendar.work_days)
        self._closed = frozenset(_date(day) for day in calendar.closed_on)
        self._holidays = calendar.holidays
        hour, minute = calendar.cut_off.split(":")
        self._cut_off = timedelta(hours=int(hour), minutes=int(minute))
        self._processing = calendar.processing_days

    def is_open(self, day: date) -> bool:
        """Say whether the location works on a day."""
        if day.weekday() not in self._work_days or day in self._closed:
            return False
        return not (self._holidays and day in _public(self._holidays, day.year))

    def handover(self, at: int, processing: int | None = None) -> int:
        """Return the ordinal day on which work given at an instant is handed over; CLOSED if in no sixty days.

        ``processing`` takes the place of the calendar's own days: 0 is for work that has been there long enough.
        """
        local = moment(at).astimezone(self._zone)
        day = local.date()
        if not self.is_open(day) or timedelta(hours=local.hour, minutes=local.minute) >= self._cut_off:
            day += timedelta(days=1)
        return self.first_handover(day, processing)

    def first_handover(self, day: date, processing: int | None = None) -> int:
        """Return the ordinal day on which work is handed over that may begin on a day; CLOSED if in no sixty days."""
        left = self._processing if processing is None else processing
        for _ in range(_HORIZON):
            if self.is_open(day):
                if left == 0:
                    return day.toordinal()
                left -= 1
            day += timedelta(days=1)
        return CLOSED

    def first_open(self, day: int) -> int:
        """Return the first ordinal day from this one on that is open; CLOSED if none of sixty is."""
        start = date.fromordinal(day)
        for ahead in range(_HORIZON):
            if self.is_open(start + timedelta(days=ahead)):
                return day + ahead
        return CLOSED

    def local_day(self, at: int) -> int:
        """Return the ordinal of the location's own day at an instant."""
        return moment(at).astimezone(self._zone).toordinal()

    def changes_at(self, at: int) -> int:
        """Return the next instant at which ``handover`` can give another day: the cut-off or local midnight."""
        local = moment(at).astimezone(self._zone)
        midnight = datetime.combine(local.date(), datetime.min.time(), tzinfo=self._zone)
        borders = (midnight + self._cut_off, midnight + timedelta(days=1))
        return min(instant(border.astimezone(UTC)) for border in borders if border > local)


class CalendarBook:
    """The calendars of a whole network; remembers the answer until the next cut-off or midnight of any of them."""

    def __init__(self, calendars: Sequence[WorkCalendar]) -> None:
        self._calendars = calendars
        self._from = self._until = 0
        self._days: Days = np.zeros(0, dtype=np.int64)
        self._open: Days = np.zeros(0, dtype=np.int64)
        self._open_from = -1

    def __getitem__(self, column: int) -> WorkCalendar:
        """Return the calendar of the location in a column."""
        return self._calendars[column]

    def ship_days(self, at: int) -> Days:
        """Return the ordinal handover day of each location, in order; not to be written to."""
        if not self._from <= at < self._until:
            self._days = np.array([calendar.handover(at) for calendar in self._calendars], dtype=np.int64)
            self._from = at
            self._until = min((calendar.changes_at(at) for calendar in self._calendars), default=at + 1)
        return self._days

    def open_days(self, first_day: int, ahead: int) -> Days:
        """Return for each location as bits on which days from an ordinal day on it is open; not to be written to."""
        if self._open_from != first_day:
            days = [date.fromordinal(first_day + n) for n in range(ahead)]
            masks = [sum(calendar.is_open(day) << n for n, day in enumerate(days)) for calendar in self._calendars]
            self._open, self._open_from = np.array(masks, dtype=np.int64), first_day
        return self._open

    def first_ship_days(self, day: int) -> Days:
        """Return the handover day of each location for work that may begin on an ordinal day and not before."""
        begin = date.fromordinal(day)
        return np.array([calendar.first_handover(begin) for calendar in self._calendars], dtype=np.int64)


def zone(name: str) -> ZoneInfo:
    """Return a time zone; raises Invalid when there is none of the name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"'{name[:40]}' is not an IANA time zone such as Europe/London.") from None


@lru_cache(maxsize=512)
def _public(region: str, year: int) -> frozenset[date]:
    country, _, part = region.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:
        raise Invalid(f"No public holidays are known for '{region}'.") from None
