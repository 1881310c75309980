"""What would have to be otherwise for a location to be looked at: the least change that lifts each fence."""

from crossdock.routing.changes import Case, Change, place
from crossdock.routing.checks import Check
from crossdock.routing.verdicts import Verdict


def hurdles(case: Case, verdict: Verdict) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Give the changes that lift the fences around a location, and the fences that no single fact lifts.

    What more units would cure is left to the search for those; a fence of the view is lifted by showing what it
    hides, a rule of the policy by leaving it out.
    """
    lifts: list[Change] = []
    beyond: list[str] = []
    for check in verdict.failed:
        found = [] if check.curable else _lift(case, verdict, check)
        if found is None:
            beyond.append(check.fence)
        else:
            lifts += found
    # rules are left out from the last to the first: a pointer to one of several holds as long as those before it stand
    rules = sorted((lift for lift in lifts if lift.what == "rule"), key=_place, reverse=True)
    return (*rules, *(lift for lift in lifts if lift.what != "rule")), tuple(beyond)


def _place(lift: Change) -> tuple[str, int]:
    of, _, which = lift.name.rpartition("/")
    return of, int(which) if which.isdigit() else 0


def _lift(case: Case, verdict: Verdict, check: Check) -> list[Change] | None:
    site_id, seen, fence = verdict.site_id, case.snapshot, check.fence
    at = place(seen.network, site_id)
    if check.rule:
        return [Change(what="rule", name=check.rule)]
    if fence in {"accepting", "barred"}:
        return [Change(what="accepting" if fence == "accepting" else "unbarred", site=site_id)]
    if fence == "excluded":
        return [Change(what="rule", name=f"/excluded/{verdict.code}")]
    if fence == "market":
        return [Change(what="rule", name="/markets")]
    if fence == "capability":
        return [Change(what="ability", site=site_id, name=name) for name in _lacks(case, at, case.demand.requires)]
    if fence == "capacity":
        return [Change(what="room", site=site_id, before=int(seen.capacity[at]), after=1)]
    if fence == "units_room":
        wanted = sum(line.quantity for line in case.demand.lines)
        return [Change(what="units_room", site=site_id, before=0, after=wanted)]
    if fence == "calendar":
        open_days = seen.ship_day[seen.ship_day >= 0]
        if not len(open_days):
            return None
        return [Change(what="ship_day", site=site_id, before=-1, after=int(open_days.min()))]
    if fence == "view":
        return hidden_at(verdict)
    return None


def hidden_at(verdict: Verdict) -> list[Change]:
    """Give the changes that show what the view hides of a location where it has too little without."""
    return [
        Change(what="shown", site=verdict.site_id, item=held.item, before=0, after=held.hidden)
        for held in verdict.held
        if held.hidden and held.there < held.wanted
    ]


def abilities(case: Case, site_id: int) -> tuple[Change, ...]:
    """Give what a location would have to be able to do besides, so that no line is kept out by its handling."""
    at = place(case.snapshot.network, site_id)
    needed = tuple(dict.fromkeys(name for line in case.demand.lines for name in line.requires))
    return tuple(Change(what="ability", site=site_id, name=name) for name in _lacks(case, at, needed))


def _lacks(case: Case, at: int, needed: tuple[str, ...]) -> list[str]:
    able = case.snapshot.network.sites[at].capabilities
    return [name for name in needed if name not in able]
