"""Why units found no place: not there, hidden from the channel, kept for others, or where they may not come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossdock.inventory.view_rules import SHARES
from crossdock.orchestration.plans import NewDemand, Queued, Routed
from crossdock.orchestration.sight import Ints
from crossdock.routing.policy.compile import Tried
from crossdock.routing.record import Through

_ROUTES_SHOWN = 3
_LONGEST = 600


class Look(NamedTuple):
    """What a decision saw, and through what, to say why units found no place."""

    stock: Ints
    through: Through | None
    view: str
    group: str | None
    """The group of channels whose shares it may take."""


def nowhere(delivery_no: int, decision_id: int, demand: Sequence[NewDemand], *, known: bool) -> Routed:
    """Queue everything for a person: there is no country to send it to, or no location at all."""
    reason, detail = (
        ("no_location", "No location is active.")
        if known
        else ("unknown_country", "Nobody knows the country that this delivery goes to.")
    )
    queued = tuple(Queued(d.no, d.item_id, d.quantity, "review", reason, detail) for d in demand)
    return Routed(delivery_no, decision_id, None, b"", (), queued, (), ())


def no_route(
    delivery_no: int, decision_id: int, demand: Sequence[NewDemand], tried: Sequence[Tried], policy: str
) -> Routed:
    """Queue everything for a person: no route of the policy holds, and why."""
    said = "; ".join(f"'{one.name}': {one.why}" for one in tried[:_ROUTES_SHOWN])
    detail = f"None of the {len(tried)} routes of the policy '{policy}' holds for this delivery. {said}."[:_LONGEST]
    queued = tuple(Queued(d.no, d.item_id, d.quantity, "review", "no_route", detail) for d in demand)
    return Routed(delivery_no, decision_id, None, b"", (), queued, (), ())


def reason_of(look: Look, row: int, quantity: int, unfilled: int) -> tuple[str, str]:
    """Say why units found no place: not there, hidden from the channel, or only where they may not come from."""
    there = int(look.stock[row].sum())
    hidden = 0 if look.through is None else int(look.through.hidden[row].sum())
    if look.through is not None and hidden and there < quantity:
        names, why = look.through.rules[row]
        if any(SHARES in names[at] for at in set(why[look.through.hidden[row] != 0].tolist())):
            text = f"Of {there + hidden} units to spare others are kept so much that {there} may go to this channel"
            return "kept_for_others", f"{text}; {quantity} are wanted."
        text = f"The view '{look.view}' shows {there} of the {there + hidden} units to spare; {quantity} are wanted."
        return "hidden_by_view", text
    if there == 0:
        return "out_of_stock", "No location has a unit to spare."
    if there < quantity:
        return "not_enough_stock", f"All locations together have {there} of the {quantity} units to spare."
    return "no_location", f"{there} units are in stock, but {unfilled} of them only where they may not be shipped from."
