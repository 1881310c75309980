"""Many cases at once: what changes under a draft, and what each of its rules costs. Pure; runs in any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossdock.orchestration.trials.model import Case, Difference, Judged, Outcome, Tally, Touched, comparable
from crossdock.orchestration.trials.redecide import UNREADABLE, Read, read, was, would
from crossdock.orchestration.trials.rules import Rules
from crossdock.routing.model import Network, RoutingError


def judge(
    cases: Sequence[Case], networks: Mapping[str, Network], rules: Rules, without: Sequence[Rules] = ()
) -> Judged:
    """Decide each case again by the rules, and by the rules without each of some; what cannot be is counted.

    A case counts whole or not at all: one that some rules cannot decide is `refused` for all of them.
    """
    tally = Tally(rules=tuple(Touched() for _ in without))
    differences: list[Difference] = []
    for case in cases:
        try:
            found = read(case, networks)
        except KeyError:
            tally.missed.no_network += 1
            continue
        except UNREADABLE:
            tally.missed.unreadable += 1
            continue
        try:
            before, after = was(found), would(found, rules)
            others = [would(found, each) for each in without]
        except RoutingError:
            tally.missed.refused += 1
            continue
        _count(tally, found, before, after, differences)
        for touched, other in zip(tally.rules, others, strict=True):
            if not after.same_plan(other) or after.figures.spend != other.figures.spend:
                touched.add(after, other)
    return Judged(tally, differences)


def _count(tally: Tally, found: Read, before: Outcome, after: Outcome, differences: list[Difference]) -> None:
    tally.decisions += 1
    ours, theirs = comparable(before.figures, after.figures)
    tally.was.add(ours)
    tally.would.add(theirs)
    moved = not before.same_plan(after)
    if moved or _visible(before) != _visible(after):
        tally.moved += moved
        tally.changed += 1
        case = found.case
        differences.append(Difference(case.order_id, case.decision_id, case.at, case.channel, before, after))


def _visible(outcome: Outcome) -> tuple[object, ...]:
    """Return what a customer or a book-keeper sees of a plan; what the rules count alone is no difference."""
    f = outcome.figures
    return f.spend, f.units, f.unfilled, f.parcels, f.days, f.late
