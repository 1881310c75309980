"""Promises: a reader's own picture, the ways in which a basket can be had, and the same decision for each.

A `PromiseDesk` is for readers. It has a configuration, a picture of the stock and a planner of its own, follows the log
like every process, and never waits for the writer nor makes it wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from crossdock.inventory.mirror import StockMirror
from crossdock.kernel.clock import MINUTE, day_start, utc_day
from crossdock.kernel.errors import FieldError
from crossdock.kernel.geo import Xyz, xyz
from crossdock.kernel.ids import IdBlock, IdFactory
from crossdock.network.calendars import WorkCalendar
from crossdock.network.places import area_of, locate
from crossdock.network.store import StoredChannel, StoredLocation
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.errors import PromiseRefused, UnknownItem
from crossdock.orchestration.orders.capture import explode
from crossdock.orchestration.planning import Planner
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.policies.facts import facts_of
from crossdock.orchestration.promises import store as promise_store
from crossdock.orchestration.promises.chain import ByPolicy, Chain, Link, decide
from crossdock.orchestration.promises.coming import coming
from crossdock.orchestration.promises.drawing import Drawing
from crossdock.orchestration.promises.model import Made, NotMade, Quote, Wanted, Way
from crossdock.orchestration.promises.store import StoredPromise
from crossdock.orchestration.promises.views import read_back, refusal_of, stored, view_of
from crossdock.orchestration.supply.launches import by_launch
from crossdock.orchestration.terms import DeliveryTerms, terms_of
from crossdock.orders.model import LineIn, MoneyIn
from crossdock.promising import Coming, Method, awaiting, earliest, keep, offer_of
from crossdock.promising.confidence import at_least
from crossdock.promising.documents import PromiseIn, PromisePlaceIn, Promises, PromiseView
from crossdock.promising.offers import joined
from crossdock.routing.model import Policy, Snapshot
from crossdock.routing.policy.facts import Facts
from crossdock.routing.record import encode
from crossdock.storage.session import Session

VALID_FOR = 15 * MINUTE
"""How long an offer stands, unless its cut-off comes first."""
_NOBODY = -1  # the picture of a reader leaves out no worker's changes
STANDARD = "standard"
_LONGEST_TRANSIT = 10
_FROM_STORES: tuple[Method, ...] = ("pickup", "ship_to_store")
_SHIPPED: tuple[Method, ...] = ("ship", *_FROM_STORES)


class PromiseDesk:
    """Makes offers; for any reader thread, one at a time."""

    def __init__(self, ids: IdFactory) -> None:
        self._ids = IdBlock(ids)
        self._lock = threading.Lock()
        self._directory = Directory()
        self._build()

    def _build(self) -> None:
        self._mirror = StockMirror(self._directory.location_ids, _NOBODY)
        self._planner = Planner(self._directory, self._mirror, self._ids)
        self._calendars: dict[int, WorkCalendar] = {
            site: self._directory.calendars[column] for column, site in enumerate(self._directory.location_ids)
        }

    def calendars(self, session: Session) -> Mapping[int, WorkCalendar]:
        """Return the calendars of the active locations, by id."""
        with self._lock:
            self._follow(session)
            return self._calendars

    def coming(self, session: Session, promised: Mapping[int, int | None], at: int) -> dict[int, list[Coming]]:
        """Return what is coming for orders that wait, and when it would arrive; as `coming.coming`."""
        with self._lock:
            self._follow(session)
            return coming(session, self._directory, self._calendars, promised, at)

    def load(self, session: Session, items: Sequence[int]) -> None:
        """Read what is claimable of items before somebody asks for them."""
        with self._lock:
            self._follow(session)
            self._mirror.catch_up(session)
            self._mirror.load(session, items)

    def _follow(self, session: Session) -> None:
        if self._directory.refresh(session):
            self._build()

    def quote(self, session: Session, asked: PromiseIn, by: int | None, not_before: int | None, at: int) -> Quote:
        """Return what can be promised at an instant; raises UnknownChannel, UnknownPolicy, UnknownItem.

        The stock is that of the session's snapshot: what was committed before it, by whomever.
        """
        with self._lock:
            self._follow(session)
            self._mirror.catch_up(session)
            channel = self._directory.channel(asked.channel)
            demand = self._demand(session, asked, channel)
            wanted = Wanted(asked, channel, demand, _point(asked.destination), by, not_before, at)
            self._planner.sight.forget_capacity()
            later = () if not_before is None else range(not_before - _LONGEST_TRANSIT, not_before + 1)
            self._planner.sight.prepare(session, [at], sorted({d.item_id for d in demand}), later)
            made: list[Made] = []
            refused: list[NotMade] = []
            drawing = Drawing(session, self._directory, self._calendars, wanted)
            for way in self._ways(wanted, refused):
                answer = self._answer(wanted, way, drawing)
                (refused if isinstance(answer, NotMade) else made).append(answer)  # type: ignore[arg-type]
            return self._quote(wanted, made, refused)

    def _quote(self, wanted: Wanted, made: Sequence[Made], refused: Sequence[NotMade]) -> Quote:
        directory = self._directory
        ids = self._ids.take(len(made))
        views = [view_of(directory, wanted, each, id_) for each, id_ in zip(made, ids, strict=True)]
        rows: list[StoredPromise] = []
        if wanted.asked.keep:
            rows = [stored(wanted, each, id_, view) for each, id_, view in zip(made, ids, views, strict=True)]
        known = directory.policy_versions
        kept = [kept for each in made for kept in (each.kept, *each.more)]
        policies = [(each.decision.rests_on.policy, each.policy) for each in kept]
        answer = Promises(data=tuple(views), refused=tuple(map(refusal_of, refused)))
        return Quote(answer, tuple(rows), {version: policy for version, policy in policies if version not in known})

    def _demand(self, session: Session, asked: PromiseIn, channel: StoredChannel) -> tuple[NewDemand, ...]:
        directory = self._directory
        directory.load_items(session, {line.sku for line in asked.lines})
        demand: list[NewDemand] = []
        unknown: list[FieldError] = []
        for index, line in enumerate(asked.lines):
            facts = directory.item(line.sku)
            if facts is None:
                unknown.append(FieldError(f"/lines/{index}/sku", "unknown_item", f"There is no item '{line.sku}'."))
                continue
            price = MoneyIn(line.unit_price, channel.channel.currency)
            explode(directory, demand, index + 1, facts, LineIn(line.sku, line.quantity, price, together=line.together))
        if unknown:
            raise UnknownItem(
                f"{len(unknown)} lines name items that do not exist; {unknown[0].message}", tuple(unknown)
            )
        return tuple(demand)

    # -- in which ways -------------------------------------------------------------------------------------------

    def _ways(self, wanted: Wanted, refused: list[NotMade]) -> Iterator[Way]:
        asked, channel = wanted.asked, wanted.channel.channel
        levels = asked.services or tuple(service.code for service in channel.services) or (STANDARD,)
        has_place = asked.destination is not None
        methods: tuple[Method, ...] = asked.methods or (_SHIPPED if has_place else _FROM_STORES)
        for method in dict.fromkeys(methods):
            if method == "ship":
                for level in dict.fromkeys(levels):
                    if has_place:
                        yield Way("ship", level, None)
                    else:
                        text = "Shipping needs a `destination`."
                        refused.append(NotMade(Way("ship", level, None), "no_destination", text))
            else:
                yield from self._at_locations(wanted, method, levels[0], refused)

    def _at_locations(self, wanted: Wanted, method: Method, level: str, refused: list[NotMade]) -> Iterator[Way]:
        directory, asked = self._directory, wanted.asked
        for code in dict.fromkeys(asked.locations):
            place = directory.place(code)
            way = Way(method, level, place)
            if place is None:
                refused.append(NotMade(way, "unknown_location", f"There is no location '{code}'."))
            elif "collect" not in place.location.capabilities or not place.location.active:
                refused.append(NotMade(way, "no_pickup_there", f"Nothing can be picked up at '{code}'."))
            else:
                yield way
        if not asked.locations and asked.nearest:
            for place in self._nearest(wanted, method):
                yield Way(method, level, place)

    def _nearest(self, wanted: Wanted, method: Method) -> Sequence[StoredLocation]:
        """Return the pick-up locations nearest to the destination; for picking up those that have everything."""
        if wanted.point is None or wanted.asked.destination is None:
            return ()
        places = [
            (column, self._directory.locations[site.id])
            for column, site in enumerate(self._directory.network.sites)
            if "collect" in site.capabilities and site.country == wanted.asked.destination.country
        ]
        if method == "pickup" and places:
            where = Destination(wanted.asked.destination.country, wanted.point, None, "pickup")
            _, snapshot, _ = self._planner.sight.look(wanted.demand, where, wanted.at, wanted.channel)
            full = _holds_all(wanted.demand, snapshot)
            places = [(column, place) for column, place in places if full[column]]
        x, y, z = wanted.point
        away = sorted(
            ((p.point[0] - x) ** 2 + (p.point[1] - y) ** 2 + (p.point[2] - z) ** 2, p.location.rank, p.id, p)
            for _, p in places
        )
        return [place for *_, place in away[: wanted.asked.nearest]]

    # -- what can be promised ------------------------------------------------------------------------------------

    def _answer(self, wanted: Wanted, way: Way, drawing: Drawing) -> Made | NotMade:
        terms = self._terms(wanted, way)
        parts = by_launch(self._directory, wanted.demand, wanted.at)
        if len(parts) > 1:
            text = "Items that come out on different days are routed apart; ask for each day's items."
            return NotMade(way, "different_launches", text)
        start = parts[0][0] or wanted.at
        due = utc_day(start) + terms.days
        country, point = _goes_to(wanted, way)
        where = Destination(country, point, due, way.method, begin=parts[0][0], service=way.level)
        policies = terms.routes.policies
        if not policies:
            return NotMade(way, "not_served", "No route of the routing policy holds for it.")
        choose = earliest if wanted.asked.goal == "earliest" else _usual(wanted)
        chain = decide(self._planner, wanted, where, policies, choose)
        last, drawn = chain.last_day, drawing.draw(way, where, chain)
        arrives = max((each.deliver_day for each in drawn), default=None)
        if arrives is not None and wanted.by is not None and arrives > wanted.by:
            if last is None:
                return NotMade(
                    way, "too_late", "What is coming arrives later than the day that was asked for.", arrives
                )
            drawn = ()
        if last is None and not drawn:
            there = way.method != "pickup" and bool(chain.first.snapshot.stock.any())
            text = "It is in stock only where it cannot come from." if there else "No unit is to spare there."
            return NotMade(way, "not_served" if there else "out_of_stock", text)
        if wanted.by is not None and last is not None and last > wanted.by:
            first = decide(self._planner, wanted, where, policies, earliest).last_day
            return NotMade(way, "too_late", "It cannot be there by the day that was asked for.", first)
        if _is_early(chain, wanted.not_before):
            held = self._held_back(wanted, where, terms, chain)
            if held is None:
                return NotMade(way, "too_early", "No location can have it there within the window.", last)
            where, chain = held
            start, due = where.begin or start, where.due_day or due
        slack = 0 if way.method == "pickup" else terms.service.slack_days  # nothing is on the road
        offers = []
        for link in chain.links:
            find = _Finding(self._directory, wanted, link)
            offers.append(offer_of(link.kept, start, self._calendars, find.chance, slack))
        offer = awaiting(joined(offers), chain.links[-1].kept.decision.unfilled, drawn, slack)
        if offer is None:  # pragma: no cover  (a plan that arrives has an offer)
            return NotMade(way, "not_served", "Nothing is sent.")
        kept, snapshot, through = chain.first
        record = encode(kept.demand, snapshot, kept.policy, kept.decision, through)
        until = wanted.at + VALID_FOR
        if offer.order_by is not None:
            until = min(until, offer.order_by.at)
        view, begin = None if through is None else through.version, _begin_day(where, wanted.at)
        more = tuple(link.kept for link in chain.links[1:])
        return Made(way, terms, offer, kept, due, begin, record, view, until, more, drawing.lines if drawn else {})

    def _terms(self, wanted: Wanted, way: Way) -> DeliveryTerms:
        """Return by which rules an offer is decided: as an order's delivery; who asks and how is not known yet."""
        country, _ = _goes_to(wanted, way)
        channel, place = wanted.channel.channel, wanted.asked.destination
        code = place.postal_code if place is not None and way.place is None else ""
        if way.place is not None:
            code = way.place.location.address.postal_code
        known = {
            "channel": channel.code,
            "service": way.level,
            "method": way.method,
            "country": country,
            "area": area_of(country, code) if code else "",
            "value": sum(line.unit_price * line.quantity for line in wanted.asked.lines),
            "at": wanted.at,
        }

        def facts(asked: frozenset[str]) -> Facts:
            return facts_of(asked, wanted.demand, self._directory.item_by_id, known)

        return terms_of(self._directory, channel, way.method, way.level, facts)

    def _held_back(
        self, wanted: Wanted, where: Destination, terms: DeliveryTerms, usual: Chain
    ) -> tuple[Destination, Chain] | None:
        """Decide for a window that begins later: work begins so that the nearest, else the next zones are in time."""
        if wanted.not_before is None:
            return None
        due = max(where.due_day or 0, wanted.by or wanted.not_before)
        for days in _transits(terms.routes.policies):
            begin = wanted.not_before - days
            if begin <= utc_day(wanted.at):
                continue
            later = where._replace(begin=day_start(begin), due_day=due)
            found = decide(self._planner, wanted, later, terms.routes.policies, _usual(wanted))
            last = found.last_day
            if last is None or _is_early(found, wanted.not_before) or found.missing > usual.missing:
                continue
            if wanted.by is None or last <= wanted.by:
                return later, found
        return None


