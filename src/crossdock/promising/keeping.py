"""The decision by which a day is promised, and by which an order that brings the promise keeps it: one function.

`keep` first decides as ever. When that plan is in time, it is the plan. When it is not, it decides once more with a
price on lateness that outweighs every other cost; if then everything is in time and nothing more stays behind, that is
the plan. So a promise costs the least that keeps its day, and the order that brings it is decided alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from crossdock.promising.methods import preferring, urgent
from crossdock.routing.decide import decide
from crossdock.routing.merging import last_day
from crossdock.routing.model import Decision, Demand, Plan, Policy, Snapshot
from crossdock.routing.terms import Terms, terms

NEVER = 1 << 30
_MOST_DAYS = 12


class Kept(NamedTuple):
    """A decision with the policy and the demand (its due day) that it was made for."""

    decision: Decision
    policy: Policy
    demand: Demand


def arrives(plan: Decision | Plan) -> int | None:
    """Return the ordinal day on which the last package of a plan arrives; None when nothing is sent."""
    return last_day(plan.bill, plan.path)


def missing(plan: Decision | Plan) -> int:
    """Return how many units a plan leaves behind."""
    return sum([units for _, units in plan.unfilled])


def keep(
    demand: Demand, snapshot: Snapshot, policy: Policy, day: int | None = None, preferred: tuple[int, ...] = ()
) -> Kept:
    """Decide a demand so that everything arrives by a day if that can be; without a day as the policy has it.

    Pure, as `decide` is. What cannot be kept is decided as it would have been without the promise. Between plans that
    cost the same, the one of the ``preferred`` locations (ascending ids) is taken.
    """
    first = Kept(decide(demand, snapshot, policy), policy, demand)
    if day is None or _in_time(first.decision, day):
        return _preferring(first, snapshot, preferred, day)
    second = _hurried(demand, snapshot, urgent(policy), day)
    if not _in_time(second.decision, day) or missing(second.decision) > missing(first.decision):
        return first
    return _preferring(second, snapshot, preferred, day)


def _hurried(demand: Demand, snapshot: Snapshot, policy: Policy, day: int) -> Kept:
    """Decide by a day; again for the day that came out if it is earlier, so that asking for it gives the same plan."""
    while True:
        asked = replace(demand, due_day=day)
        found = Kept(decide(asked, snapshot, policy), policy, asked)
        last = arrives(found.decision)
        if last is None or last >= day:
            return found
        day = last


def _preferring(kept: Kept, snapshot: Snapshot, preferred: tuple[int, ...], day: int | None) -> Kept:
    """Take the preferred locations where the best plan passed over is theirs, costs as much and is in time."""
    decision, over = kept.decision, kept.decision.passed_over
    if not preferred or over is None or decision.site_ids == preferred:
        return kept
    plan = over.plan
    if plan.site_ids != preferred or plan.total != decision.total or (day is not None and (arrives(plan) or 0) > day):
        return kept
    policy = preferring(kept.policy, preferred, snapshot.network)
    return Kept(decide(kept.demand, snapshot, policy), policy, kept.demand)


def earliest(demand: Demand, snapshot: Snapshot, policy: Policy) -> Kept:
    """Decide a demand for the earliest day on which as much of it can arrive as ever can; the cheapest plan for it.

    Days are tried in turn from the first on which the locations that would be in time hold enough of each line.
    """
    usual = keep(demand, snapshot, policy)
    last = arrives(usual.decision)
    if last is None:
        return usual
    days = arrival_days(demand, snapshot, policy)
    first = _enough_by(demand, snapshot, days, missing(usual.decision))
    for day in sorted({int(d) for d in np.unique(days) if first <= d < last})[:_MOST_DAYS]:
        found = keep(demand, snapshot, policy, day)
        if _in_time(found.decision, day) and missing(found.decision) <= missing(usual.decision):
            return found
    return usual


def arrival_days(demand: Demand, snapshot: Snapshot, policy: Policy) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return, a site each, the day on which it would deliver; NEVER where it may not serve the demand at all."""
    known: Terms = terms(snapshot.network, policy, demand.country, demand.requires)
    zone = known.zones(demand)
    able = known.allowed & known.served_z[zone] & (snapshot.ship_day >= 0) & (snapshot.capacity > 0)
    return np.where(able, snapshot.ship_day + known.transit_z[zone], NEVER)


def _enough_by(demand: Demand, snapshot: Snapshot, days: np.ndarray[tuple[int], np.dtype[np.int64]], less: int) -> int:
    """Return a day before which the locations in time cannot hold what is asked, less what stays behind anyhow."""
    if less:
        return int(days.min(initial=NEVER))
    order = days.argsort(kind="stable")
    held = snapshot.stock[:, order].cumsum(axis=1)
    first = 0
    for row, line in enumerate(demand.lines):
        at = int(held[row].searchsorted(line.quantity))
        first = max(first, int(days[order[at]]) if at < len(order) else NEVER)
    return first


def _in_time(decision: Decision, day: int) -> bool:
    last = arrives(decision)
    return last is None or last <= day
