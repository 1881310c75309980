"""Until when an order must come for its day to hold: the cut-off of the location that runs out of time first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossdock.network.calendars import CLOSED, WorkCalendar
from crossdock.routing.model import SiteBill

_MOST_STEPS = 150


class Deadline(NamedTuple):
    """The first instant that is too late (microseconds UTC), and the location whose cut-off it is."""

    at: int
    site_id: int


def last_instant(calendar: WorkCalendar, at: int, day: int, processing: int | None = None) -> int | None:
    """Return the first instant after ``at`` from which work would be handed over later than on a day.

    It is a cut-off of the location. None when work given at ``at`` is too late already. ``processing`` as for
    `WorkCalendar.handover`.
    """
    handed = calendar.handover(at, processing)
    if handed == CLOSED or handed > day:
        return None
    border = at
    for _ in range(_MOST_STEPS):
        border = calendar.changes_at(border)
        handed = calendar.handover(border, processing)
        if handed == CLOSED or handed > day:
            return border
    return border


def order_by(
    bill: Sequence[SiteBill], promised_day: int, at: int, calendars: Mapping[int, WorkCalendar]
) -> Deadline | None:
    """Return the instant by which the order must be there for all its packages to arrive by the promised day.

    A location whose package would arrive early has until the last cut-off at which it still is in time.
    """
    found: Deadline | None = None
    for each in bill:
        border = last_instant(calendars[each.site_id], at, promised_day - each.transit_days)
        if border is not None and (found is None or border < found.at):
            found = Deadline(border, each.site_id)
    return found
