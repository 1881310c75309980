"""A decision in plain English, for whoever runs a store or answers the phone."""

from crossdock.kernel.money import milli_to_minor, show
from crossdock.routing.explain import Explanation, Told, Verdict
from crossdock.routing.model import Points

# Why one location was out of the question, and why several were.
_WHY = {
    "excluded": ("the policy leaves it out", "the policy leaves them out"),
    "market": ("the channel does not sell to this country", "the channel does not sell to this country"),
    "capability": ("it cannot do what the order needs", "they cannot do what the order needs"),
    "country": (
        "no tariff leads from its country to the customer's",
        "no tariff leads from their country to the customer's",
    ),
    "distance": ("it is further away than the tariff goes", "they are further away than the tariff goes"),
    "calendar": ("its calendar is closed", "their calendars are closed"),
    "capacity": ("it can take no more work on that day", "they can take no more work on that day"),
    "view": ("what it has is hidden by", "what they have is hidden by"),
    "stock": ("it has nothing of what was ordered", "they have nothing of what was ordered"),
    "accepting": ("it takes no work at the moment", "they take no work at the moment"),
    "barred": ("it rejected all of this before", "they rejected all of this before"),
    "units_room": ("it has no room for a unit on that day", "they have no room for a unit on that day"),
    "among": ("the rules name other locations", "the rules name other locations"),
    "without": ("the rules leave it out", "the rules leave them out"),
    "near": ("the rules want somebody nearer", "the rules want somebody nearer"),
    "serves_market": ("it does not serve the customer's country", "they do not serve the customer's country"),
    "in_time": ("it would be too late", "they would be too late"),
    "has_share": ("it has too small a part of the order", "they have too small a part of the order"),
    "keeps_stock": ("what it has must stay", "what they have must stay"),
    "carrier": ("the carrier does not collect from it", "the carrier does not collect from them"),
    "handling": ("it cannot be carried from there as it must be", "it cannot be carried from there as it must be"),
    "when": ("a condition of the rules does not hold", "a condition of the rules does not hold"),
}


def money(milli: int, currency: str) -> str:
    """Write an amount for people: rounded to the minor unit, half away from zero."""
    return show(milli_to_minor(milli), currency)


def words(explanation: Explanation) -> list[str]:
    """Tell a decision in sentences: what ships from where and why, what was passed over, how sure that is."""
    name = {verdict.site_id: verdict.name for verdict in explanation.verdicts}
    out = _chosen(explanation, name)
    out += _passed_over(explanation, name)
    out.append(_bound(explanation))
    out += _fenced(explanation)
    return out


def _named(told: Told, name: dict[int, str]) -> str:
    names = [name[site] for site in told.plan.site_ids]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else "nowhere"


def _chosen(explanation: Explanation, name: dict[int, str]) -> list[str]:
    told, currency = explanation.chosen, explanation.currency
    plan = told.plan
    out: list[str] = []
    if plan.assignments:
        cost = money(plan.cost, currency)
        if len(plan.bill) == 1:
            out.append(f"Shipped from {_named(told, name)}, because that costs least: {cost}.")
        else:
            out.append(f"Shipped from {_named(told, name)}, because together they cost least: {cost}.")
        for bill in plan.bill:
            away = f", {bill.km} km away" if bill.km >= 0 else ""
            late = f", late by what costs {money(bill.lateness, currency)}" if bill.lateness else ""
            out.append(
                f"{name[bill.site_id]}{away}, sends {_many(bill.units, 'unit')} of {_many(bill.lines, 'line')} in "
                f"{_many(bill.parcels, 'parcel')} for {money(bill.total, currency)}{late}."
            )
        out += _why_not_alone(explanation)
    if plan.unfilled:
        units = sum(count for _, count in plan.unfilled)
        then = {
            "backorder": "wait for stock",
            "ship_available": "are dropped, and what is there ships",
            "cancel": "lead to the whole order being canceled",
            "review": "lie in the queue for review",
            "next_route": "are left to the next route",
            "queue": "lie in a queue",
        }[explanation.leftover]
        verb = then if units > 1 else then.replace("wait ", "waits ", 1).replace("lead ", "leads ", 1)
        out.append(f"{_many(units, 'unit')} could not be filled and {verb}.")
    return out


