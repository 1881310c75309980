"""From a decision to an offer: packages with their days, the day of the whole, order-by, cost, carbon, confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossdock.network.calendars import WorkCalendar
from crossdock.promising.carbon import grams
from crossdock.promising.confidence import Confidence, Find, confidence
from crossdock.promising.dates import Deadline, order_by
from crossdock.promising.keeping import Kept, arrives


class Package(NamedTuple):
    """What one location sends: ordinal days, units by demand key."""

    site_id: int
    parcels: int
    weight_g: int
    km: int
    ship_day: int
    deliver_day: int
    lines: tuple[tuple[int, int], ...]


class Awaited(NamedTuple):
    """Units of a demand key that a supply line brings to a location, with the days it hands them over and they arrive.

    Days are ordinals.
    """

    key: int
    units: int
    line_id: int
    site_id: int
    ship_day: int
    deliver_day: int


class Offer(NamedTuple):
    """What can be promised by one method; `cost` in milli, days as ordinals, `order_by` in microseconds UTC.

    ``cost`` and ``carbon_g`` are those of the packages: how awaited units will be sent is decided when they are there.
    """

    day: int
    packages: tuple[Package, ...]
    unfilled: tuple[tuple[int, int], ...]
    cost: int
    carbon_g: int | None
    confidence: Confidence
    order_by: Deadline | None
    awaited: tuple[Awaited, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Say whether every unit of the basket is in it."""
        return not self.unfilled


def joined(offers: Sequence[Offer | None]) -> Offer | None:
    """Return the offers of several decisions for one basket as one: it is there when the last package is.

    What the last decision could not fill is missing. None when nothing is sent.
    """
    sent = [offer for offer in offers if offer is not None]
    if len(sent) < 2:
        return sent[0] if sent else None
    carbon = [offer.carbon_g for offer in sent]
    deadlines = [offer.order_by for offer in sent if offer.order_by is not None]
    find = 1.0
    for offer in sent:
        find *= offer.confidence.find
    return Offer(
        max(offer.day for offer in sent),
        tuple(package for offer in sent for package in offer.packages),
        sent[-1].unfilled,
        sum(offer.cost for offer in sent),
        None if None in carbon else sum(grams for grams in carbon if grams is not None),
        Confidence(
            max(offer.confidence.p50 for offer in sent), max(offer.confidence.p90 for offer in sent), round(find, 4)
        ),
        min(deadlines, key=lambda deadline: deadline.at, default=None),
    )


def awaiting(
    offer: Offer | None, unfilled: Sequence[tuple[int, int]], awaited: Sequence[Awaited], slack_days: int
) -> Offer | None:
    """Return the offer with units that supply brings of what it could not fill; it is there when the last of them is.

    Without an offer of what is there it is one of awaited units alone; None when there is neither.
    """
    if not awaited:
        return offer
    brought: dict[int, int] = {}
    for each in awaited:
        brought[each.key] = brought.get(each.key, 0) + each.units
    left = tuple((key, units - brought.get(key, 0)) for key, units in unfilled if units > brought.get(key, 0))
    day = max(each.deliver_day for each in awaited)
    if offer is None:
        return Offer(day, (), left, 0, None, Confidence(day, day + slack_days, 1.0), None, tuple(awaited))
    sure = offer.confidence
    return offer._replace(
        day=max(day, offer.day),
        unfilled=left,
        confidence=sure._replace(p50=max(day, sure.p50), p90=max(day + slack_days, sure.p90)),
        awaited=tuple(awaited),
    )


def offer_of(
    kept: Kept, at: int, calendars: Mapping[int, WorkCalendar], find: Find, slack_days: int, by: int | None = None
) -> Offer | None:
    """Return the offer that a decision makes at an instant; None when it sends nothing.

    The day offered is the one on which the last package arrives; order-by holds for ``by`` when that is later.
    """
    decision = kept.decision
    day = arrives(decision)
    sure = confidence(decision, kept.demand.lines, slack_days, find)
    if day is None or sure is None:
        return None
    lines: dict[int, list[tuple[int, int]]] = {}
    for site, key, units in decision.assignments:
        lines.setdefault(site, []).append((key, units))
    if decision.path is not None:
        # What is gathered comes as one, and has to be at the place in time.
        p, every = decision.path, tuple(line for own in lines.values() for line in own)
        one = Package(p.site_id, p.parcels, p.weight_g, p.km, p.ship_day, p.deliver_day, every)
        deadline, carbon = order_by(decision.bill, p.arrive_day, at, calendars), grams((*decision.bill, p))
        return Offer(day, (one,), decision.unfilled, decision.cost, carbon, sure, deadline)
    packages = tuple(
        Package(b.site_id, b.parcels, b.weight_g, b.km, b.ship_day, b.deliver_day, tuple(lines[b.site_id]))
        for b in decision.bill
    )
    deadline = order_by(decision.bill, day if by is None else max(day, by), at, calendars)
    return Offer(day, packages, decision.unfilled, decision.cost, grams(decision.bill), sure, deadline)