class _Finding:
    """How likely units are found, by what the channel's view says of items and locations."""

    def __init__(self, directory: Directory, wanted: Wanted, link: Link) -> None:
        snapshot, through = link.snapshot, link.through
        self._directory = directory
        self._view = directory.view_of(wanted.channel, wanted.at)
        self._there = snapshot.stock if through is None else snapshot.stock + through.hidden
        self._rows = {d.item_id: row for row, d in enumerate(wanted.demand)}
        if len(link.kept.demand.lines) != len(wanted.demand):
            self._rows = {line.item: row for row, line in enumerate(link.kept.demand.lines)}
        self._columns = {site: column for column, site in enumerate(directory.location_ids)}

    def chance(self, item_id: int, site_id: int, units: int) -> float:
        """Return the probability that the location finds so many of the item's units."""
        column = self._columns[site_id]
        permille = self._view.find_permille(self._directory.item_by_id(item_id), column)
        return at_least(units, int(self._there[self._rows[item_id], column]), permille)


def _holds_all(demand: Sequence[NewDemand], snapshot: Snapshot) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    wanted: dict[int, int] = {}
    for d in demand:
        wanted[d.item_id] = wanted.get(d.item_id, 0) + d.quantity
    quantity = np.array([wanted[d.item_id] for d in demand])
    full = (snapshot.stock >= quantity[:, None]).all(axis=0)
    return full & (snapshot.ship_day >= 0) & (snapshot.capacity > 0)


