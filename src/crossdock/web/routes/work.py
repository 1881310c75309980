"""The work of one fulfillment: its steps, what its location refuses, another location seen before it is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.analytics import places
from crossdock.fulfillment import REASONS, SHORT_REASONS, FulfillmentView, fulfillments_of
from crossdock.identity import SignedIn
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration import (
    Accept,
    Actor,
    Assign,
    Choose,
    Command,
    OfferJob,
    Pick,
    PreviewAssignment,
    Reject,
    Release,
    Restock,
    ShortPick,
    Start,
    WorkDone,
)
from crossdock.orders import read_order
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.routes.order import order_page
from crossdock.web.security import AnyRequest, AnyResponse

Form = Mapping[str, Any]
DONE = {
    "release": "The location knows of its work.",
    "accept": "The location will do it.",
    "start": "The location has begun.",
    "pick": "The units are off the shelf.",
    "restock": "The units are back on the shelf.",
    "reject": "The stock is put right, and others were asked.",
    "short_pick": "The stock is put right, and others were asked.",
    "assign": "It is planned at the location that you chose; your reason is kept.",
    "offer": "The locations are asked; the first that claims it has it.",
}


class WorkQuery(msgspec.Struct, frozen=True):
    """Which location is looked at, and what was just done."""

    location: Text = ""
    done: Text = ""


@get("/orders/{order_id:str}/work/{fulfillment_id:str}")
async def work(
    request: AnyRequest, console: Site, order_id: FromPath[str], fulfillment_id: FromPath[str]
) -> AnyResponse:
    """Show what a location is to do, and with `location` what another one would cost."""
    query = asked(request, WorkQuery)
    notes = [("done", DONE[query.done])] if query.done in DONE else []
    return await _page(request, console, order_id, fulfillment_id, query.location, notes)


async def _page(
    request: AnyRequest,
    console: Console,
    order_id: str,
    fulfillment_id: str,
    location: str,
    notes: list[tuple[str, str]],
    status: int = 200,
) -> AnyResponse:
    number, id_ = decode_id("ord", order_id), decode_id("ful", fulfillment_id)
    facts = await console.read(lambda session: _read(session, number, fulfillment_id))
    seen, fault = None, ""
    if location:
        signed_in: SignedIn = request.state.signed_in
        command = PreviewAssignment(
            actor=Actor(signed_in.user.actor), order_id=number, fulfillment_id=id_, location=location
        )
        try:
            seen = await console.submit(command)
        except CrossdockError as refusal:
            fault = refusal.detail
    return console.page(
        request,
        "work.html",
        section="Orders",
        notes=notes,
        status=status,
        seen=seen,
        fault=fault,
        location=location,
        reasons=REASONS,
        short_reasons=SHORT_REASONS,
        **facts,
    )


def _read(session: Any, order_id: int, fulfillment_id: str) -> dict[str, Any]:
    order = read_order(session, order_id)
    found = [one for one in fulfillments_of(session, order_id) if one.id == fulfillment_id]
    if order is None or not found:
        raise NotFound("There is no such fulfillment of this order.")
    one: FulfillmentView = found[0]
    return {"order": order, "one": one, "can": one.supported_actions, "places": places(session)}


@post("/orders/{order_id:str}/work/{fulfillment_id:str}/{action:str}", status_code=303)
async def do_work(
    request: AnyRequest, console: Site, order_id: FromPath[str], fulfillment_id: FromPath[str], action: FromPath[str]
) -> AnyResponse:
    """Do what the form asks for and come back to the fulfillment, or to the one that it is now."""
    make = _COMMANDS.get(action)
    if make is None:
        raise Invalid(f"'{action[:40]}' is nothing that can be done to a fulfillment.")
    signed_in: SignedIn = request.state.signed_in
    form = await request.form()
    try:
        command = make(decode_id("ful", fulfillment_id), Actor(signed_in.user.actor), form)
        answer = await console.submit(command)
    except CrossdockError as refusal:
        words = [("bad", f"{refusal.title}. {refusal.detail}")]
        return await _page(request, console, order_id, fulfillment_id, "", words, refusal.status)
    now = encode_id("ful", answer.fulfillment_id) if isinstance(answer, WorkDone) else fulfillment_id
    return Redirect(f"/orders/{order_id}/work/{now}?done={action}", status_code=303)


@post("/orders/{order_id:str}/choice/{delivery:int}", status_code=303)
async def choose(request: AnyRequest, console: Site, order_id: FromPath[str], delivery: FromPath[int]) -> AnyResponse:
    """Do what the customer chose and come back to the order."""
    number, form = decode_id("ord", order_id), await request.form()
    signed_in: SignedIn = request.state.signed_in
    option, _, location = str(form.get("option", "")).partition(":")
    command = Choose(
        actor=Actor(signed_in.user.actor),
        order_id=number,
        delivery_no=delivery,
        option=option,
        location=location,
        note=_text(form, "note"),
    )
    try:
        if option not in ("ship", "pickup", "wait", "cancel"):
            raise Invalid("Say which of the options the customer chose.")
        await console.submit(command)
    except CrossdockError as refusal:
        return await order_page(request, console, number, [("bad", f"{refusal.title}. {refusal.detail}")],
                                status=refusal.status)  # fmt: skip
    return Redirect(f"/orders/{order_id}?done=choose", status_code=303)


def _text(form: Form, name: str) -> str:
    return str(form.get(name, "")).strip()


def _lines(form: Form) -> dict[int, int] | None:
    """Return what the form's line fields say: units by demand number; None when it has none."""
    lines: dict[int, int] = {}
    named = [(name, str(value).strip()) for name, value in form.items() if name.startswith("demand-")]
    for name, value in named:
        if value and not value.isdigit():
            raise Invalid(f"'{value[:20]}' is no quantity; write a whole number.")
        if value and int(value):
            lines[int(name.removeprefix("demand-"))] = int(value)
    if named and not lines:
        raise Invalid("Say of at least one item how many units it is about.")
    return lines or None


