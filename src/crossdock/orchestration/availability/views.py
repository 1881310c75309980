"""Answers about availability as documents."""

from __future__ import annotations

from datetime import date

from crossdock.inventory.views import Availability, LocationAvailability
from crossdock.orchestration.availability.questions import Answer, Told


def document(answer: Answer, told: Told, *, by_location: bool) -> Availability:
    """Return an answer as people and programs see it; ``told`` has no fault."""
    atp, ask = told.atp, told.ask
    assert atp is not None
    locations: list[LocationAvailability] = []
    if ask.location:
        locations = [LocationAvailability(location=ask.location, available=told.total)]
    elif by_location:
        places = atp.visible.nonzero()[0].tolist()
        locations = [LocationAvailability(location=answer.sites[place], available=atp.at(place)) for place in places]
        locations.sort(key=lambda here: here.location)
    return Availability(
        sku=ask.sku,
        channel=ask.channel,
        on=None if ask.day is None else date.fromordinal(ask.day).isoformat(),
        available=atp.available,
        arriving=atp.arriving,
        waiting=atp.waiting,
        held_for_others=atp.held,
        available_to_promise=told.total,
        level=told.level,
        locations=tuple(locations),
    )