def _why_not_alone(explanation: Explanation) -> list[str]:
    """Say of a divided order whether anybody could have shipped it alone."""
    if len(explanation.chosen.plan.bill) < 2:
        return []
    able = [
        verdict.name
        for verdict in explanation.verdicts
        if not verdict.failed and all(line.there >= line.wanted for line in verdict.held)
    ]
    if not able:
        return ["No location has everything."]
    return [f"{able[0]} has everything, but alone it would cost more."]


def _passed_over(explanation: Explanation, name: dict[int, str]) -> list[str]:
    over, currency = explanation.passed_over, explanation.currency
    if over is None:
        return ["There was no other way to ship any of it."] if explanation.chosen.plan.assignments else []
    more = over.plan.total - explanation.chosen.plan.total
    unfilled = sum(count for _, count in over.plan.unfilled) - sum(c for _, c in explanation.chosen.plan.unfilled)
    less = f" and leave {_many(unfilled, 'more unit')} unfilled" if unfilled > 0 else ""
    shipping = over.plan.cost - explanation.chosen.plan.cost
    beginning = "The next best" if explanation.passed_over_proven else "The best other choice found"
    if less:
        word = f"{money(abs(shipping), currency)} {'more' if shipping >= 0 else 'less'}"
        return [f"{beginning}, {_named(over, name)}, would cost {word} to ship{less}."]
    if more == 0:
        return [f"{beginning}, {_named(over, name)}, would cost the same; ties go to whole lines, fewer parcels, rank."]
    return [f"{beginning}, {_named(over, name)}, would cost {money(more, currency)} more."]


def _bound(explanation: Explanation) -> str:
    currency = explanation.currency
    if explanation.points is not None:
        return _bound_in_points(explanation.points, proven=explanation.proven)
    if explanation.proven:
        return "No plan can be cheaper: this is proven."
    return (
        f"No plan can be more than {money(explanation.gap, currency)} cheaper: that is proven, "
        f"whether there is one is not."
    )


def _bound_in_points(points: Points, *, proven: bool) -> str:
    """Say by which aims it was decided, one after the other."""
    aims = ", then ".join(name.replace("_", " ") for name, _ in points.levels)
    if proven:
        return f"By the order of preferences ({aims}) no plan is better: this is proven."
    return f"This is the best plan found by the order of preferences ({aims}); whether there is a better one is open."


def _fenced(explanation: Explanation) -> list[str]:
    out = []
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in explanation.verdicts:
        if verdict.standing == "fenced":
            why, many = _why_fenced(verdict)
            groups.setdefault((why, many), []).append(verdict)
    for (why, many), verdicts in groups.items():
        if len(verdicts) == 1:
            out.append(f"{verdicts[0].name} was out of the question: {why}.")
        else:
            shown = ", ".join(verdict.name for verdict in verdicts[:3])
            more = f" and {len(verdicts) - 3} more" if len(verdicts) > 3 else ""
            out.append(f"{len(verdicts)} locations were out of the question ({shown}{more}): {many}.")
    return out


def _why_fenced(verdict: Verdict) -> tuple[str, str]:
    """Say why a location was out of the question, alone and as one of several; of a view, by which of its rules."""
    check = verdict.failed[0]
    why, many = _WHY[check.fence]
    if check.fence != "view":
        return why, many
    rules = "; ".join(dict.fromkeys(line.rule for line in verdict.held if line.hidden))
    told = f"{check.expected.removeprefix('shown by ')}: {rules}"
    return f"{why} {told}", f"{many} {told}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