def _step(kind: Any) -> Any:
    def make(id_: int, actor: Actor, _form: Form) -> Command:
        command: Command = kind(actor=actor, fulfillment_id=id_)
        return command

    return make


def _reject(id_: int, actor: Actor, form: Form) -> Command:
    reason = _text(form, "reason")
    if reason not in REASONS:
        raise Invalid("A rejection needs a reason.")
    return Reject(actor=actor, fulfillment_id=id_, reason=reason, lines=_lines(form), note=_text(form, "note"))


def _short(id_: int, actor: Actor, form: Form) -> Command:
    reason, lines = _text(form, "reason"), _lines(form)
    if reason not in SHORT_REASONS or lines is None:
        raise Invalid("Say what was not found, and why.")
    return ShortPick(actor=actor, fulfillment_id=id_, reason=reason, lines=lines, note=_text(form, "note"))


def _assign(id_: int, actor: Actor, form: Form) -> Command:
    reason = _text(form, "reason")
    if not reason:
        raise Invalid("Say why: the reason is kept.")
    return Assign(actor=actor, fulfillment_id=id_, location=_text(form, "location"), reason=reason)


def _offer(id_: int, actor: Actor, form: Form) -> Command:
    codes = tuple(dict.fromkeys(_text(form, "locations").replace(",", " ").split()))
    if not codes:
        raise Invalid("Name the locations that the job is offered to.")
    return OfferJob(actor=actor, fulfillment_id=id_, locations=codes)


_COMMANDS = {
    "release": _step(Release),
    "accept": _step(Accept),
    "start": _step(Start),
    "pick": _step(Pick),
    "restock": _step(Restock),
    "reject": _reject,
    "short_pick": _short,
    "assign": _assign,
    "offer": _offer,
}

handlers = [work, do_work, choose]
