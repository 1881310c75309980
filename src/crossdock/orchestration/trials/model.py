"""What a trial counts, in integers: a past routing, what came of it, what would come of it, and sums of these.

Money is in 1/1000 of the minor unit, days are whole days, carbon is grams of CO₂ equivalent.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, field

from crossdock.routing.policy.facts import Facts

Assigned = tuple[int, int, int]
"""(location id, demand, units)."""


class Case(Struct, frozen=True, array_like=True):
    """The first routing of a delivery, as it is on record.

    ``records`` are the decision and those of the routes that took what it left over, in order. ``due_day`` is what the
    promise said, if the order brought one, and ``promised_day`` and ``promised_from`` are what it promised. ``facts``
    are those that the draft's conditions ask for.
    """

    order_id: int
    delivery: int
    decision_id: int
    at: int
    channel: str
    method: str
    service: str
    records: tuple[bytes, ...]
    due_day: int | None = None
    promised_day: int | None = None
    promised_from: tuple[int, ...] = ()
    facts: Facts = Facts()


class Figures(Struct, frozen=True, array_like=True):
    """What a plan comes to.

    ``spend`` is what carriers and hands are paid; ``cost`` is what the rules count, with lateness, preferences and
    everything else that nobody pays. ``days`` run from the decision to the last parcel, None where nothing is sent;
    ``late`` are days beyond the due day. ``carbon`` is None where a distance is not known.
    """

    spend: int
    cost: int
    units: int
    unfilled: int
    locations: int
    parcels: int
    days: int | None
    late: int
    carbon: int | None


class Outcome(Struct, frozen=True, array_like=True):
    """A plan by its figures, who ships what, what stays behind, and the routes that decided it."""

    figures: Figures
    assigned: tuple[Assigned, ...]
    unfilled: tuple[tuple[int, int], ...]
    routes: tuple[str, ...] = ()

    def same_plan(self, other: Outcome) -> bool:
        """Say whether the same units leave the same locations."""
        return self.assigned == other.assigned and self.unfilled == other.unfilled


class Sums(Struct, array_like=True):
    """Figures of many plans; ``days`` are of the ``sent`` that send something, ``carbon`` of the ``measured``."""

    plans: int = 0
    spend: int = 0
    cost: int = 0
    units: int = 0
    unfilled: int = 0
    locations: int = 0
    parcels: int = 0
    sent: int = 0
    days: int = 0
    late: int = 0
    measured: int = 0
    carbon: int = 0

    def add(self, figures: Figures) -> None:
        """Count a plan."""
        self.plans += 1
        self.spend += figures.spend
        self.cost += figures.cost
        self.units += figures.units
        self.unfilled += figures.unfilled
        self.locations += figures.locations
        self.parcels += figures.parcels
        self.late += figures.late
        if figures.days is not None:
            self.sent += 1
            self.days += figures.days
        if figures.carbon is not None:
            self.measured += 1
            self.carbon += figures.carbon

    def plus(self, other: Sums) -> Sums:
        """Return both together."""
        mine, theirs = (tuple(getattr(each, name) for name in self.__struct_fields__) for each in (self, other))
        return Sums(*(a + b for a, b in zip(mine, theirs, strict=True)))


class Touched(Struct, array_like=True):
    """What a rule did to many decisions: with it, without it, and how many came out as another plan.

    Days and carbon are summed over the decisions in which both plans have them, so that they can be compared.
    """

    decisions: int = 0
    with_it: Sums = field(default_factory=Sums)
    without: Sums = field(default_factory=Sums)

    def add(self, with_it: Outcome, without: Outcome) -> None:
        """Count a decision that came out as two different plans."""
        self.decisions += 1
        ours, theirs = comparable(with_it.figures, without.figures)
        self.with_it = self.with_it.plus(_one(ours))
        self.without = self.without.plus(_one(theirs))

    def plus(self, other: Touched) -> Touched:
        """Return both together."""
        return Touched(
            self.decisions + other.decisions,
            self.with_it.plus(other.with_it),
            self.without.plus(other.without),
        )


class Difference(Struct, frozen=True, array_like=True):
    """A decision that would come out as another plan, or at other figures."""

    order_id: int
    decision_id: int
    at: int
    channel: str
    was: Outcome
    would: Outcome


class Missed(Struct, array_like=True):
    """What could not be decided again, by why; ``orders`` have no decision of their capture at all."""

    orders: int = 0
    no_network: int = 0
    unreadable: int = 0
    refused: int = 0

    def plus(self, other: Missed) -> Missed:
        """Return both together."""
        return Missed(
            self.orders + other.orders,
            self.no_network + other.no_network,
            self.unreadable + other.unreadable,
            self.refused + other.refused,
        )

    @property
    def decisions(self) -> int:
        """How many decisions could not be decided again."""
        return self.no_network + self.unreadable + self.refused


class Tally(Struct, array_like=True):
    """What came of many decisions; ``moved`` are other plans, ``changed`` other plans or the same at other figures."""

    orders: int = 0
    decisions: int = 0
    later: int = 0
    moved: int = 0
    changed: int = 0
    was: Sums = field(default_factory=Sums)
    would: Sums = field(default_factory=Sums)
    missed: Missed = field(default_factory=Missed)
    rules: tuple[Touched, ...] = ()

    def plus(self, other: Tally) -> Tally:
        """Return both together; a tally of nothing yet knows no rules."""
        rules = (
            tuple(a.plus(b) for a, b in zip(self.rules, other.rules, strict=True))
            if self.rules and other.rules
            else self.rules or other.rules
        )
        return Tally(
            self.orders + other.orders,
            self.decisions + other.decisions,
            self.later + other.later,
            self.moved + other.moved,
            self.changed + other.changed,
            self.was.plus(other.was),
            self.would.plus(other.would),
            self.missed.plus(other.missed),
            rules,
        )


class Judged(NamedTuple):
    """What a run over some cases gave."""

    tally: Tally
    differences: list[Difference]


def comparable(one: Figures, other: Figures) -> tuple[Figures, Figures]:
    """Return both without the days and the carbon that only one of them has."""
    days = one.days is not None and other.days is not None
    carbon = one.carbon is not None and other.carbon is not None
    return _without(one, days=days, carbon=carbon), _without(other, days=days, carbon=carbon)


def _without(f: Figures, *, days: bool, carbon: bool) -> Figures:
    kept_days, kept_carbon = (f.days if days else None), (f.carbon if carbon else None)
    return Figures(f.spend, f.cost, f.units, f.unfilled, f.locations, f.parcels, kept_days, f.late, kept_carbon)


def _one(figures: Figures) -> Sums:
    sums = Sums()
    sums.add(figures)
    return sums
