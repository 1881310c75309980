"""What would have changed a decision, in plain English; items and locations by the names that people know."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from crossdock.routing.changes import Change
from crossdock.routing.flips import About, Flips, Waived
from crossdock.routing.outcomes import Outcome
from crossdock.routing.phrases import joined, many, money, upper
from crossdock.routing.study import Flip

Topic = Literal["location", "day", "rule", "search"]


class Names(Struct, frozen=True):
    """What the numbers of a decision are called: locations and items by id, rules by name; and the currency."""

    sites: Mapping[int, str]
    items: Mapping[int, str]
    rule: Callable[[str], str]
    currency: str


class Saying(Struct, frozen=True):
    """A sentence, what it is about, and the code of the location where it is about one."""

    topic: Topic
    text: str
    location: str = ""


def flip_words(told: Flips, names: Names) -> list[Saying]:
    """Tell what would have changed a decision: location by location, then the promised day, then rule by rule."""
    if not told.same:
        return [Saying("search", "Today's version of the program would decide this order differently already.")]
    out = [Saying("location", text, one.code) for one in told.abouts for text in _about(one, names)]
    out += [Saying("day", _due(flip, names)) for flip in told.days]
    out += [Saying("rule", text) for text in _rules(told.rules, names)]
    if not told.complete:
        text = f"The search ended after {many(told.decisions, 'decision')}; other changes may do it too."
        out.append(Saying("search", text))
    return out


def _about(one: About, names: Names) -> list[str]:
    out = [_without(one, flip, names) for flip in one.flips if flip.kind == "without"]
    if one.chosen:
        out += _fewer(one, names)
    said = [flip for flip in one.flips if flip.kind != "without" and not (one.chosen and flip.kind == "units")]
    out += [_lifted(one, flip, names) for flip in said]
    if one.beyond:
        out.append(f"No single change would have brought in {one.name}: {joined(_BEYOND[f] for f in one.beyond)}.")
    idle = [(_IDLE_CHOSEN if one.chosen else _IDLE)[kind].format(one.name) for kind in one.none if kind in _IDLE]
    if idle and one.chosen:
        out.append(f"{upper(joined(idle, 'or'))} would not have changed the choice.")
    elif idle:
        out.append(f"Not even {joined(idle, 'or')} would have brought {one.name} in.")
    if one.alone is not None:
        left = f", and {many(one.alone.unfilled, 'unit')} would stay behind" if one.alone.unfilled else ""
        more = _difference(one.alone.more_cost, names)
        beside = f", {more} than the plan that was chosen" if more else ", as much as the plan that was chosen"
        freed = ", if it could," if one.fenced else ""
        out.append(
            f"To ship from {one.name} alone{freed} would cost {money(one.alone.cost, names.currency)}{beside}{left}."
        )
    return out


def _without(one: About, flip: Flip, names: Names) -> str:
    return f"Without {one.name} {then(flip.outcome, names)}."


def _lifted(one: About, flip: Flip, names: Names) -> str:
    units = [_more(change, names) for change in flip.changes if change.what == "units"]
    parts = [_had(one, change, names) for change in flip.changes if change.what != "units"]
    parts = ([f"{one.name} had {joined(units)}"] if units else []) + parts
    return f"Had {joined(parts)}, {then(flip.outcome, names)}."


def _fewer(one: About, names: Names) -> list[str]:
    """Say with how few units a chosen location would not have been; items with the same consequence together."""
    gone = next((flip.outcome for flip in one.flips if flip.kind == "without"), None)
    units = [flip for flip in one.flips if flip.kind == "units"]
    if len(units) == 1 and units[0].outcome == gone and not units[0].changes[0].after:
        return []  # it ships nothing else: said already
    groups: dict[str, list[Change]] = {}
    for flip in units:
        groups.setdefault(then(flip.outcome, names), []).append(flip.changes[0])
    return [
        f"With {joined((_less(change, names) for change in changes), 'or')} at {one.name} {so}."
        for so, changes in groups.items()
    ]


def _less(change: Change, names: Names) -> str:
    few = f"fewer than {change.after + 1} units" if change.after else "no unit"
    return f"{few} of {names.items.get(change.item or 0, 'the item')}"


def _due(flip: Flip, names: Names) -> str:
    early = flip.changes[0].after < flip.changes[0].before
    day = f"{many(flip.by, 'day')} {'earlier' if early else 'later'}"
    return f"Had delivery been promised {day}, {then(flip.outcome, names)}."


_IDLE = {
    "units": "more units of any one item",
    "parcel_price": "a free parcel",
    "ship_day": "an earlier handover",
    "shown": "all that the stock view hides there",
}
_IDLE_CHOSEN = {
    "units": "fewer units of any one item at {}",
    "parcel_price": "dearer parcels from {}",
    "ship_day": "a later handover at {}",
}
_BEYOND = {
    "country": "no tariff leads from its country to the customer's",
    "distance": "it is further away than the tariff goes",
    "calendar": "no location was open",
}


def _had(one: About, change: Change, names: Names) -> str:
    """Say one change as what would have been: "York store had 3 more of MUG"."""
    item = names.items.get(change.item or 0, "the item")
    by = change.after - change.before
    if change.what == "shown":
        return f"the stock view not hidden {many(change.after, 'unit')} of {item} at {one.name}"
    if change.what == "parcel_price":
        return f"a parcel from {one.name} cost {_difference(by, names)}"
    if change.what == "ship_day":
        if change.before < 0:
            return f"{one.name} been open and handed over on day {change.after}"
        return f"{one.name} handed over {many(abs(by), 'day')} {'later' if by > 0 else 'earlier'}"
    if change.what == "room":
        return f"{one.name} had room for one more order that day"
    if change.what == "units_room":
        return f"{one.name} had room for {many(change.after, 'unit')} that day"
    if change.what == "accepting":
        return f"{one.name} been accepting orders"
    if change.what == "unbarred":
        return f"{one.name} not rejected it before"
    if change.what == "ability":
        return f"{one.name} been able to handle {change.name}"
    return f"it not been for the rule “{names.rule(change.name)}”"


def _more(change: Change, names: Names) -> str:
    item = names.items.get(change.item or 0, "the item")
    return f"{many(change.after - change.before, 'more unit')} of {item} ({change.after} instead of {change.before})"


def then(outcome: Outcome, names: Names) -> str:
    """Say what would have come instead: "the order would have shipped from York: £1.20 more"."""
    if not outcome.site_ids:
        return "nothing would have shipped"
    where = joined(names.sites.get(site, str(site)) for site in outcome.site_ids)
    return f"the order would have shipped from {where}: {', '.join(_compared(outcome, names))}"


def _compared(outcome: Outcome, names: Names) -> list[str]:
    out = [_difference(outcome.more_cost, names) or "at the same cost"]
    if outcome.more_parcels:
        out.append(many(abs(outcome.more_parcels), f"{'more' if outcome.more_parcels > 0 else 'fewer'} parcel"))
    if outcome.more_days:
        out.append(f"{many(abs(outcome.more_days), 'day')} {'later' if outcome.more_days > 0 else 'sooner'}")
    if outcome.more_unfilled:
        word = "more" if outcome.more_unfilled > 0 else "fewer"
        out.append(f"{many(abs(outcome.more_unfilled), f'{word} unit')} left behind")
    return out


def _difference(amount: int, names: Names) -> str:
    """Say an amount as more or less; nothing where it rounds to none."""
    if abs(amount) < 500:
        return ""
    return f"{money(abs(amount), names.currency)} {'more' if amount > 0 else 'less'}"


def _rules(rules: tuple[Waived, ...], names: Names) -> list[str]:
    out = [f"Without the rule “{names.rule(one.name)}” {then(one.outcome, names)}." for one in rules if one.flips]
    idle = [f"“{names.rule(one.name)}”" for one in rules if not one.flips]
    if idle:
        out.append(f"{'The rule' if len(idle) == 1 else 'The rules'} {joined(idle)} made no difference here.")
    return out
