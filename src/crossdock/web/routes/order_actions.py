"""What can be done to an order from its page: each form is one command, and a refusal is shown in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.identity import SignedIn
from crossdock.kernel.errors import CrossdockError, Invalid
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    Actor,
    AmendAddress,
    CancelUnits,
    Command,
    PlaceHold,
    ReleaseHold,
    RouteAgain,
)
from crossdock.orders import AddressIn
from crossdock.web.asking import Site
from crossdock.web.routes.order import order_page
from crossdock.web.security import AnyRequest, AnyResponse

Form = Mapping[str, Any]
_ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "phone")


@post("/orders/{order_id:str}/{action:str}", status_code=303)
async def act(request: AnyRequest, console: Site, order_id: FromPath[str], action: FromPath[str]) -> AnyResponse:
    """Do what the form asks for and come back to the order."""
    number = decode_id("ord", order_id)
    make = _COMMANDS.get(action)
    if make is None:
        raise Invalid(f"'{action[:40]}' is nothing that can be done to an order.")
    signed_in: SignedIn = request.state.signed_in
    try:
        command = make(number, Actor(signed_in.user.actor), await request.form())
        await console.submit(command)
    except CrossdockError as refusal:
        words = f"{refusal.title}. {refusal.detail}" if refusal.detail != refusal.title else refusal.title
        return await order_page(request, console, number, [("bad", words)], status=refusal.status)
    return Redirect(f"/orders/{order_id}?done={action}", status_code=303)


def _text(form: Form, name: str) -> str:
    return str(form.get(name, "")).strip()


def _version(form: Form) -> int | None:
    text = _text(form, "version")
    return int(text) if text.isdigit() else None


def _cancel(order_id: int, actor: Actor, form: Form) -> Command:
    """Cancel what the form's line fields say; a form without them cancels all that can be."""
    lines: dict[int, int] = {}
    for name, value in form.items():
        head, _, number = name.partition("line-")
        if head or not number.isdigit() or not str(value).strip():
            continue
        if not str(value).strip().isdigit():
            raise Invalid(f"'{str(value)[:20]}' is no quantity; write a whole number.")
        if int(value):
            lines[int(number)] = int(value)
    if not lines and any(name.startswith("line-") for name in form):
        raise Invalid("Say of at least one line how many units are to be canceled.")
    return CancelUnits(
        actor=actor, order_id=order_id, lines=lines or None, reason=_text(form, "reason"), version=_version(form)
    )


def _hold(order_id: int, actor: Actor, form: Form) -> Command:
    reason = _text(form, "reason")
    if not reason:
        raise Invalid("A hold needs a reason.")
    return PlaceHold(actor=actor, order_id=order_id, reason=reason, note=_text(form, "note"), version=_version(form))


def _release_hold(order_id: int, actor: Actor, form: Form) -> Command:
    return ReleaseHold(
        actor=actor, order_id=order_id, reason=_text(form, "reason"), note=_text(form, "note"), version=_version(form)
    )


def _route(order_id: int, actor: Actor, form: Form) -> Command:
    return RouteAgain(actor=actor, order_id=order_id, version=_version(form))


def _amend_address(order_id: int, actor: Actor, form: Form) -> Command:
    fields = {name: _text(form, name) for name in _ADDRESS} | {"country": _text(form, "country").upper()}
    try:
        address = msgspec.convert({k: v for k, v in fields.items() if v}, AddressIn)
    except msgspec.ValidationError as fault:
        raise Invalid(f"The address is not complete: {fault}") from None
    delivery = _text(form, "delivery")
    return AmendAddress(
        actor=actor,
        order_id=order_id,
        delivery_no=int(delivery) if delivery.isdigit() else 1,
        destination=address,
        reason=_text(form, "reason"),
        version=_version(form),
    )


_COMMANDS = {
    "cancel": _cancel,
    "hold": _hold,
    "release_hold": _release_hold,
    "route": _route,
    "amend_address": _amend_address,
}

handlers = [act]