def _usual(wanted: Wanted) -> ByPolicy:
    return lambda asked, seen, policy: keep(asked, seen, policy, wanted.by)


def _is_early(chain: Chain, not_before: int | None) -> bool:
    first = chain.first_day
    return not_before is not None and first is not None and first < not_before


def _transits(policies: Sequence[Policy]) -> list[int]:
    cards = [policy.card for policy in policies]
    known = {zone.transit_days for card in cards for zone in card.zones}
    known |= {lane.transit_days for card in cards for lane in card.lanes}
    return sorted(days for days in known if days <= _LONGEST_TRANSIT)


def _begin_day(where: Destination, at: int) -> int | None:
    return None if where.begin is None or where.begin <= at else utc_day(where.begin)


def _goes_to(wanted: Wanted, way: Way) -> tuple[str, Xyz | None]:
    if way.place is not None:
        return way.place.location.address.country, way.place.point
    place = wanted.asked.destination
    return ("", None) if place is None else (place.country, wanted.point)


def _point(place: PromisePlaceIn | None) -> Xyz | None:
    if place is None:
        return None
    if place.latitude is not None and place.longitude is not None:
        return xyz(place.latitude, place.longitude)
    return locate(place.country, area_of(place.country, place.postal_code)) if place.postal_code else None


def quote_of(desk: PromiseDesk, session: Session, asked: PromiseIn, at: int) -> Quote:
    """Return what a desk can promise at an instant, with the days of the request read; raises PromiseRefused."""
    by = None if asked.by is None else asked.by.toordinal()
    not_before = None if asked.not_before is None else asked.not_before.toordinal()
    if by is not None and not_before is not None and by < not_before:
        text = "The window ends before it begins."
        raise PromiseRefused(text, (FieldError("/by", "before_not_before", text),))
    return desk.quote(session, asked, by, not_before, at)


def read_promise(session: Session, id_: int, at: int) -> PromiseView | None:
    """Return a kept promise as it stands; None when there is none, or none any more."""
    found = promise_store.read(session, id_)
    return None if found is None else read_back(found, at)


def promise_of_order(session: Session, order_id: int, at: int) -> PromiseView | None:
    """Return the promise that an order brought, as it stands; None when it brought none, or it is forgotten."""
    found = promise_store.of_order(session, order_id)
    return None if found is None else read_back(found, at)
