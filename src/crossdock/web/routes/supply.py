"""What is coming: lines by date and location, who is bound to each, and the receipt of what arrives."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.analytics import (
    SupplyFilter,
    SupplyLine,
    SupplyShow,
    bound_to,
    count_supply,
    list_locations,
    list_supply,
    read_supply_line,
    receipts_of,
)
from crossdock.identity import SignedIn
from crossdock.inventory import SupplyLineIn
from crossdock.kernel.clock import moment
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound
from crossdock.orchestration import Actor, PutSupply, ReceiveSupply, SupplyReceipt
from crossdock.web import words
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.security import AnyRequest, AnyResponse

LINES = 50
SHOWS: tuple[SupplyShow, ...] = get_args(SupplyShow)
DONE = {
    "receive": "The receipt is recorded: who was bound to the line was served first.",
    "change": "The line is changed, and who waits for the item is bound anew.",
    "call_off": "The line is called off, and who was bound to it is bound to another one where there is one.",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the list's address asks for."""

    show: SupplyShow = "open"
    q: Text = ""
    sku: Text = ""
    location: Text = ""
    until: date | None = None

    def url(self, **changes: Any) -> str:
        """Return the list's address with some of it changed; from its first page."""
        fields = {
            "show": self.show, "q": self.q, "sku": self.sku, "location": self.location, "until": self.until or "",
        } | changes  # fmt: skip
        values = {name: value for name, value in fields.items() if value and (name, value) != ("show", "open")}
        return f"/supply?{urlencode(values)}" if values else "/supply"

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or self.sku or self.location or self.until)


class Place(msgspec.Struct, frozen=True):
    """Where in the list the page begins."""

    cursor: Text = ""


class AskedLine(msgspec.Struct, frozen=True):
    """Which line, and what was done to it."""

    reference: Text = ""
    line: Text = "1"
    done: Text = ""


@get("/supply")
async def supply(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the lines that the address asks for."""
    wanted, cursor = asked(request, Asked), asked(request, Place).cursor
    today = _today(console)
    narrowed = SupplyFilter(
        wanted.show, wanted.q, wanted.sku, wanted.location, wanted.until.toordinal() if wanted.until else None
    )

    def read(session: Any) -> dict[str, Any]:
        page = list_supply(session, narrowed, today, _place(cursor), LINES)
        return {
            "lines": page.lines,
            "next_url": wanted.url(cursor=f"{page.next[0]}.{page.next[1]}") if page.next else "",
            "counts": count_supply(session, narrowed, today),
            "locations": list_locations(session),
        }

    page = console.page(
        request, "supply.html", section="Inventory", part="Supply", asked=wanted, cursor=cursor, today=today,
        shows=words.SUPPLY_SHOWS, line_url=line_url, **await console.read(read),
    )  # fmt: skip
    page.headers["HX-Push-Url"] = wanted.url()
    return page


@get("/supply/line")
async def supply_line(request: AnyRequest, console: Site) -> AnyResponse:
    """Show one line: who is bound to it, and what arrived."""
    wanted = asked(request, AskedLine)
    notes = [("done", DONE[wanted.done])] if wanted.done in DONE else []
    return await _line_page(request, console, wanted.reference, wanted.line, notes)


async def _line_page(
    request: AnyRequest, console: Console, reference: str, line: str, notes: list[tuple[str, str]], status: int = 200
) -> AnyResponse:
    def read(session: Any) -> dict[str, Any]:
        found = read_supply_line(session, reference, line)
        if found is None:
            raise NotFound(f"There is no supply line '{reference}/{line}'.")
        return {"line": found, "bound": bound_to(session, found.id), "receipts": receipts_of(session, found.id)}

    return console.page(
        request, "supply_line.html", section="Inventory", part="Supply", today=_today(console), states=words.SUPPLY,
        record=f"console-{secrets.token_hex(6)}", notes=notes, status=status, **await console.read(read),
    )  # fmt: skip


@post("/supply/line/{action:str}", status_code=303)
async def act(request: AnyRequest, console: Site, action: FromPath[str]) -> AnyResponse:
    """Do what the form asks for and come back to the line."""
    form = await request.form()
    reference, name = str(form.get("reference", "")), str(form.get("line", "1"))
    signed_in: SignedIn = request.state.signed_in
    actor = Actor(signed_in.user.actor)
    line = await console.read(lambda session: read_supply_line(session, reference, name))
    if line is None:
        raise NotFound(f"There is no supply line '{reference}/{name}'.")
    try:
        command: PutSupply | ReceiveSupply
        if action == "receive":
            command = ReceiveSupply(actor=actor, receipts=(_receipt(form, line, console),))
        elif action in ("change", "call_off"):
            command = PutSupply(actor=actor, lines=(_changed(form, line, canceled=action == "call_off"),))
        else:
            raise Invalid(f"'{action[:40]}' is nothing that can be done to a supply line.")
        outcome = (await console.submit(command)).outcomes[0]
        if outcome.result == "failed":
            raise Invalid(outcome.message)
    except CrossdockError as refusal:
        return await _line_page(request, console, reference, name, [("bad", refusal.detail)], refusal.status)
    done = "" if outcome.result in ("repeated", "unchanged") else f"&done={action}"
    return Redirect(f"{line_url(line)}{done}", status_code=303)


def _receipt(form: Any, line: SupplyLine, console: Console) -> SupplyReceipt:
    return SupplyReceipt(
        source="console",
        record=str(form.get("note", "")).strip()[:100] or str(form.get("record", ""))[:100],
        reference=line.reference,
        line=line.line,
        quantity=_units(form, "quantity"),
        occurred_at=console.clock(),
        final=bool(form.get("final")),
    )


def _changed(form: Any, line: SupplyLine, *, canceled: bool) -> SupplyLineIn:
    expected = str(form.get("expected_on", "")) or date.fromordinal(line.expected_day).isoformat()
    fields = {
        "reference": line.reference,
        "line": line.line,
        "sku": line.sku,
        "location": line.location,
        "kind": line.kind,
        "quantity": line.quantity if canceled else _units(form, "quantity"),
        "expected_on": expected,
        "canceled": canceled,
    }
    try:
        return msgspec.convert(fields, SupplyLineIn)
    except msgspec.ValidationError as fault:
        raise Invalid(f"The line cannot be like this: {fault}.") from None


def _units(form: Any, name: str) -> int:
    text = str(form.get(name, "")).strip()
    if not text.isdecimal() or len(text) > 10:
        raise Invalid(f"'{text[:20]}' is no quantity; write a whole number.")
    return int(text)


def _today(console: Console) -> int:
    return moment(console.clock()).astimezone(console.zone).date().toordinal()


def _place(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    day, dot, line_id = cursor.partition(".")
    if not dot or not day.isdecimal() or not line_id.isdecimal() or len(cursor) > 45:
        raise Invalid("This page of the list does not exist; start again from its first page.")
    return int(day), int(line_id)


def line_url(line: SupplyLine) -> str:
    """Return the address of a line's page."""
    return f"/supply/line?{urlencode({'reference': line.reference, 'line': line.line})}"


handlers = [supply, supply_line, act]
