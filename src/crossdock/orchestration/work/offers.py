"""One job for several locations: the goods stay claimed where they are until one of them takes the job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crossdock.events.work import FulfillmentAccepted, FulfillmentOffered, OfferClaimed, OfferEnded
from crossdock.fulfillment import offer_store
from crossdock.fulfillment.model import Execution, WrongState, word
from crossdock.fulfillment.offer_store import Offer, OfferState
from crossdock.kernel.clock import MINUTE, rfc3339
from crossdock.kernel.errors import FieldError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.work.bench import Bench, WorkHandler, current
from crossdock.orchestration.work.commands import ClaimOffer, Offered, OfferJob, Watched, WatchOffers, WorkDone
from crossdock.orchestration.work.errors import CannotAssign, NotOffered, OfferGone, OfferNotFound, OfferOpen
from crossdock.orchestration.work.manual import assign, preview
from crossdock.storage.unit import Unit


class OfferHandler(WorkHandler):
    """Does OfferJob: those of the locations that can have the units are asked."""

    def do(self, unit: Unit, command: OfferJob) -> Offered:
        order_id = self.order_of(unit, command.fulfillment_id)
        places = {place.id: place for place in map(self.place, command.locations)}
        bench = Bench(unit, self._engine, [order_id])
        order = bench.loaded[order_id]
        fulfillment = current(order, command.fulfillment_id, command.version)
        if fulfillment.execution != Execution.PLANNED:
            raise WrongState(
                f"A fulfillment that is {word(Execution(fulfillment.execution))} is nobody else's to have."
            )
        if offer_store.open_of(unit.session, fulfillment.id) is not None:
            raise OfferOpen("The fulfillment is offered already.")
        able = []
        faults = []
        for index, place in enumerate(places.values()):
            seen = preview(bench, order, fulfillment, place)
            if seen.proposed is None or seen.obstacles:
                text = seen.obstacles[0].message if seen.obstacles else "It does not have the units."
                faults.append(FieldError(f"/locations/{index}", "cannot_assign", f"{place.location.code}: {text}"))
            else:
                able.append((place, seen.proposed))
        if not able:
            raise CannotAssign("None of the locations can have the units.", tuple(faults))
        minutes = command.minutes or self._engine.directory.work_rules.offer_minutes
        offer = Offer(unit.ids.one(), order_id, fulfillment.id, OfferState.OPEN, unit.now,
                      unit.now + minutes * MINUTE, None, None, command.reason, command.actor.name)  # fmt: skip
        offer_store.make(unit, offer, [(place.id, side.cost.amount, _ordinal(side.deliver_on)) for place, side in able])
        codes = tuple(place.location.code for place, _ in able)
        bench.changes.touch(order)
        event = FulfillmentOffered(
            **bench.who(order, fulfillment),
            offer_id=encode_id("off", offer.id),
            locations=codes,
            expires_at=rfc3339(offer.expires_at),
        )
        bench.tell(order, event, command.actor.name)
        bench.write()
        return Offered(offer_id=offer.id)


class ClaimHandler(WorkHandler):
    """Does ClaimOffer: the order's row is locked, then the offer is read; so exactly one location has the job."""

    def do(self, unit: Unit, command: ClaimOffer) -> WorkDone:
        place = self.place(command.location)
        known = offer_store.read(unit.session, command.offer_id)
        if known is None:
            raise OfferNotFound(f"There is no offer {encode_id('off', command.offer_id)}.")
        bench = Bench(unit, self._engine, [known.order_id])
        offer = offer_store.read(unit.session, command.offer_id) or known
        asked = offer_store.asked(unit.session, offer.id)
        if place.id not in asked:
            raise NotOffered(f"The job was not offered to '{command.location}'.")
        if offer.state == OfferState.CLAIMED and offer.claimed_by is not None:
            raise OfferGone(f"'{bench.code(offer.claimed_by)}' has claimed the job.")
        order = bench.loaded[offer.order_id]
        fulfillment = order.fulfillments.get(offer.fulfillment_id)
        is_open = offer.state == OfferState.OPEN and unit.now < offer.expires_at
        if not is_open or fulfillment is None or fulfillment.execution != Execution.PLANNED:
            raise OfferGone("The job is offered no more.")
        actor = command.actor.name
        if fulfillment.location_id == place.id:
            new = fulfillment.id
            bench.steps.said_yes(order, new)
        else:
            new = assign(bench, order, fulfillment, place, offer.reason or "offer", actor)
            bench.steps.said_yes(order, new)
        offer_store.end(unit, offer.id, OfferState.CLAIMED, place.id)
        who = {"order_id": encode_id("ord", order.row.id), "fulfillment_id": encode_id("ful", new),
               "location": command.location}  # fmt: skip
        lost = tuple(bench.code(id_) for id_ in asked if id_ != place.id)
        bench.tell(order, OfferClaimed(**who, offer_id=encode_id("off", offer.id), lost=lost), actor)
        bench.tell(order, FulfillmentAccepted(**who), actor)
        bench.write()
        return WorkDone(order_id=order.row.id, fulfillment_id=new, moved=int(new != fulfillment.id))


class WatchOffersHandler(WorkHandler):
    """Does WatchOffers: ends what nobody claimed in time, and what is offered of work that is another one now."""

    def do(self, unit: Unit, command: WatchOffers) -> Watched:
        over = offer_store.over(unit.session, unit.now, command.most)
        if not over:
            return Watched()
        bench = Bench(unit, self._engine, {offer.order_id for offer in over})
        for known in over:
            offer = offer_store.read(unit.session, known.id)
            if offer is None or offer.state != OfferState.OPEN:
                continue
            state = OfferState.EXPIRED if offer.expires_at <= unit.now else OfferState.WITHDRAWN
            offer_store.end(unit, offer.id, state, None)
            order = bench.loaded[offer.order_id]
            bench.changes.touch(order)
            event = OfferEnded(
                order_id=encode_id("ord", order.row.id),
                fulfillment_id=encode_id("ful", offer.fulfillment_id),
                location="",
                offer_id=encode_id("off", offer.id),
                state=state.name.lower(),
                locations=_codes(bench, offer_store.asked(unit.session, offer.id)),
            )
            bench.tell(order, event, command.actor.name)
        bench.write()
        return Watched(looked_at=len(over), more=len(over) == command.most)


def _codes(bench: Bench, ids: Sequence[int]) -> tuple[str, ...]:
    return tuple(bench.code(id_) for id_ in ids)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
