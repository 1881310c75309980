"""Why this location: a decision as a store manager reads it, words first, then the bill, then the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from crossdock.analytics import Place
from crossdock.kernel.ids import decode_id
from crossdock.kernel.money import Money
from crossdock.orchestration import DecisionView, read_decision
from crossdock.web import maps
from crossdock.web.formats import money
from crossdock.web.words import plural

MAP = (420, 420)
_PARTS = (
    ("Carriage", "carriage"),
    ("Handling", "handling"),
    ("Lateness", "lateness"),
    ("Added prices", "prices"),
)


class Row(msgspec.Struct, frozen=True):
    """One line of the bill: chosen, passed over, and the difference; None where there is nothing to compare."""

    name: str
    chosen: Money
    passed: Money | None
    more: Money | None
    total: bool = False


class Site(msgspec.Struct, frozen=True):
    """A location on the decision's map."""

    x: float
    y: float
    name: str
    chosen: bool
    passed: bool
    anchor: str


class Route(msgspec.Struct, frozen=True):
    """Where the delivery goes and from where: a picture."""

    width: int
    height: int
    land: str
    x: float
    y: float
    sites: tuple[Site, ...]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in words, money and a picture."""

    decision: DecisionView
    words: tuple[str, ...]
    rows: tuple[Row, ...]
    route: Route | None


def explain(session: Any, decision_id: str, delivery: Any, known: Mapping[str, Place]) -> Why | None:
    """Explain a decision; None when it is not there."""
    decision = read_decision(session, decode_id("dec", decision_id))
    if decision is None:
        return None
    return Why(
        decision=decision,
        words=tuple(_words(decision, known)),
        rows=tuple(_bill(decision)),
        route=_route(decision, delivery, known),
    )


def _name(code: str, known: Mapping[str, Place]) -> str:
    place = known.get(code)
    return place.name if place and place.name else code


def _names(codes: Sequence[str], known: Mapping[str, Place]) -> str:
    names = [_name(code, known) for code in codes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _words(decision: DecisionView, known: Mapping[str, Place]) -> list[str]:
    """Say what was chosen, what the next best would have cost, and how certain it is."""
    plan, over = decision.plan, decision.passed_over
    sites = [site.location for site in plan.locations]
    units = sum(site.units for site in plan.locations)
    left = sum(entry.quantity for entry in plan.unfilled)
    out = []
    if sites:
        parcels = sum(site.parcels for site in plan.locations)
        out.append(
            f"{plural(units, 'unit')} ship from {_names(sites, known)} in {plural(parcels, 'parcel')}"
            f" for {money(plan.cost)}."
        )
    if left:
        out.append(f"{plural(left, 'unit')} could not be placed anywhere.")
    if over is not None and over.locations and sites:
        others = [site.location for site in over.locations]
        out.append(f"The best plan that was passed over ships from {_names(others, known)}. {_difference(decision)}")
    if decision.proven:
        out.append("No plan could have been cheaper: that is proven.")
    else:
        out.append(f"A better plan could have saved {money(decision.gap)} at the most.")
    return out


def _difference(decision: DecisionView) -> str:
    plan, over = decision.plan, decision.passed_over
    if over is None:
        return ""
    fewer = sum(e.quantity for e in over.unfilled) - sum(e.quantity for e in plan.unfilled)
    more = Money(over.cost.amount - plan.cost.amount, plan.cost.currency)
    cost = f"It would have cost {money(more)} more" if more.amount > 0 else f"It would have cost {money(over.cost)}"
    if more.amount == 0:
        cost = "It would have cost the same"
    return f"{cost}, and left {plural(fewer, 'unit')} more behind." if fewer > 0 else f"{cost}."


def _bill(decision: DecisionView) -> list[Row]:
    plan, over = decision.plan, decision.passed_over
    rows = [_row(name, _sum(plan, field), None if over is None else _sum(over, field)) for name, field in _PARTS]
    rows.append(_row("Further parcels", plan.extra_parcels, None if over is None else over.extra_parcels))
    rows = [row for row in rows if row.chosen.amount or (row.passed and row.passed.amount)]
    rows.append(_row("Cost", plan.cost, None if over is None else over.cost, total=True))
    penalty = _row("Units left behind", plan.unfilled_penalty, None if over is None else over.unfilled_penalty)
    if penalty.chosen.amount or (penalty.passed and penalty.passed.amount):
        rows.append(penalty)
        rows.append(_row("What plans are compared by", plan.total, None if over is None else over.total, total=True))
    return rows


def _sum(plan: Any, field: str) -> Money:
    return Money(sum(getattr(site, field).amount for site in plan.locations), plan.cost.currency)


def _row(name: str, chosen: Money, passed: Money | None, *, total: bool = False) -> Row:
    more = None if passed is None else Money(passed.amount - chosen.amount, chosen.currency)
    return Row(name, chosen, passed, more, total)


def _route(decision: DecisionView, delivery: Any, known: Mapping[str, Place]) -> Route | None:
    """Draw the ship-to and the locations of both plans; None when nobody knows where the delivery goes."""
    chosen = {site.location for site in decision.plan.locations}
    passed = {site.location for site in decision.passed_over.locations} if decision.passed_over else set()
    codes = [code for code in sorted(chosen | passed) if code in known]
    if delivery.latitude is None or delivery.longitude is None or not codes:
        return None
    to = (delivery.latitude, delivery.longitude)
    frame = maps.fit([to, *((known[code].latitude, known[code].longitude) for code in codes)], *MAP)
    sites = []
    for code in codes:
        x, y = frame.place(known[code].latitude, known[code].longitude)
        anchor = "end" if x > frame.width * 0.6 else "start"
        sites.append(Site(x, y, code, code in chosen, code in passed, anchor))
    x, y = frame.place(*to)
    return Route(frame.width, frame.height, maps.land(frame), x, y, tuple(sites))
