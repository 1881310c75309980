"""A decision in plain English, for whoever runs a store or answers the phone."""

from crossdock.routing.explain import Explanation, Told
from crossdock.routing.fenced_words import fenced, reason
from crossdock.routing.merging import last_day
from crossdock.routing.model import SiteBill
from crossdock.routing.path_words import path_words
from crossdock.routing.phrases import joined, many, money
from crossdock.routing.verdicts import Verdict

__all__ = ["money", "words"]

_AIMS = {
    "most_filled": "leave fewest units behind",
    "fewest_parcels": "send fewest parcels",
    "fewest_locations": "use fewest locations",
    "nearest": "ship from nearby",
    "soonest": "arrive soonest",
    "on_time": "arrive on time",
    "fullest": "ship from where most stock is",
    "cheapest": "cost least",
    "sites": "ship from preferred locations",
}


def words(explanation: Explanation) -> list[str]:
    """Tell a decision in sentences: what ships from where and why, what was passed over, how sure that is."""
    name = {verdict.site_id: verdict.name or verdict.code for verdict in explanation.verdicts}
    out = _chosen(explanation, name)
    out += _why_not_alone(explanation, name)
    out += _late(explanation)
    out += _unfilled(explanation)
    near = _nearest(explanation)
    out += _passed_over(explanation, name)
    out.append(_bound(explanation))
    if near is not None:
        out.append(_why_not_nearest(near, explanation))
    others = (verdict for verdict in explanation.verdicts if verdict is not near)
    out += fenced(others, collected=_collected(explanation))
    return out


def _named(told: Told, name: dict[int, str]) -> str:
    return joined(name[site] for site in told.plan.site_ids) or "nowhere"


def _collected(explanation: Explanation) -> bool:
    return "collect" in explanation.demand.requires


def _chosen(explanation: Explanation, name: dict[int, str]) -> list[str]:
    told, currency = explanation.chosen, explanation.currency
    plan = told.plan
    if not plan.assignments:
        return []
    route = f", by the route “{explanation.route}”" if explanation.route else ""
    cost = money(plan.cost, currency)
    done = "To be collected at" if _collected(explanation) else "Shipped from"
    if plan.path is not None:
        return path_words(explanation, name, f"{_named(told, name)}{route}")
    if explanation.points is not None:
        first = f"{done} {_named(told, name)}{route}, {_aim(explanation)}: {cost}."
    else:
        why = "that costs least" if len(plan.bill) == 1 else "together they cost least"
        first = f"{done} {_named(told, name)}{route}, because {why}: {cost}."
    return [first, *[_sends(bill, explanation, name) for bill in plan.bill]]


def _aim(explanation: Explanation) -> str:
    """Say which of the ordered preferences decided between the plan and the one passed over."""
    points = explanation.points
    assert points is not None
    for (aim, mine), (_, theirs) in zip(points.levels, points.passed_over, strict=False):
        if mine != theirs:
            return f"because orders are to {_AIMS.get(aim, aim.replace('_', ' '))}"
    return "by its ordered preferences"


def _sends(bill: SiteBill, explanation: Explanation, name: dict[int, str]) -> str:
    currency, due = explanation.currency, explanation.demand.due_day
    away = f", {bill.km} km away," if bill.km >= 0 else ""
    late = ""
    if due is not None and bill.deliver_day > due:
        late = f", {many(bill.deliver_day - due, 'day')} late"
        late += f", which counts as {money(bill.lateness, currency)} of that" if bill.lateness else ""
    lines = f" of {many(bill.lines, 'line')}" if len(explanation.demand.lines) > 1 else ""
    what, cost = f"{many(bill.units, 'unit')}{lines}", money(bill.total, currency)
    if _collected(explanation):
        return f"{name[bill.site_id]}{away} has {what} ready for {cost}{late}."
    return f"{name[bill.site_id]}{away} sends {what} in {many(bill.parcels, 'parcel')} for {cost}{late}."


