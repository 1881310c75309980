"""A recorded case that is decided again and again with something changed, and the search for the least change."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from crossdock.routing.changes import Case, Change, applied, case_of
from crossdock.routing.explain import explain
from crossdock.routing.model import Decision, RoutingError
from crossdock.routing.outcomes import Outcome, outcome
from crossdock.routing.record import Versions, decode
from crossdock.routing.verdicts import Verdict

MINOR = 1_000
"""A minor unit, in milli."""
DAYS = 5
"""So many days earlier and later are tried."""
LINES = 12
"""Of so many items the units are searched one by one."""

Kind = Literal["without", "fences", "ability", "shown", "units", "parcel_price", "ship_day", "together", "due_day"]
Changes = tuple[Change, ...]
Goal = Callable[[Decision], bool]
Make = Callable[[int], Changes]

_MOST, _LEAST, _WORK, _CELLS = 400, 40, 2_400, 20_000


class Flip(Struct, frozen=True, kw_only=True):
    """Changes that together flip the choice, none of them to be left out, and what would have come instead.

    `by` is the size of the change: units, minor units per parcel or days, 0 where it has none.
    """

    kind: Kind
    changes: Changes
    by: int
    outcome: Outcome


Tried = dict[Kind, tuple[Flip, ...]]
"""What was found of each kind that was looked at."""


class EnoughError(Exception):
    """The number of decisions is reached."""


class Study:
    """A recorded case, each set of changes decided once; `same` says whether it is decided as it was.

    `most` limits the number of decisions; without it the size of the case and the nodes of its search do.
    """

    def __init__(self, record: bytes, versions: Versions, most: int | None = None) -> None:
        found = decode(record)
        self.case: Case = case_of(found, versions)
        self.base = found.decision
        self.verdicts: dict[int, Verdict] = {one.site_id: one for one in explain(record, versions).verdicts}
        each = 1 + self.base.nodes + self.case.snapshot.stock.size // _CELLS
        self.most = max(_LEAST, min(_MOST, _WORK // each)) if most is None else most
        self.count = 0
        self._known: dict[Changes, Decision | None] = {}
        first = self.decided(())
        self.same = first is not None and first.site_ids == self.base.site_ids

    def decided(self, changes: Changes) -> Decision | None:
        """Decide with these changes; None where they cannot be. Raises when the number of decisions is reached."""
        if changes not in self._known:
            if self.count >= self.most:
                raise EnoughError
            self.count += 1
            try:
                self._known[changes] = applied(self.case, changes).decided()
            except RoutingError:
                self._known[changes] = None
        return self._known[changes]

    def changed(self, decision: Decision) -> bool:
        """Say whether it has another set of locations."""
        return decision.site_ids != self.base.site_ids

    def flip(self, kind: Kind, changes: Changes, goal: Goal, by: int = 0) -> Flip | None:
        """Give the flip that these changes are, None where they are none."""
        decision = self.decided(changes)
        if decision is None or not goal(decision):
            return None
        return Flip(kind=kind, changes=changes, by=by, outcome=outcome(self.base, decision))

    def least(self, kind: Kind, make: Make, high: int, goal: Goal) -> Flip | None:
        """Give the flip by the least number up to `high`, next to which nothing flips; 0 is known not to."""
        if high < 1 or self.flip(kind, make(high), goal) is None:
            return None
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            if self.flip(kind, make(middle), goal) is None:
                low = middle
            else:
                high = middle
        return self.flip(kind, make(high), goal, high)

    def nearest(self, kind: Kind, make: Make, high: int, goal: Goal) -> Flip | None:
        """Give the flip by the least number up to `high`, each tried in turn."""
        found = (self.flip(kind, make(by), goal, by) for by in range(1, high + 1))
        return next((one for one in found if one is not None), None)


def some(*found: Flip | None) -> tuple[Flip, ...]:
    """Give those that were found."""
    return tuple(one for one in found if one is not None)


def due_on(due: int, sign: int) -> Make:
    """Change the promised day."""
    return lambda by: (Change(what="due_day", before=due, after=due + sign * by),)


def also(before: Changes, make: Make) -> Make:
    """Make a change on top of others."""
    return lambda by: before + make(by)


def more(site_id: int, item: int, there: int, sign: int) -> Make:
    """Change the units of an item at a location."""
    return lambda by: (Change(what="units", site=site_id, item=item, before=there, after=there + sign * by),)


def dearer(site_id: int, sign: int) -> Make:
    """Change the price of a parcel from a location, in whole minor units."""
    return lambda by: (Change(what="parcel_price", site=site_id, after=sign * by * MINOR),)


def later(site_id: int, day: int, sign: int) -> Make:
    """Change the day on which a location hands over."""
    return lambda by: (Change(what="ship_day", site=site_id, before=day, after=day + sign * by),)
