"""Reservations of carts and checkouts: a list with its filters in the address, one of them, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args
from urllib.parse import urlencode

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.analytics import Place, count_reservations, list_channels, list_locations, places
from crossdock.identity import SignedIn
from crossdock.inventory import (
    ReservationFilter,
    ReservationState,
    ReservationStateWord,
    list_reservations,
    read_reservation,
)
from crossdock.kernel.clock import MINUTE
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import Actor, ExtendReservation, MoveReservation, ReleaseReservation
from crossdock.web import words
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.security import AnyRequest, AnyResponse

PER_PAGE = 50
SOON = 5 * MINUTE
Show = Literal["open", "soon", "confirmed", "released", "expired", "broken", "all"]
SHOWS: tuple[Show, ...] = get_args(Show)
STATES: tuple[ReservationStateWord, ...] = get_args(ReservationStateWord)
DONE = {
    "extend": "The reservation lasts longer now.",
    "release": "The reservation is given up, and its units are free again.",
    "move": "The units are held elsewhere now.",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the list's address asks for."""

    show: Show = "open"
    q: Text = ""
    sku: Text = ""
    channel: Text = ""
    location: Text = ""

    def url(self, **changes: Any) -> str:
        """Return the list's address with some of it changed; from its first page."""
        fields: dict[str, Any] = msgspec.to_builtins(self) | changes
        values = {name: value for name, value in fields.items() if value and (name, value) != ("show", "open")}
        return f"/reservations?{urlencode(values)}" if values else "/reservations"

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or self.sku or self.channel or self.location)


class Where(msgspec.Struct, frozen=True):
    """Where in the list the page begins, and what was done."""

    after: Text = ""
    done: Text = ""


@get("/reservations")
async def reservations(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the reservations that the address asks for."""
    wanted, after = asked(request, Asked), asked(request, Where).after
    if after and not after.isdecimal():
        raise Invalid("This page of the list does not exist; start again from its first page.")
    now = console.clock()

    def read(session: Any) -> dict[str, Any]:
        page = list_reservations(session, _filter(wanted, now), int(after) if after else None, PER_PAGE)
        return {
            "found": page.reservations,
            "next_url": wanted.url(after=page.next) if page.next else "",
            "counts": count_reservations(session, now + SOON),
            "channels": list_channels(session),
            "locations": list_locations(session),
            "places": places(session),
        }

    facts = await console.read(read)
    page = console.page(
        request, "reservations.html", section="Inventory", part="Reservations", asked=wanted, after=after, now=now,
        soon=SOON, shows=words.RESERVATION_SHOWS, states=words.RESERVATION, **facts,
    )  # fmt: skip
    page.headers["HX-Push-Url"] = wanted.url()
    return page


def _filter(wanted: Asked, now: int) -> ReservationFilter:
    state = "open" if wanted.show == "soon" else wanted.show
    return ReservationFilter(
        states=() if state == "all" else (ReservationState[state.upper()],),
        channel=wanted.channel or None,
        external_id=wanted.q or None,
        sku=wanted.sku or None,
        location=wanted.location or None,
        expires_to=now + SOON if wanted.show == "soon" else None,
    )


@get("/reservations/{reservation_id:str}")
async def reservation(request: AnyRequest, console: Site, reservation_id: FromPath[str]) -> AnyResponse:
    """Show one reservation."""
    done = asked(request, Where).done
    notes = [("done", DONE[done])] if done in DONE else []
    return await _page(request, console, decode_id("rsv", reservation_id), notes)


async def _page(
    request: AnyRequest, console: Console, number: int, notes: list[tuple[str, str]], status: int = 200
) -> AnyResponse:
    def read(session: Any) -> dict[str, Any]:
        found = read_reservation(session, number)
        if found is None:
            raise NotFound("There is no such reservation.")
        known: dict[str, Place] = places(session)
        return {"one": found, "places": known, "locations": list_locations(session)}

    return console.page(
        request, "reservation.html", section="Inventory", part="Reservations", states=words.RESERVATION, notes=notes,
        status=status, **await console.read(read),
    )  # fmt: skip


@post("/reservations/{reservation_id:str}/{action:str}", status_code=303)
async def act(request: AnyRequest, console: Site, reservation_id: FromPath[str], action: FromPath[str]) -> AnyResponse:
    """Do what the form asks for and come back to the reservation."""
    number = decode_id("rsv", reservation_id)
    make = _COMMANDS.get(action)
    if make is None:
        raise Invalid(f"'{action[:40]}' is nothing that can be done to a reservation.")
    signed_in: SignedIn = request.state.signed_in
    try:
        await console.submit(make(number, Actor(signed_in.user.actor), await request.form()))
    except CrossdockError as refusal:
        said = f"{refusal.title}. {refusal.detail}" if refusal.detail != refusal.title else refusal.title
        return await _page(request, console, number, [("bad", said)], refusal.status)
    return Redirect(f"/reservations/{reservation_id}?done={action}", status_code=303)


Form = Mapping[str, Any]


def _version(form: Form) -> int | None:
    text = str(form.get("version", "")).strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _extend(number: int, actor: Actor, form: Form) -> ExtendReservation:
    text = str(form.get("minutes", "")).strip()
    if not text.isdecimal() or not 1 <= len(text) <= 3 or int(text) < 1:
        raise Invalid("Say how many minutes the reservation is to last from now on.")
    return ExtendReservation(actor=actor, reservation_id=number, version=_version(form), seconds=60 * int(text))


def _release(number: int, actor: Actor, form: Form) -> ReleaseReservation:
    reason = str(form.get("reason", "")).strip()[:300]
    return ReleaseReservation(actor=actor, reservation_id=number, version=_version(form), reason=reason)


def _move(number: int, actor: Actor, form: Form) -> MoveReservation:
    return MoveReservation(
        actor=actor,
        reservation_id=number,
        version=_version(form),
        location=str(form.get("location", "")),
        reason=str(form.get("reason", "")).strip()[:300],
    )


_COMMANDS: Mapping[str, Callable[[int, Actor, Form], Any]] = {"extend": _extend, "release": _release, "move": _move}

handlers = [reservations, reservation, act]
