"""The loop over routes, for an offer: decided as an order's delivery would be, and then everything is as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from crossdock.orchestration.planning import Planner
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.promises.model import Wanted
from crossdock.promising import Kept, arrives, keep, missing
from crossdock.routing.model import Demand, Policy, Snapshot
from crossdock.routing.record import Through

ByPolicy = Callable[[Demand, Snapshot, Policy], Kept]


class Link(NamedTuple):
    """One route's decision with what it saw and through what."""

    kept: Kept
    snapshot: Snapshot
    through: Through | None


class Chain(NamedTuple):
    """The decisions of the routes that found something, in order; of the last one tried where none did."""

    links: tuple[Link, ...]

    @property
    def first(self) -> Link:
        """The first of them."""
        return self.links[0]

    @property
    def last_day(self) -> int | None:
        """The ordinal day on which the last package arrives; None when nothing is sent."""
        return max((day for link in self.links if (day := arrives(link.kept.decision)) is not None), default=None)

    @property
    def first_day(self) -> int | None:
        """The ordinal day on which the first package arrives; None when nothing is sent."""
        days: list[int] = []
        for decision in (link.kept.decision for link in self.links):
            days += [bill.deliver_day for bill in (decision.bill if decision.path is None else (decision.path,))]
        return min(days, default=None)

    @property
    def missing(self) -> int:
        """How many units no route found."""
        return missing(self.links[-1].kept.decision)


def decide(planner: Planner, wanted: Wanted, where: Destination, policies: Sequence[Policy], choose: ByPolicy) -> Chain:
    """Decide what is wanted by the routes that hold, in order; nothing stays debited.

    What takes several routes is decided once more for the day that came out, because that is what an order that brings
    the promise will ask for.
    """
    found = _once(planner, wanted, where, policies, choose)
    while len(found.links) > 1:
        day = found.last_day

        def in_time(asked: Demand, seen: Snapshot, policy: Policy, day: int | None = day) -> Kept:
            return keep(asked, seen, policy, day)

        again = _once(planner, wanted, where, policies, in_time)
        if again.last_day is None or day is None or again.last_day >= day:
            return again
        found = again
    return found


def _once(planner: Planner, wanted: Wanted, where: Destination, policies: Sequence[Policy], choose: ByPolicy) -> Chain:
    if len(policies) == 1:
        return Chain((_link(planner, wanted, where, wanted.demand, policies[0], choose),))
    links: list[Link] = []
    left: Sequence[NewDemand] = wanted.demand
    with planner.trying():
        for number, policy in enumerate(policies, 1):
            link = _link(planner, wanted, where, left, policy, choose)
            decision = link.kept.decision
            goes_on = number < len(policies) and policy.leftover == "next_route" and bool(decision.unfilled)
            if decision.assignments or not (goes_on or links):
                links.append(link)
            if not goes_on:
                break
            planner.debit(decision, left, where, wanted.at, wanted.channel)
            units = dict(decision.unfilled)
            left = [d._replace(quantity=units[d.no]) for d in left if d.no in units]
    return Chain(tuple(links))


def _link(
    planner: Planner,
    wanted: Wanted,
    where: Destination,
    demand: Sequence[NewDemand],
    policy: Policy,
    choose: ByPolicy,
) -> Link:
    def by_policy(asked: Demand, seen: Snapshot) -> Kept:
        return choose(asked, seen, policy)

    return Link(*planner.sight.settle(demand, where, wanted.at, wanted.channel, by_policy, merge=policy.merge))
