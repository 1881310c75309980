"""A promise that holds its units: the first complete offer is reserved, as a cart would reserve it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import msgspec

from crossdock.inventory.reservations import PlaceIn, ReservationIn, ReservedDeliveryIn, ReservedLineIn
from crossdock.kernel.clock import MINUTE, SECOND, day_start, instant, moment
from crossdock.kernel.content import content_hash
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration.commands import Actor
from crossdock.orchestration.errors import NotEnoughToReserve, ReservedTooLate
from crossdock.orchestration.promises.commands import KeepPromises
from crossdock.orchestration.promises.desk import Quote
from crossdock.orchestration.reservations.commands import Reserve, Reserved
from crossdock.promising.documents import PromiseIn, PromiseView

Ask = Callable[[], Awaitable[Quote]]
Submit = Callable[[Any], Awaitable[Any]]
_SHORTEST = MINUTE // SECOND


async def make_promises(asked: PromiseIn, ask: Ask, submit: Submit, actor: Actor) -> tuple[Quote, int]:
    """Ask for offers, hold the units of the first complete one if that is wanted, and keep them.

    Returns the quote and the log position of what was written, 0 when nothing was. Another order may take the units
    between the look and the reservation: then it is asked once more. Raises what refuses the reservation after that.
    """
    quote = await ask()
    position = 0
    if asked.reserve and asked.keep:
        try:
            quote, position = await _held(asked, quote, submit, actor)
        except (NotEnoughToReserve, ReservedTooLate):
            quote, position = await _held(asked, await ask(), submit, actor)
    if quote.rows:
        position = (await submit(KeepPromises(quote.rows, quote.derived))).position
    return quote, position


async def _held(asked: PromiseIn, quote: Quote, submit: Submit, actor: Actor) -> tuple[Quote, int]:
    for index, offer in enumerate(quote.answer.data):
        # A window that begins later is not held: a reservation is for work that could begin now.
        if offer.is_complete and quote.rows[index].begin_day is None:
            command, seconds = reservation_of(asked, offer, actor)
            answer: Reserved = await submit(command)
            return with_reservation(quote, index, answer.reservation_id, seconds), answer.position
    return quote, 0


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


def with_reservation(quote: Quote, index: int, reservation_id: int, seconds: int) -> Quote:
    """Return the quote with a reservation behind one of its offers, which stands as long as it."""
    offer = quote.answer.data[index]
    until = offer.created_at + timedelta(seconds=seconds)
    held = msgspec.structs.replace(offer, reservation_id=encode_id("rsv", reservation_id), expires_at=until)
    data = (*quote.answer.data[:index], held, *quote.answer.data[index + 1 :])
    rows = []
    for row in quote.rows:
        if row.id == decode_id("prm", held.id):
            content = msgspec.structs.replace(row.content, offer=msgspec.Raw(msgspec.json.encode(held)))
            rows.append(row._replace(content=content, reservation_id=reservation_id, expires_at=instant(until)))
        else:
            rows.append(row)
    return quote._replace(answer=msgspec.structs.replace(quote.answer, data=data), rows=tuple(rows))
