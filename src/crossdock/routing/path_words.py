"""A plan whose goods are gathered on their way, in words and as lines of a bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock.routing.merging import Path
from crossdock.routing.phrases import many, money

if TYPE_CHECKING:
    from crossdock.routing.explain import Explanation


def path_lines(path: Path) -> list[tuple[str, str, int]]:
    """Give the lines of the last leg's bill: what for, how it is counted, the amount; amounts of nothing left out."""
    parcels = many(path.parcels, "parcel")
    entries = (
        ("carriage to the customer", f"{parcels}, {path.km} km" if path.km >= 0 else parcels, path.base),
        ("weight to the customer", f"{path.weight_g} g", path.weight),
        ("handling of parcels", parcels, path.handling_parcel),
        ("gathering", "what comes from elsewhere", path.gathering),
        ("lateness", f"delivered on day {path.deliver_day}", path.lateness),
    )
    return [entry for entry in entries if entry[2]]


def path_words(explanation: Explanation, name: dict[int, str], sources: str) -> list[str]:
    """Tell a gathered plan: where the goods come together and why, what each leg does, how they go on."""
    plan, currency = explanation.chosen.plan, explanation.currency
    path = plan.path
    if path is None:
        return []
    place = name[path.site_id]
    gathered = f"Sent from {sources}, gathered at {place} and sent on from there in {many(path.parcels, 'parcel')}"
    out = [f"{gathered}, because that costs least: {money(plan.cost, currency)}."]
    for bill in plan.bill:
        units, cost = many(bill.units, "unit"), money(bill.total, currency)
        if bill.site_id == path.site_id:
            out.append(f"{place} has {units} itself, for {cost}.")
        else:
            away = f", {bill.km} km away," if bill.km >= 0 else ""
            out.append(f"{name[bill.site_id]}{away} sends {units} there for {cost}.")
    due, late = explanation.demand.due_day, ""
    if due is not None and path.deliver_day > due:
        late = f", {many(path.deliver_day - due, 'day')} late"
    waits = path.ship_day - path.arrive_day
    wait = f" {many(waits, 'day')} after the last of it has come" if waits else " on the day the last of it has come"
    out.append(f"{place} hands everything over{wait}, for {money(path.total, currency)}{late}.")
    return out
