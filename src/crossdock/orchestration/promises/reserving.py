"""From offers to promises: asked, kept, and the first complete one reserved if that is wanted, as a cart would."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from crossdock.inventory.reservations import PlaceIn, ReservationIn, ReservedDeliveryIn, ReservedLineIn
from crossdock.kernel.clock import MINUTE, SECOND, day_start, instant, moment
from crossdock.kernel.content import content_hash
from crossdock.orchestration.commands import Actor, RequestKey
from crossdock.orchestration.errors import NotEnoughToReserve, ReservedTooLate
from crossdock.orchestration.keyed import done_before
from crossdock.orchestration.promises.commands import Hold, KeepPromises, PromisesKept
from crossdock.orchestration.promises.model import Quote
from crossdock.orchestration.reservations.commands import Reserve
from crossdock.promising.documents import PromiseIn, PromiseView
from crossdock.storage.session import Session

Ask = Callable[[], Awaitable[Quote]]
Submit = Callable[[Any], Awaitable[Any]]
_SHORTEST = MINUTE // SECOND


class PromisesMade(NamedTuple):
    """The document of the answer; whether its offers are kept, as of which log position, and if since before."""

    document: msgspec.Raw
    is_kept: bool
    position: int = 0
    replayed: bool = False


def made_before(session: Session, request: RequestKey) -> PromisesMade | None:
    """Return what a request with this Idempotency-Key was answered; None if none was. Raises IdempotencyKeyReused."""
    answer = done_before(session, request)
    return None if answer is None else _made(answer)


async def make_promises(
    asked: PromiseIn, ask: Ask, submit: Submit, actor: Actor, request: RequestKey | None = None
) -> PromisesMade:
    """Ask for offers and keep them, the first complete one with its units if that is wanted, in one transaction.

    Another order may take the units between the look and the reservation: then it is asked once more. Raises what
    refuses the reservation after that.
    """
    quote = await ask()
    try:
        return await _kept(asked, quote, submit, actor, request)
    except (NotEnoughToReserve, ReservedTooLate):
        return await _kept(asked, await ask(), submit, actor, request)


async def _kept(
    asked: PromiseIn, quote: Quote, submit: Submit, actor: Actor, request: RequestKey | None
) -> PromisesMade:
    if not quote.rows:
        return PromisesMade(msgspec.Raw(msgspec.json.encode(quote.answer)), is_kept=False)
    hold = _hold(asked, quote, actor) if asked.reserve else None
    return _made(await submit(KeepPromises(quote, hold, actor=actor, request=request)))


def _made(answer: PromisesKept) -> PromisesMade:
    return PromisesMade(answer.document, is_kept=True, position=answer.position, replayed=answer.replayed)


def _hold(asked: PromiseIn, quote: Quote, actor: Actor) -> Hold | None:
    for index, offer in enumerate(quote.answer.data):
        # A window that begins later is not held: a reservation is for work that could begin now.
        # Nor are units that are not there yet: an order that brings the promise binds what is coming.
        if offer.is_complete and not offer.awaited and quote.rows[index].begin_day is None:
            command, seconds = reservation_of(asked, offer, actor)
            return Hold(command, index, seconds)
    return None


def reservation_of(asked: PromiseIn, offer: PromiseView, actor: Actor) -> tuple[Reserve, int]:
    """Return the command that holds an offer's units until it expires, by its day, and for how many seconds."""
    seconds = max(_SHORTEST, (instant(offer.expires_at) - instant(offer.created_at)) // SECOND)
    place = None
    if offer.method == "ship" and asked.destination is not None:
        to = asked.destination
        place = PlaceIn(to.country, to.postal_code, to.latitude, to.longitude)
    last = moment(day_start(date.fromisoformat(offer.date).toordinal() + 1)) - timedelta(microseconds=1)
    document = ReservationIn(
        channel=asked.channel,
        lines=tuple(ReservedLineIn(line.sku, line.quantity) for line in asked.lines),
        delivery=ReservedDeliveryIn(offer.method, offer.service_level, place, offer.location, last),
        duration_seconds=seconds,
    )
    return Reserve(actor=actor, reservation=document, content_hash=content_hash(document)), seconds
