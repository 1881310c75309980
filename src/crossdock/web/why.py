"""Why this location: a decision as a store manager reads it, words first, then bill, map and every candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from crossdock.analytics import Place
from crossdock.kernel.geo import distance_km, xyz
from crossdock.kernel.ids import decode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration import DecisionView, explain_decision, read_decision
from crossdock.routing import Check, Explanation, Told, Verdict, dated, words
from crossdock.web import maps
from crossdock.web.formats import day
from crossdock.web.words import Word, sentence

MAP = (440, 400)
SHOWN = 30
"""So many candidates are shown one by one; of the rest, a page says how many there are."""
STANDING = {
    "chosen": Word("Chosen", "go"),
    "passed_over": Word("Passed over", "info"),
    "not_needed": Word("Not needed", "neutral"),
    "fenced": Word("Out of the question", "bad"),
}
_OF_PLANS = ("chosen", "passed_over")
_IN_SIGHT = 8
_NOT_SHIPPED = "not shipped"


class Row(msgspec.Struct, frozen=True):
    """One line of the bill: chosen, passed over, and the difference; None where there is nothing to compare."""

    name: str
    chosen: Money
    passed: Money | None
    more: Money | None
    total: bool = False


class Candidate(msgspec.Struct, frozen=True):
    """One location that was looked at: its verdict, what it had, what kept it out, each fence."""

    code: str
    name: str
    verdict: Word
    km: int | None
    stock: str
    opening: Money | None
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]


class Site(msgspec.Struct, frozen=True):
    """A location on the decision's map; only those of both plans have labels."""

    x: float
    y: float
    standing: str
    title: str
    label: maps.Label | None


class Route(msgspec.Struct, frozen=True):
    """Where the delivery goes and from where, among all that were looked at: a picture, and what its marks mean."""

    width: int
    height: int
    land: str
    x: float
    y: float
    sites: tuple[Site, ...]
    key: tuple[tuple[str, str], ...]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in words, money, a picture and verdicts."""

    decision: DecisionView
    words: tuple[str, ...]
    aims: tuple[Any, ...]
    rows: tuple[Row, ...]
    candidates: tuple[Candidate, ...]
    rest: tuple[tuple[Word, int], ...]
    """How many further locations there are of each verdict."""
    route: Route | None


def why(session: Any, decision_id: str, delivery: Any, known: Mapping[str, Place]) -> Why | None:
    """Explain a decision; None when it, or a version it rests on, is not there."""
    number = decode_id("dec", decision_id)
    decision, explanation = read_decision(session, number, explained=True), explain_decision(session, number)
    if decision is None or explanation is None:
        return None
    candidates = _candidates(explanation, delivery, known)
    rest = Counter(one.verdict for one in candidates[SHOWN:])
    return Why(
        decision=decision,
        words=tuple(_readable(text) for text in words(explanation)),
        aims=explained.aims if (explained := decision.explanation) is not None else (),
        rows=tuple(_bill(explanation)),
        candidates=tuple(candidates[:SHOWN]),
        rest=tuple(rest.items()),
        route=_route(explanation, delivery, known),
    )


def _readable(text: str) -> str:
    """Write the days of a text, which routing counts, as dates."""
    return dated(text, day)


def _bill(explanation: Explanation) -> list[Row]:
    """Set both plans' bills side by side: the cost first, then what leaving units behind is taken to cost."""
    currency, chosen, over = explanation.currency, explanation.chosen, explanation.passed_over
    of_chosen, of_passed = _amounts(chosen), _amounts(over) if over else {}
    names = [name for name in {**of_chosen, **of_passed} if name != _NOT_SHIPPED]

    def row(name: str, mine: int, theirs: int, *, total: bool = False) -> Row:
        here = Money(milli_to_minor(mine), currency)
        if over is None:
            return Row(name, here, None, None, total)
        there = Money(milli_to_minor(theirs), currency)
        return Row(name, here, there, Money(there.amount - here.amount, currency), total)

    rows = [row(sentence(name), of_chosen.get(name, 0), of_passed.get(name, 0)) for name in names]
    rows.append(row("Cost", chosen.plan.cost, over.plan.cost if over else 0, total=True))
    if chosen.plan.penalty or (over and over.plan.penalty):
        rows.append(row("Units left behind", chosen.plan.penalty, over.plan.penalty if over else 0))
        rows.append(row("Both together", chosen.plan.total, over.plan.total if over else 0, total=True))
    return rows


