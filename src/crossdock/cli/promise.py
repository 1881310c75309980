"""``crossdock promise``: what can be had when, from where, at what cost."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.kernel.clock import now
from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import IdFactory
from crossdock.kernel.money import show
from crossdock.orchestration import PromiseDesk, quote_of
from crossdock.promising import PromiseIn, Promises, PromiseView


class Row(msgspec.Struct):
    """An offer in a line."""

    method: str
    service: str
    at: str
    date: str
    p90: str
    order_by: str
    packages: str
    cost: str
    price: str
    carbon: str
    find: str
    missing: str


def promise(
    ctx: typer.Context,
    basket: Annotated[list[str], typer.Argument(help="Units by item.", metavar="SKU=QTY...")],
    channel: Annotated[str, typer.Option(help="For which channel.", metavar="CODE")],
    to: Annotated[str, typer.Option(help="Where to: COUNTRY or COUNTRY:POSTAL CODE.", metavar="PLACE")] = "",
    service: Annotated[list[str] | None, typer.Option(help="Only these service levels.", metavar="CODE")] = None,
    pick_up_at: Annotated[list[str] | None, typer.Option(help="Picked up at these locations.", metavar="CODE")] = None,
    by: Annotated[
        str | None, typer.Option(help="Only what is there by this day; or `earliest`, the first day.", metavar="DATE")
    ] = None,
    output: Output = "table",
) -> None:
    """Say what can be promised for a basket, decided as an order would be now; nothing is kept or held."""
    asked = _asked(basket, channel, to, service or [], pick_up_at or [], by)
    desk = PromiseDesk(IdFactory())
    with local.reading(settings_of(ctx).database_url) as read:
        answer: Promises = read(lambda session: quote_of(desk, session, asked, now()).answer)
    if output == "json":
        write_json(answer)
        return
    columns = [
        column("Method"), column("Service", spare=True), column("At"), column("Date"),
        column("P90", "p90"), column("Order by"), column("Packages", wraps=True), column("Cost", right=True),
        column("Price", right=True, spare=True), column("Carbon", right=True, spare=True),
        column("Find", right=True, spare=True), column("Missing"),
    ]  # fmt: skip
    emit([_row(offer) for offer in answer.data], columns, output)
    for refused in answer.refused:
        where = f" at {refused.location}" if refused.location else ""
        first = f" {refused.earliest} would be possible." if refused.earliest else ""
        typer.echo(f"{refused.method} {refused.service_level}{where}: {refused.detail}{first}", err=True)


def _asked(
    basket: list[str],
    channel: str,
    to: str,
    services: list[str],
    locations: list[str],
    by: str | None,
) -> PromiseIn:
    lines = []
    for each in basket:
        sku, mark, quantity = each.rpartition("=")
        if not mark or not quantity.isdecimal():
            raise Invalid(f"'{each}' is not SKU=QTY.", next_step="Write each item with its units, 85123A=2.")
        lines.append({"sku": sku, "quantity": int(quantity)})
    country, _, postal_code = to.partition(":")
    document = {
        "channel": channel,
        "lines": lines,
        "services": services,
        "locations": locations,
        "keep": False,
    }
    if to:
        document["destination"] = {"country": country, "postal_code": postal_code.strip()}
    if by == "earliest":
        document["goal"] = by
    elif by is not None:
        document["by"] = _day(by)
    try:
        return msgspec.convert(document, PromiseIn)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text}' is no day.", next_step="Write it as 2026-11-24, or `earliest`.") from None


def _row(offer: PromiseView) -> Row:
    missing = sum(line.quantity for line in offer.unfilled)
    deadline = offer.order_by
    order_by = "" if deadline is None else f"{deadline.local[:10]} {deadline.local[11:16]} {deadline.location}"
    return Row(
        method=offer.method,
        service=offer.service_level,
        at=offer.location or "",
        date=offer.date,
        p90=offer.confidence.p90,
        order_by=order_by,
        packages=", ".join(
            [f"{package.location} {package.deliver_on[5:]}" for package in offer.packages]
            + [f"{units.supply} {units.deliver_on[5:]}" for units in offer.awaited]
        ),
        cost=show(offer.cost.amount, offer.cost.currency),
        price=show(offer.price.amount, offer.price.currency),
        carbon="" if offer.carbon_g is None else f"{offer.carbon_g} g",
        find=f"{offer.confidence.find:.0%}",
        missing=str(missing) if missing else "",
    )