def _why_not_alone(explanation: Explanation, name: dict[int, str]) -> list[str]:
    """Say of a divided order what the best single location would have done."""
    alone, plan = explanation.alone, explanation.chosen.plan
    if len(plan.bill) < 2 or alone is None or plan.path is not None:
        return []
    one, left = name[alone.bill[0].site_id], _units(alone.unfilled)
    if left > _units(plan.unfilled):
        more = "more " if plan.unfilled else ""
        behind = many(left - _units(plan.unfilled), f"{more}unit")
        return [f"No location could send as much alone: {one} comes closest and would leave {behind} behind."]
    if explanation.passed_over is not None and explanation.passed_over.plan.site_ids == alone.site_ids:
        return []  # said there
    more_cost = alone.cost - plan.cost
    if explanation.points is not None or more_cost <= 0:
        return [f"{one} could send it alone for {money(alone.cost, explanation.currency)}."]
    return [f"{one} has everything, but alone it would cost {money(more_cost, explanation.currency)} more."]


def _late(explanation: Explanation) -> list[str]:
    """Say of a plan that is late whether anybody could have been in time."""
    due = explanation.demand.due_day
    day = last_day(explanation.chosen.plan.bill, explanation.chosen.plan.path)
    if due is None or day is None or day <= due:
        return []
    early = [v for v in explanation.verdicts if not v.failed and 0 <= v.deliver_day <= due]
    whole = next((v for v in early if v.has_all), None)
    if whole is not None:
        return [f"{whole.name} would have been in time, but costs more than the delay counts."]
    if early:
        return [f"In time would only have been {_some(early)}, which does not have everything."]
    return ["Nobody could have been in time."]


def _some(found: list[Verdict]) -> str:
    return found[0].name if len(found) == 1 else f"{found[0].name} and {many(len(found) - 1, 'other')}"


def _unfilled(explanation: Explanation) -> list[str]:
    plan = explanation.chosen.plan
    if not plan.unfilled:
        return []
    units = _units(plan.unfilled)
    queue = f"the queue “{explanation.queue}”" if explanation.queue else "a queue"
    one, several = {
        "backorder": ("waits for stock", "wait for stock"),
        "ship_available": ("is dropped, and what is there ships", "are dropped, and what is there ships"),
        "cancel": ("leads to the whole order being canceled", "lead to the whole order being canceled"),
        "review": ("lies in the queue for review", "lie in the queue for review"),
        "next_route": ("is left to the next route", "are left to the next route"),
        "queue": (f"lies in {queue}", f"lie in {queue}"),
    }[explanation.leftover]
    told = [f"{many(units, 'unit')} could not be filled and {one if units == 1 else several}."]
    return told + _held_back(explanation) + _hidden(explanation)


def _hidden(explanation: Explanation) -> list[str]:
    """Say what the view hides of what could not be filled."""
    keys = {key for key, _ in explanation.chosen.plan.unfilled}
    found = [held for one in explanation.verdicts for held in one.held if held.hidden and held.key in keys]
    if not found:
        return []
    rules = "; ".join(dict.fromkeys(held.rule for held in found))
    units = sum(held.hidden for held in found)
    return [f"{many(units, 'more unit')} {'is' if units == 1 else 'are'} there, but not for this channel: {rules}."]


def _held_back(explanation: Explanation) -> list[str]:
    """Say which rule keeps units back that others would have: one location to an order, so many, all or nothing."""
    rules, plan = explanation.rules, explanation.chosen.plan
    keys = {key for key, _ in plan.unfilled}
    free = [
        verdict
        for verdict in explanation.verdicts
        if verdict.site_id not in plan.site_ids
        and not verdict.failed
        and any(held.there and held.key in keys for held in verdict.held)
    ]
    if rules is None or not free:
        return []
    where = _some(free)
    if rules.complete and not plan.assignments:
        return ["The delivery ships whole or not at all, and no plan fills all of it."]
    if rules.split == "never" and plan.assignments:
        return [f"{where} could have sent some of it, but orders are never split."]
    if rules.split == "line" and not any(_has_line(one, keys) for one in free):
        return [f"{where} could have sent some of it, but lines are never split."]
    if rules.max_locations is not None and len(plan.bill) >= rules.max_locations:
        most = many(rules.max_locations, "location")
        return [f"{where} could have sent some of it, but an order has {most} at most."]
    return [f"{where} could have sent some of it, but that costs more than leaving it."]


def _has_line(verdict: Verdict, keys: set[int]) -> bool:
    return any(held.key in keys and held.there >= held.wanted for held in verdict.held)


