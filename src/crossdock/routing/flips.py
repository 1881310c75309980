"""What would have changed a decision: the smallest change of stock, price, day or rule that flips the choice.

Each answer is found by deciding the recorded case again with something changed, so it is true by construction, and
whoever doubts it can apply the change and decide himself. A change by a number is searched between two that were
decided: with the one the choice flips, with one unit (or minor unit) less it does not. More stock at a location, or
a cheaper parcel from it, never makes plans with it worse and touches no other plan, so there the number found is the
smallest of all; for the other kinds it is the nearest found whose neighbor does not flip.

With R rules, L lines at the location and quantities up to q it takes about R + L log q + 40 decisions a location;
their number is limited, never their time. Only ever done when somebody asks.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from crossdock.routing.changes import Change, applied, held_at, place
from crossdock.routing.hurdles import hurdles
from crossdock.routing.model import RoutingError
from crossdock.routing.newcomers import Newcomer
from crossdock.routing.outcomes import Outcome, outcome, parcel_price, repriced
from crossdock.routing.record import Versions
from crossdock.routing.study import (
    DAYS,
    LINES,
    MINOR,
    Changes,
    EnoughError,
    Flip,
    Kind,
    Study,
    Tried,
    dearer,
    due_on,
    later,
    more,
    some,
)
from crossdock.routing.verdicts import Verdict
from crossdock.routing.waived import rules_of

_SITES = 3


class About(Struct, frozen=True, kw_only=True):
    """One location: what would have brought it into the plan, or for a chosen one, what would have changed the plan.

    `none` are the kinds of change that were looked at and flip nothing; `beyond` the fences that no change of a
    single fact lifts (no tariff leads from there). `alone` is what shipping all it can from there alone comes to,
    its fences lifted.
    """

    site_id: int
    code: str
    name: str
    chosen: bool
    fenced: bool
    flips: tuple[Flip, ...]
    none: tuple[Kind, ...]
    beyond: tuple[str, ...]
    alone: Outcome | None


class Waived(Struct, frozen=True, kw_only=True):
    """One rule in force: whether the choice is another without it, and how that plan compares with the chosen one.

    Both are priced without the rule, so a rule that is a price is not itself in the difference.
    """

    name: str
    fence: bool
    of_view: bool
    flips: bool
    outcome: Outcome


class Flips(Struct, frozen=True, kw_only=True):
    """All that was asked: by location, by promised day, by rule.

    `same` is False where this engine decides the record otherwise than the one that made it: then there is nothing
    to flip. `complete` is False where the number of decisions ended the search early.
    """

    same: bool
    complete: bool
    decisions: int
    abouts: tuple[About, ...] = ()
    days: tuple[Flip, ...] = ()
    rules: tuple[Waived, ...] = ()


class _Found(NamedTuple):
    abouts: list[About]
    days: list[Flip]
    rules: list[Waived]


def flips(record: bytes, versions: Versions, location: str | None = None, *, most: int | None = None) -> Flips:
    """Find what would have changed a recorded decision, about one location (its code) or about those that matter.

    Those are the chosen ones with most units and the newcomers of the best plan that was passed over. `most` limits
    the number of decisions made. Raises `KeyError` when a version is not at hand, `RoutingError` for a location that
    the network of the decision does not have.
    """
    study = Study(record, versions, most)
    if location is not None and all(verdict.code != location for verdict in study.verdicts.values()):
        raise RoutingError(f"the network of this decision has no location {location}")
    found = _Found([], [], [])
    complete = not study.same or _look(study, location, found)
    return Flips(
        same=study.same,
        complete=complete,
        decisions=study.count,
        abouts=tuple(found.abouts),
        days=tuple(found.days),
        rules=tuple(found.rules),
    )


def _look(study: Study, location: str | None, found: _Found) -> bool:
    """Search all there is; give whether the number of decisions was enough. What was found until then is kept."""
    try:
        found.rules.extend(_rules(study))
        found.days.extend(_due_days(study))
        for site_id in _subjects(study, location):
            about, complete = _about(study, site_id)
            found.abouts.append(about)
            if not complete:
                return False
    except EnoughError:
        return False
    return True


def _subjects(study: Study, location: str | None) -> list[int]:
    """Give the locations that matter: chosen ones, most units first, then the newcomers of what was passed over.

    Where nothing ships at all, those that are least in the way of: fewest fences, then the cheapest parcel.
    """
    if location is not None:
        return [verdict.site_id for verdict in study.verdicts.values() if verdict.code == location]
    base = study.base
    chosen = sorted(base.bill, key=lambda bill: (-bill.units, bill.site_id))[:_SITES]
    over = () if base.passed_over is None else base.passed_over.plan.site_ids
    if not chosen and not over:
        return _easiest(study)
    return [bill.site_id for bill in chosen] + [site for site in over if site not in base.site_ids][:_SITES]


def _easiest(study: Study) -> list[int]:
    def key(verdict: Verdict) -> tuple[int, int, int]:
        return len(verdict.failed), parcel_price(study.case, verdict.site_id), verdict.site_id

    return [verdict.site_id for verdict in sorted(study.verdicts.values(), key=key)[:_SITES]]


def _rules(study: Study) -> Iterator[Waived]:
    """Decide once without each rule in force, of the policy and of the view."""
    named = [(rule.name, rule.fence, False) for rule in rules_of(study.case.policy)]
    named += [(name, True, True) for name in study.case.rules]
    for name, fence, of_view in named:
        changes: Changes = (Change(what="view_rule" if of_view else "rule", name=name),)
        decision = study.decided(changes)
        if decision is not None:
            against = repriced(applied(study.case, changes), study.base)
            yield Waived(
                name=name,
                fence=fence,
                of_view=of_view,
                flips=study.changed(decision),
                outcome=outcome(against, decision),
            )


def _due_days(study: Study) -> Iterator[Flip]:
    """Find the nearest earlier and the nearest later promised day with another choice."""
    due = study.case.demand.due_day
    if due is None:
        return
    for sign in (-1, 1):
        found = study.nearest("due_day", due_on(due, sign), DAYS, study.changed)
        if found is not None:
            yield found


def _about(study: Study, site_id: int) -> tuple[About, bool]:
    verdict = study.verdicts[site_id]
    chosen = site_id in study.base.site_ids
    lifts, beyond = ((), ()) if chosen else hurdles(study.case, verdict)
    tried: Tried = {}
    alone: Outcome | None = None
    complete = True
    try:
        if chosen:
            _leaving(study, site_id, tried)
        elif not beyond:
            alone = _alone(study, site_id, lifts)
            Newcomer(study, verdict, lifts).look(tried)
    except EnoughError:
        complete = False
    about = About(
        site_id=site_id,
        code=verdict.code,
        name=verdict.name,
        chosen=chosen,
        fenced=bool(lifts or beyond),
        flips=tuple(flip for found in tried.values() for flip in found),
        none=tuple(kind for kind, found in tried.items() if not found),
        beyond=beyond,
        alone=alone,
    )
    return about, complete


def _alone(study: Study, site_id: int, lifts: Changes) -> Outcome | None:
    """Give what shipping all it can from one location alone comes to."""
    others = [site.id for site in study.case.snapshot.network.sites if site.id != site_id]
    decision = study.decided((*lifts, *[Change(what="room", site=other) for other in others]))
    return outcome(study.base, decision) if decision is not None and decision.assignments else None


def _leaving(study: Study, site_id: int, out: Tried) -> None:
    """Search what would have changed a plan that this location is part of."""
    seen = study.case.snapshot
    at = place(seen.network, site_id)
    closed = (Change(what="room", site=site_id, before=int(seen.capacity[at])),)
    without = study.flip("without", closed, study.changed)
    sent: dict[int, int] = {}
    items = {line.key: line.item for line in study.case.demand.lines}
    for site, key, units in study.base.assignments:
        if site == site_id:
            sent[items[key]] = sent.get(items[key], 0) + units
    out["without"] = some(without)
    out["parcel_price"] = some(_dearer(study, site_id, without))
    if study.case.demand.due_day is not None:
        day = int(seen.ship_day[at])
        out["ship_day"] = some(study.nearest("ship_day", later(site_id, day, 1), DAYS, study.changed))
    held = held_at(study.case, site_id)
    fewer = [
        study.least("units", more(site_id, item, held[item][0], -1), held[item][0], study.changed)
        for item in sorted(sent, key=lambda item: -sent[item])[:LINES]
    ]
    out["units"] = some(*fewer)


def _dearer(study: Study, site_id: int, without: Flip | None) -> Flip | None:
    """Find by how much a parcel from a chosen location would have to be dearer."""
    if without is None or without.outcome.more_unfilled > 0:
        return None  # nobody else has all of it: no price drives it away unless units stay behind
    decision = study.decided(without.changes)
    most = 0 if decision is None else max(0, decision.total - study.base.total)
    return study.least("parcel_price", dearer(site_id, 1), -(-most // MINOR) + 1, study.changed)
