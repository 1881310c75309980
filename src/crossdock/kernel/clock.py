"""Instants are integers: microseconds since 1970-01-01 UTC. Days are ordinals (proleptic Gregorian, as ``date``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from crossdock.kernel.errors import Invalid

Clock = Callable[[], int]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MAX = int((datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) / timedelta(microseconds=1))


def now() -> int:
    """Return the present instant in microseconds UTC."""
    return time.time_ns() // 1000


def instant(moment: datetime) -> int:
    """Turn an aware datetime into microseconds UTC; raises Invalid for a naive one, whose meaning nobody knows."""
    if moment.tzinfo is None:
        raise Invalid(f"{moment.isoformat()} has no time zone: write it with Z or an offset such as +01:00.")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Turn microseconds UTC into an aware datetime."""
    return _EPOCH + timedelta(microseconds=at)


def rfc3339(at: int) -> str:
    """Write an instant as RFC 3339 in UTC, without a fraction that is zero: ``2026-11-21T09:00:00Z``."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """Read an RFC 3339 instant with any offset; raises Invalid when it has none or is no instant."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text[:40]}' is not an RFC 3339 instant such as 2026-11-21T09:00:00Z.") from None
    return instant(parsed)


def parse_day(text: str) -> int:
    """Return the ordinal of an ISO date; raises Invalid when the calendar has no such day."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise Invalid(f"'{text[:40]}' is no day of the calendar.") from None


def day_text(ordinal: int) -> str:
    """Write an ordinal day as an ISO date."""
    return date.fromordinal(ordinal).isoformat()


def utc_day(at: int) -> int:
    """Return the ordinal of the UTC day of an instant."""
    return at // DAY + _EPOCH_DAY


def day_start(ordinal: int) -> int:
    """Return the first instant (UTC) of an ordinal day."""
    return (ordinal - _EPOCH_DAY) * DAY