def _nearest(explanation: Explanation) -> Verdict | None:
    """Give the location nearest to the customer where it ships nothing and a farther one does."""
    plan = explanation.chosen.plan
    known = [verdict for verdict in explanation.verdicts if verdict.km >= 0]
    if not known or not plan.bill:
        return None
    near = min(known, key=lambda verdict: (verdict.km, verdict.site_id))
    return None if near.km >= min(bill.km for bill in plan.bill) else near


def _why_not_nearest(near: Verdict, explanation: Explanation) -> str:
    """Say why the location nearest to the customer ships nothing of it."""
    first = f"The nearest, {near.name} at {near.km} km,"
    if near.failed:
        return f"{first} was out of the question: {reason(near, collected=_collected(explanation))}."
    full = sum(1 for line in near.held if line.there >= line.wanted)
    if full < len(near.held):
        (one, *others) = near.held
        kept = f" to spare, {one.kept} must stay there" if one.kept and not others else ""
        only = f"{full} of {len(near.held)} lines in full" if others else f"{one.there} of {one.wanted} units{kept}"
        return f"{first} has only {only}."
    opening = {verdict.site_id: verdict.opening for verdict in explanation.verdicts}
    more = near.opening - min(opening[bill.site_id] for bill in explanation.chosen.plan.bill)
    if more > 0:
        days = near.deliver_day - max(bill.deliver_day for bill in explanation.chosen.plan.bill)
        later = f", and would arrive {many(days, 'day')} later" if days > 0 else ""
        begins = f"a parcel from there begins at {money(more, explanation.currency)} more"
        return f"{first} has everything, but {begins}{later}."
    return f"{first} has everything, but would cost more in all."


def _passed_over(explanation: Explanation, name: dict[int, str]) -> list[str]:
    over, currency, plan = explanation.passed_over, explanation.currency, explanation.chosen.plan
    if over is None:
        return ["There was no other way to ship any of it."] if plan.assignments else []
    if not over.plan.assignments:
        return [f"To ship nothing would have counted {money(over.plan.total - plan.total, currency)} more."]
    unfilled = _units(over.plan.unfilled) - _units(plan.unfilled)
    shipping = over.plan.cost - plan.cost
    beginning = "The next best" if explanation.passed_over_proven else "The best other choice found"
    difference = f"{money(abs(shipping), currency)} {'more' if shipping >= 0 else 'less'}"
    if unfilled > 0:
        less = f" and leave {many(unfilled, 'more unit')} unfilled"
        return [f"{beginning}, {_named(over, name)}, would cost {difference} to ship{less}."]
    if unfilled < 0:
        fewer = many(-unfilled, "more unit")
        return [f"{beginning}, {_named(over, name)}, would ship {fewer}, but for {difference}."]
    if over.plan.penalty != plan.penalty:
        return [f"{beginning}, {_named(over, name)}, would cost {difference} to ship and leave other units behind."]
    if explanation.points is not None:
        return [f"{beginning} by these preferences, {_named(over, name)}, would cost {difference}."]
    has = ""
    if explanation.alone is not None and over.plan.site_ids == explanation.alone.site_ids and not over.plan.unfilled:
        has = " which has everything,"
    first = f"{beginning}, {_named(over, name)},{has} would cost"
    if over.plan.total == plan.total:
        return [f"{first} the same; among equals undivided lines, then fewer parcels, then rank decide."]
    return [f"{first} {difference}."]


def _bound(explanation: Explanation) -> str:
    if explanation.points is not None:
        if explanation.proven:
            return "No plan meets these preferences better: this is proven."
        return "Whether a plan meets these preferences better is not proven."
    if explanation.proven and not explanation.chosen.plan.assignments and explanation.passed_over is None:
        return "No plan can ship any of it: this is proven."
    if explanation.proven:
        return "No plan can be cheaper: this is proven."
    if not explanation.chosen.plan.assignments:
        return "Whether any plan could ship it is not proven."
    return (
        f"No plan can be more than {money(explanation.gap, explanation.currency)} cheaper: that is proven, "
        f"whether there is one is not."
    )


def _units(unfilled: tuple[tuple[int, int], ...]) -> int:
    return sum(count for _, count in unfilled)
