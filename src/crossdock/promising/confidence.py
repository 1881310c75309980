"""How sure a promised day is: even odds, nine in ten, and how likely the locations find the goods.

P50 is the plan's day. P90 adds the service's slack, the days after which nine of ten packages have come. When the
locations together find everything less often than nine times in ten, the tenth case is one in which the order is
routed again: then P90 is no earlier than a day for that and the next best plan's day, with the same slack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from crossdock.promising.keeping import arrives
from crossdock.routing.model import Decision, DemandLine

Find = Callable[[int, int, int], float]
"""Item id, location id, units: how likely the location finds them all, 0 to 1."""

REROUTE_DAYS = 1
_NINE_IN_TEN = 0.9


class Confidence(NamedTuple):
    """Ordinal days with even odds and with nine in ten; the probability that every unit is found where it should be."""

    p50: int
    p90: int
    find: float


def at_least(units: int, there: int, permille: int) -> float:
    """Return the probability that of ``there`` units, each found with a probability, at least so many are found.

    One minus the lower tail of the binomial distribution, summed from 0.
    """
    if units <= 0 or permille >= 1000:
        return 1.0
    if there < units or permille <= 0:
        return 0.0
    p = permille / 1000
    term = (1 - p) ** there
    below = 0.0
    for k in range(units):
        below += term
        term *= (there - k) / (k + 1) * (p / (1 - p))
    return max(0.0, 1.0 - below)


def confidence(decision: Decision, lines: tuple[DemandLine, ...], slack_days: int, find: Find) -> Confidence | None:
    """Return how sure the plan's day is; None when nothing is sent."""
    day = arrives(decision)
    if day is None:
        return None
    item_of = {line.key: line.item for line in lines}
    found = 1.0
    for site, key, units in decision.assignments:
        found *= find(item_of[key], site, units)
    late = day
    if found < _NINE_IN_TEN:
        over = decision.passed_over
        other = arrives(over.plan) if over is not None else None
        late = max(day, day if other is None else other) + REROUTE_DAYS
    return Confidence(day, late + slack_days, round(found, 4))
