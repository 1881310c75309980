"""A plan whose goods go through one place: legs that bring them there, and the fulfillment that hands them on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossdock.kernel.ids import IdBlock
from crossdock.orchestration.plans import Claim, NewFulfillment

TRANSFER = "transfer"
"""The method of a leg that brings goods from one location of ours to another."""


class Onward(NamedTuple):
    """Where goods go through, and when they go on; without days they are handed over there as soon as all has come."""

    location_id: int
    work_day: int | None = None
    deliver_day: int | None = None


def lead_through(planned: Sequence[NewFulfillment], onward: Onward, ids: IdBlock) -> tuple[NewFulfillment, ...]:
    """Let what other locations would send to the customer be brought to a place, and handed on there as one.

    What is at the place already is part of the fulfillment there. Each claim of a leg has its counterpart in it: a
    claim on the supply line that the leg brings.
    """
    here = next((f for f in planned if f.location_id == onward.location_id), None)
    legs = [f for f in planned if f.location_id != onward.location_id]
    if not legs:
        return tuple(planned)
    new = iter(ids.take(1 + 2 * sum(len(leg.claims) for leg in legs)))
    last = next(new)
    pegged = tuple(
        Claim(next(new), c.demand_no, c.item_id, onward.location_id, c.quantity, unlimited=False, supply=next(new))
        for leg in legs
        for c in leg.claims
    )
    arrives = max(leg.deliver_day for leg in legs)
    first = legs[0]
    if here is None:
        here = NewFulfillment(
            last, onward.location_id, first.delivery_no, first.decision_id, arrives, arrives, False, (), first.method
        )
    work_day = here.work_day if onward.work_day is None else onward.work_day
    deliver_day = max(arrives, here.deliver_day) if onward.deliver_day is None else onward.deliver_day
    at_last = here._replace(id=last, work_day=work_day, deliver_day=deliver_day, claims=(*here.claims, *pegged))
    return (*(leg._replace(method=TRANSFER, feeds=last) for leg in legs), at_last)