def _amounts(told: Told) -> dict[str, int]:
    out: dict[str, int] = {}
    for line in told.lines:
        out[line.what] = out.get(line.what, 0) + line.amount
    return out


def _candidates(explanation: Explanation, delivery: Any, known: Mapping[str, Place]) -> list[Candidate]:
    """Return every location, the chosen first, those behind a fence last, each group by distance."""
    order = list(STANDING)
    out = [_candidate(verdict, explanation.currency, delivery, known) for verdict in explanation.verdicts]
    labels = {word.label: order.index(name) for name, word in STANDING.items()}
    return sorted(out, key=lambda one: (labels[one.verdict.label], one.km if one.km is not None else 0, one.code))


def _candidate(verdict: Verdict, currency: str, delivery: Any, known: Mapping[str, Place]) -> Candidate:
    full = sum(1 for line in verdict.held if line.there >= line.wanted)
    some = sum(1 for line in verdict.held if 0 < line.there < line.wanted)
    stock = f"{full} of {len(verdict.held)}" + (f", {some} in part" if some else "")
    return Candidate(
        code=verdict.code,
        name=verdict.name or verdict.code,
        verdict=STANDING[verdict.standing],
        km=_km(known.get(verdict.code), delivery),
        stock=stock if full or some else "nothing",
        opening=Money(milli_to_minor(verdict.opening), currency) if verdict.opening >= 0 else None,
        reasons=tuple(_reason(check) for check in verdict.failed),
        checks=tuple(_dated(check) for check in verdict.checks),
    )


def _dated(check: Check) -> Check:
    return msgspec.structs.replace(check, expected=_readable(check.expected), actual=_readable(check.actual))


def _reason(check: Check) -> str:
    if check.fence == "stock":
        return "Stock: none of what was ordered"
    return f"{sentence(check.fence)}: {_readable(check.actual)}, needs {_readable(check.expected)}"


def _km(place: Place | None, delivery: Any) -> int | None:
    if place is None or delivery.latitude is None or delivery.longitude is None:
        return None
    here, there = xyz(place.latitude, place.longitude), xyz(delivery.latitude, delivery.longitude)
    return int(distance_km(here, there))


def _route(explanation: Explanation, delivery: Any, known: Mapping[str, Place]) -> Route | None:
    """Draw the ship-to, the locations of both plans and the others in sight; None when nobody knows where it goes."""
    standing = {one.code: one.standing for one in explanation.verdicts if one.code in known}
    names = {one.code: one.name or one.code for one in explanation.verdicts}
    of_plans = [code for code, of in standing.items() if of in _OF_PLANS]
    if delivery.latitude is None or delivery.longitude is None or not standing:
        return None
    to = (delivery.latitude, delivery.longitude)
    framed = of_plans or _nearest(to, standing, known)
    frame = maps.fit([to, *((known[code].latitude, known[code].longitude) for code in framed)], *MAP)
    x, y = frame.place(*to)
    spots = {code: frame.place(known[code].latitude, known[code].longitude) for code in standing}
    seen = [code for code, (a, b) in spots.items() if 0 <= a <= frame.width and 0 <= b <= frame.height]
    order = list(STANDING)
    seen.sort(key=lambda code: (order.index(standing[code]), code))
    named = [code for code in seen if standing[code] in _OF_PLANS]
    labels = dict(zip(named, maps.labels(frame, [spots[code] for code in named], named), strict=True))
    sites = tuple(
        Site(*spots[code], standing[code], f"{names[code]}: {STANDING[standing[code]].label.lower()}", labels.get(code))
        for code in seen
    )
    present = {site.standing for site in sites}
    key = tuple((name, word.label) for name, word in STANDING.items() if name in present)
    return Route(frame.width, frame.height, maps.land(frame), x, y, sites, key)


def _nearest(to: tuple[float, float], standing: Mapping[str, str], known: Mapping[str, Place]) -> list[str]:
    """Give the locations that a picture should show when nothing ships."""
    here = xyz(*to)
    codes = sorted(standing, key=lambda code: distance_km(here, xyz(known[code].latitude, known[code].longitude)))
    return codes[:_IN_SIGHT]
