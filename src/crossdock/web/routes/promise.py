"""Ask for a promise: what a basket can be had for, when, and how, as a shop's checkout would be told."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import msgspec
from litestar import get

from crossdock.analytics import list_channels, places
from crossdock.kernel.errors import CrossdockError
from crossdock.orchestration import quote_of
from crossdock.promising import PromiseIn, PromiseLineIn, PromisePlaceIn, Promises
from crossdock.web import words
from crossdock.web.asking import Site, Text, asked
from crossdock.web.security import AnyRequest, AnyResponse

_LINE = re.compile(r"^(?P<sku>.*?\S)(?:\s*[,;\t×]\s*|\s+[xX*]\s*|\s+)(?P<units>\d{1,7})$")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for: one line of the basket a line, the SKU first, then how many."""

    channel: Text = ""
    basket: str = msgspec.field(default="")
    country: Text = "GB"
    postal_code: Text = ""
    goal: Text = "cheapest"
    by: date | None = None


@get("/promise")
async def promise(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the form, and what can be promised when it is filled in."""
    wanted = asked(request, Asked)
    fault, basket, offers = "", [], None
    try:
        basket = read_basket(wanted.basket)
        offers = await console.read(lambda session: _quote(console.backend, session, wanted, basket, console.clock()))
    except (CrossdockError, msgspec.ValidationError) as refusal:
        fault = str(refusal)

    def read(session: Any) -> dict[str, Any]:
        return {"channels": list_channels(session), "places": places(session)}

    return console.page(
        request, "promise.html", section="Promise", asked=wanted, basket=basket, offers=offers, fault=fault,
        methods=words.METHODS, refusals=words.REFUSALS, status=422 if fault else 200, **await console.read(read),
    )  # fmt: skip


def _quote(backend: Any, session: Any, wanted: Asked, basket: list[PromiseLineIn], at: int) -> Promises | None:
    if not basket:
        return None
    fields = {
        "channel": wanted.channel,
        "lines": [msgspec.to_builtins(line) for line in basket],
        "destination": msgspec.to_builtins(_place(wanted)) if wanted.postal_code else None,
        "goal": wanted.goal,
        "by": wanted.by,
        "keep": False,
    }
    document = msgspec.convert({name: value for name, value in fields.items() if value is not None}, PromiseIn)
    return quote_of(backend.promises, session, document, at).answer


def _place(wanted: Asked) -> PromisePlaceIn:
    fields = {"country": wanted.country.upper(), "postal_code": wanted.postal_code}
    return msgspec.convert(fields, PromisePlaceIn)


def read_basket(text: str) -> list[PromiseLineIn]:
    """Read a basket: ``22423 2``, ``22423 x 2``, ``22423, 2`` or only ``22423`` a line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    out = []
    for line in lines:
        found = _LINE.match(line)
        sku, units = (found["sku"], int(found["units"])) if found else (line, 1)
        out.append(msgspec.convert({"sku": sku, "quantity": units}, PromiseLineIn))
    return out


handlers = [promise]
