"""How one plan compares with another: money, parcels, days, units left behind."""

from msgspec import Struct

from crossdock.routing.bill import plan_of
from crossdock.routing.changes import Case, place
from crossdock.routing.merging import last_day
from crossdock.routing.model import Decision, Plan
from crossdock.routing.terms import terms
from crossdock.routing.view import Row, View, rows_of


class Outcome(Struct, frozen=True, kw_only=True):
    """A plan that would have come instead: its locations and money (milli), and what it has more than the other.

    `deliver_day` is the day on which the last unit arrives, 0 when nothing ships; `more_days` is 0 then as well.
    """

    site_ids: tuple[int, ...]
    cost: int
    penalty: int
    parcels: int
    unfilled: int
    deliver_day: int
    more_cost: int
    more_parcels: int
    more_days: int
    more_unfilled: int


def outcome(base: Plan | Decision, plan: Plan | Decision) -> Outcome:
    """Compare a plan with the one that was chosen."""
    day, was = _last_day(plan), _last_day(base)
    return Outcome(
        site_ids=plan.site_ids,
        cost=plan.cost,
        penalty=plan.penalty,
        parcels=_parcels(plan),
        unfilled=_unfilled(plan),
        deliver_day=day,
        more_cost=plan.cost - base.cost,
        more_parcels=_parcels(plan) - _parcels(base),
        more_days=day - was if day and was else 0,
        more_unfilled=_unfilled(plan) - _unfilled(base),
    )


def repriced(case: Case, decision: Decision) -> Plan:
    """Give the plan of a decision as the case prices it."""
    view = _view(case)
    row_of = {line.key: at for at, row in enumerate(view.rows) for line in row.lines}
    pieces: dict[tuple[int, int], int] = {}
    for site_id, key, units in decision.assignments:
        cell = (place(case.snapshot.network, site_id), row_of[key])
        pieces[cell] = pieces.get(cell, 0) + units
    whole = [(site, row, _of_row(view.rows[row], units)) for (site, row), units in sorted(pieces.items())]
    return plan_of(view, [piece for piece in whole if piece[2]])


def _of_row(row: Row, units: int) -> int:
    """Give how many units of a row so many units of its items are; of bundles and groups only whole ones."""
    return units // sum(part.units for part in row.parts) if row.parts else units


def parcel_price(case: Case, site_id: int) -> int:
    """Give what a parcel from a location costs apart from its weight and the price of an extra one, in milli."""
    view = _view(case)
    extra: int = view.terms.extra
    return int(view.parcel[place(case.snapshot.network, site_id)]) - extra


def _view(case: Case) -> View:
    demand, policy = case.demand, case.policy
    known = terms(case.snapshot.network, policy, demand.country, demand.requires)
    return View(demand, case.snapshot, known, rows_of(demand, policy))


def _last_day(plan: Plan | Decision) -> int:
    return last_day(plan.bill, plan.path) or 0


def _parcels(plan: Plan | Decision) -> int:
    return sum(bill.parcels for bill in plan.bill)


def _unfilled(plan: Plan | Decision) -> int:
    return sum(units for _, units in plan.unfilled)
