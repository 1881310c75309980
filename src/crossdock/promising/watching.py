"""Whether a promise that was ordered will be kept, judged before it is late: from plans, calendars and the clock.

A package must be handed over on its latest day at the latest: the promised day less the days on the road. A promise is
at risk as soon as a location can no longer make that day, or is about to miss its last cut-off without having begun;
when units wait that no supply is bound to, or whose supply comes too late; when a plan arrives too late. It is late
when the promised day is over and something has not left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from crossdock.kernel.clock import HOUR, utc_day
from crossdock.network.calendars import CLOSED, WorkCalendar
from crossdock.promising.dates import last_instant

WARN_BEFORE = 2 * HOUR
"""So long before the last cut-off work that has not begun puts its promise at risk."""

State = Literal["kept", "at_risk", "late"]
Reason = Literal[
    "",
    "waiting",
    "supply_late",
    "supply_slipped",
    "planned_late",
    "location_closed",
    "handover_missed",
    "handover_near",
    "day_over",
]


class PromisePart(NamedTuple):
    """A fulfillment of a promised order: planned days as ordinals, how far its location is."""

    fulfillment_id: int
    location_id: int
    work_day: int
    deliver_day: int
    has_begun: bool
    has_left: bool


class Coming(NamedTuple):
    """Units that wait and are bound to supply: where it comes, and the ordinal day on which they would arrive.

    ``deliver_day`` is None where nobody hands them over in sixty days.
    """

    location_id: int
    quantity: int
    deliver_day: int | None


class OpenPromise(NamedTuple):
    """A promised order: the day, the units that wait for stock, its fulfillments; what of the units is coming."""

    order_id: int
    promised_day: int
    waiting: int
    parts: Sequence[PromisePart]
    coming: Sequence[Coming] = ()


class Standing(NamedTuple):
    """How a promise stands, why, and where (None for the whole order); `day` is when its part would arrive now."""

    state: State
    reason: Reason = ""
    location_id: int | None = None
    day: int | None = None


KEPT = Standing("kept")
_SEVERITY = ("kept", "at_risk", "late")


def stand(promise: OpenPromise, at: int, calendars: Mapping[int, WorkCalendar]) -> Standing:
    """Judge a promise at an instant; the worst of its parts decides, the first of equals.

    A location that is not among the calendars (it is not active any more) counts as closed.
    """
    over = utc_day(at) > promise.promised_day
    worst = _judge_waiting(promise, over)
    for part in promise.parts:
        found = _judge(part, promise.promised_day, at, calendars.get(part.location_id))
        if found.state == "at_risk" and over and not part.has_left:
            found = found._replace(state="late", reason="day_over")
        if _SEVERITY.index(found.state) > _SEVERITY.index(worst.state):
            worst = found
    return worst


def _judge_waiting(promise: OpenPromise, over: bool) -> Standing:
    if not promise.waiting:
        return KEPT
    if over:
        return Standing("late", "day_over")
    if sum(each.quantity for each in promise.coming) < promise.waiting:
        return Standing("at_risk", "waiting")
    for each in promise.coming:
        if each.deliver_day is None:
            return Standing("at_risk", "location_closed", each.location_id)
    last = max(promise.coming, key=lambda each: each.deliver_day or 0)
    if last.deliver_day is not None and last.deliver_day > promise.promised_day:
        return Standing("at_risk", "supply_late", last.location_id, last.deliver_day)
    return KEPT


def _judge(part: PromisePart, promised: int, at: int, calendar: WorkCalendar | None) -> Standing:
    where = part.location_id
    transit = part.deliver_day - part.work_day
    if part.has_left:
        late = part.deliver_day > promised
        return Standing("at_risk", "planned_late", where, part.deliver_day) if late else KEPT
    if part.deliver_day > promised:
        return Standing("at_risk", "planned_late", where, part.deliver_day)
    if calendar is None:
        return Standing("at_risk", "location_closed", where)
    latest = promised - transit
    planned = calendar.first_open(part.work_day)
    if planned == CLOSED or planned > latest:
        return Standing("at_risk", "location_closed", where, None if planned == CLOSED else planned + transit)
    now = calendar.handover(at, processing=0)
    if now == CLOSED or now > latest:
        return Standing("at_risk", "handover_missed", where, None if now == CLOSED else now + transit)
    border = last_instant(calendar, at, latest, processing=0)
    if not part.has_begun and border is not None and border - at <= WARN_BEFORE:
        return Standing("at_risk", "handover_near", where, part.deliver_day)
    return KEPT
