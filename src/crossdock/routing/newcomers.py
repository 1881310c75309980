"""What would have brought a location into the plan that was not chosen."""

from msgspec import structs

from crossdock.routing.changes import Change, applied, held_at, place
from crossdock.routing.hurdles import abilities, hidden_at
from crossdock.routing.model import Decision
from crossdock.routing.outcomes import parcel_price
from crossdock.routing.study import (
    DAYS,
    LINES,
    MINOR,
    Changes,
    Flip,
    Goal,
    Study,
    Tried,
    also,
    dearer,
    later,
    more,
    some,
)
from crossdock.routing.verdicts import Verdict

Missing = dict[int, tuple[int, int]]
"""By item: how many units are there, and how many are missing."""


class Newcomer:
    """The search about one location, on top of the changes that lift what fences it."""

    def __init__(self, study: Study, verdict: Verdict, lifts: Changes) -> None:
        self.study, self.verdict, self.lifts = study, verdict, lifts
        self.site_id = site_id = verdict.site_id

        def goal(decision: Decision) -> bool:
            return site_id in decision.site_ids

        self.goal: Goal = goal

    def look(self, out: Tried) -> None:
        """Look at every kind of change, kind by kind; several together where none alone brings the location in."""
        study, lifts, goal = self.study, self.lifts, self.goal
        if lifts:
            out["fences"] = some(study.flip("fences", lifts, goal))
            if out["fences"]:
                return
        able = abilities(study.case, self.site_id)
        if able:
            out["ability"] = some(study.flip("ability", lifts + able, goal))
        hidden = () if any(change.what == "shown" for change in lifts) else tuple(hidden_at(self.verdict))
        if hidden:
            out["shown"] = some(study.flip("shown", lifts + hidden, goal))
        missing = self._missing()
        if missing:
            out["units"] = self._units_of_one(missing)
        if not any(there for there, _ in held_at(applied(study.case, lifts), self.site_id).values()):
            if not out["units"]:
                out["together"] = some(self._units_of_several(missing) or self._everything(missing))
            return  # neither price nor day brings in who has nothing
        out["parcel_price"] = some(self._cheaper(lifts))
        if study.case.demand.due_day is not None:
            seen = applied(study.case, lifts).snapshot
            day = int(seen.ship_day[place(seen.network, self.site_id)])
            out["ship_day"] = some(study.nearest("ship_day", also(lifts, later(self.site_id, day, -1)), DAYS, goal))
        if missing and not any(out.values()):
            out["together"] = some(self._units_of_several(missing) or self._everything(missing))

    def _missing(self) -> Missing:
        held = held_at(applied(self.study.case, self.lifts), self.site_id)
        return {item: (there, wanted - there) for item, (there, wanted) in held.items() if there < wanted}

    def _units_of_one(self, missing: Missing) -> tuple[Flip, ...]:
        """Find the units of a single item, of each that is missing."""
        found = []
        for item, (there, lacks) in sorted(missing.items(), key=lambda entry: entry[1][1])[:LINES]:
            make = also(self.lifts, more(self.site_id, item, there, 1))
            found.append(self.study.least("units", make, lacks, self.goal))
        return some(*found)

    def _units_of_several(self, missing: Missing) -> Flip | None:
        """Find units of several items, of each as few as the others, as they are by then, allow."""
        if len(missing) < 2:
            return None
        need = self._fewest(missing, ())
        if need is None:
            return None
        return self.study.flip("together", self._given(missing, need), self.goal, sum(need.values()))

    def _fewest(self, missing: Missing, more: Changes) -> dict[int, int] | None:
        """Give how many units of each item are needed beside other changes; None where all would not do."""
        need = {item: lacks for item, (_, lacks) in missing.items()}
        if not self._enough(missing, need, more):
            return None
        for item in sorted(need, key=lambda item: -need[item]):
            if self._enough(missing, need | {item: 0}, more):
                need[item] = 0
                continue
            low, high = 0, need[item]
            while high - low > 1:
                middle = (low + high) // 2
                if self._enough(missing, need | {item: middle}, more):
                    high = middle
                else:
                    low = middle
            need[item] = high
        return need

    def _enough(self, missing: Missing, need: dict[int, int], more: Changes) -> bool:
        return self.study.flip("together", self._given(missing, need) + more, self.goal) is not None

    def _given(self, missing: Missing, need: dict[int, int]) -> Changes:
        return self.lifts + tuple(
            Change(what="units", site=self.site_id, item=item, before=there, after=there + need[item])
            for item, (there, _) in missing.items()
            if need[item]
        )

    def _cheaper(self, before: Changes) -> Flip | None:
        """Find by how much a parcel would have to be cheaper; it costs nothing at the least."""
        most = parcel_price(applied(self.study.case, before), self.site_id) // MINOR
        return self.study.least("parcel_price", also(before, dearer(self.site_id, -1)), most, self.goal)

    def _everything(self, missing: Missing) -> Flip | None:
        """Find the price of a parcel at which the location would be chosen if it had and could do what it must."""
        able = abilities(self.study.case, self.site_id)
        full = self._given(missing, {item: lacks for item, (_, lacks) in missing.items()})
        found = self._cheaper(full + able)
        if found is None:
            return None
        price = found.changes[-1]
        need = self._fewest(missing, (*able, price))
        if need is None:
            return structs.replace(found, kind="together")
        return self.study.flip("together", (*self._given(missing, need), *able, price), self.goal, found.by)
