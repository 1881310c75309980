"""Offers as they are answered and as they are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from crossdock.kernel.clock import moment
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.promises.model import Made, NotMade, Wanted
from crossdock.orchestration.promises.store import Content, State, StoredPromise
from crossdock.promising import Awaited
from crossdock.promising.documents import (
    AwaitedView,
    ConfidenceView,
    OrderByView,
    PackageLine,
    PackageView,
    PromiseLinks,
    PromiseRestsOn,
    PromiseView,
    RefusedView,
    StateWord,
)

_encode = msgspec.json.Encoder().encode
_view = msgspec.json.Decoder(PromiseView).decode


def view_of(directory: Directory, wanted: Wanted, made: Made, id_: int) -> PromiseView:
    """Return the document of an offer; one that is not kept has an id as well, but nobody can read it again."""
    public, is_kept = encode_id("prm", id_), wanted.asked.keep
    offer, way = made.offer, made.way
    channel = wanted.channel.channel
    rests = made.kept.decision.rests_on
    currency = made.kept.policy.card.currency
    window = None
    if wanted.not_before is not None:
        window = (_day(wanted.not_before), _day(offer.day if wanted.by is None else wanted.by))
    return PromiseView(
        id=public,
        state="offered" if is_kept else "quoted",
        channel=channel.code,
        method=way.method,
        service_level=way.level,
        location=None if way.place is None else way.place.location.code,
        date=_day(offer.day),
        window=window,
        is_complete=offer.is_complete,
        packages=tuple(
            PackageView(
                location=_code(directory, package.site_id),
                parcels=package.parcels,
                weight_g=package.weight_g,
                km=None if package.km < 0 else package.km,
                ship_on=_day(package.ship_day),
                deliver_on=_day(package.deliver_day),
                lines=_lines(directory, wanted, package.lines),
            )
            for package in offer.packages
        ),
        unfilled=_lines(directory, wanted, offer.unfilled),
        awaited=tuple(_awaited(directory, wanted, made, each) for each in offer.awaited),
        order_by=_order_by(directory, made),
        price=Money(made.terms.service.price, channel.currency),
        cost=Money(milli_to_minor(offer.cost), currency),
        carbon_g=offer.carbon_g,
        confidence=ConfidenceView(
            p50=_day(offer.confidence.p50), p90=_day(offer.confidence.p90), find=offer.confidence.find
        ),
        rests_on=PromiseRestsOn(
            network=rests.network, policy=rests.policy, rate_card=rests.rate_card, view=made.view, engine=rests.engine
        ),
        created_at=moment(wanted.at),
        expires_at=moment(made.expires_at),
        reservation_id=None,
        order_id=None,
        links=PromiseLinks(self=f"/v1/promises/{public}") if is_kept else None,
    )


def refusal_of(refused: NotMade) -> RefusedView:
    """Return the document of a way in which nothing can be promised."""
    way = refused.way
    return RefusedView(
        method=way.method,
        service_level=way.level,
        location=None if way.place is None else way.place.location.code,
        reason=refused.reason,
        detail=refused.detail,
        earliest=None if refused.earliest is None else _day(refused.earliest),
    )


def stored(wanted: Wanted, made: Made, id_: int, view: PromiseView) -> StoredPromise:
    """Return an offer as it is kept."""
    way = made.way
    basket: Counter[str] = Counter()
    for line in wanted.asked.lines:
        basket[line.sku] += line.quantity
    place = wanted.asked.destination
    country = way.place.location.address.country if way.place is not None else place.country if place else ""
    content = Content(
        basket=tuple(sorted(basket.items())),
        method=way.method,
        service_level=way.level,
        location=view.location,
        country=country,
        sites=tuple(sorted({p.site_id for p in made.offer.packages})),
        offer=msgspec.Raw(_encode(view)),
    )
    return StoredPromise(
        id_,
        wanted.at,
        made.expires_at,
        wanted.channel.id,
        State.OFFERED.value,
        made.offer.day,
        made.due_day,
        made.begin_day,
        content,
        made.record,
        None,
        None,
    )


def read_back(promise: StoredPromise, at: int) -> PromiseView:
    """Return a kept promise as it stands at an instant."""
    state: StateWord = "offered"
    if promise.state == State.OFFERED and promise.expires_at <= at:
        state = "expired"
    elif promise.state != State.OFFERED:
        state = "ordered" if promise.state == State.ORDERED else "closed"
    return msgspec.structs.replace(
        _view(bytes(promise.content.offer)),
        state=state,
        reservation_id=None if promise.reservation_id is None else encode_id("rsv", promise.reservation_id),
        order_id=None if promise.order_id is None else encode_id("ord", promise.order_id),
    )


def _order_by(directory: Directory, made: Made) -> OrderByView | None:
    deadline = made.offer.order_by
    if deadline is None:
        return None
    place = directory.locations[deadline.site_id].location
    local: datetime = moment(deadline.at).astimezone(ZoneInfo(place.time_zone))
    return OrderByView(at=moment(deadline.at), local=local.isoformat(), time_zone=place.time_zone, location=place.code)


def _awaited(directory: Directory, wanted: Wanted, made: Made, each: Awaited) -> AwaitedView:
    (said,) = _lines(directory, wanted, ((each.key, each.units),))
    line = made.supply[each.line_id]
    return AwaitedView(
        line=said.line,
        sku=said.sku,
        quantity=said.quantity,
        location=_code(directory, each.site_id),
        supply=f"{line.reference}/{line.line}",
        expected_on=_day(line.expected_day),
        deliver_on=_day(each.deliver_day),
    )


def _lines(directory: Directory, wanted: Wanted, pairs: Sequence[tuple[int, int]]) -> tuple[PackageLine, ...]:
    demand = {d.no: d for d in wanted.demand}
    return tuple(
        PackageLine(line=demand[no].line_no, sku=directory.item_by_id(demand[no].item_id).sku, quantity=units)
        for no, units in pairs
    )


def _code(directory: Directory, site_id: int) -> str:
    return directory.locations[site_id].location.code


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
