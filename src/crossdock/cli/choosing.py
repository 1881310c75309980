"""``crossdock orders choices`` and ``choose``: what becomes of a pick-up that cannot be had as planned."""

from __future__ import annotations

from typing import Annotated

import typer

from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import Column, emit, write_json
from crossdock.cli.reaching import ACTOR, doer
from crossdock.cli.working import Document, WorkAsked
from crossdock.kernel.ids import decode_id
from crossdock.kernel.money import show
from crossdock.orchestration import Choose, PreviewChoices

OPTIONS = ("ship", "pickup", "wait", "cancel")
_Id = Annotated[str, typer.Argument(help="The order's id, ord_…", metavar="ORDER")]


def choices(ctx: typer.Context, order: _Id, output: Output = "table") -> None:
    """Show what a customer can choose for pick-ups that cannot be had as planned, with cost and date."""
    command = PreviewChoices(actor=ACTOR, order_id=decode_id("ord", order))
    with doer(settings_of(ctx)) as someone:
        found = someone.work(WorkAsked(command, f"/v1/orders/{order}/choices", {}, "GET"))
    if output == "json":
        write_json(found)
        return
    rows = [{"delivery": each["delivery"], **choice} for each in found["data"] for choice in each["choices"]]
    columns = [
        Column("Delivery", lambda row: row["delivery"], right=True),
        Column("Option", lambda row: row["option"]),
        Column("At", lambda row: row["location"]),
        Column("Units", lambda row: row["units"], right=True),
        Column("There on", lambda row: row["deliver_on"]),
        Column("Costs us", lambda row: _money(row["cost"]), right=True),
        Column("Paid back", lambda row: _money(row["amount"]), right=True),
    ]
    emit(rows, columns, output)


def choose(
    ctx: typer.Context,
    order: _Id,
    option: Annotated[str, typer.Argument(help=f"{', '.join(OPTIONS)}.", metavar="OPTION")],
    location: Annotated[str, typer.Option(help="Where, with pickup.", metavar="CODE")] = "",
    delivery: Annotated[int, typer.Option(help="Which delivery.", min=1, metavar="N")] = 1,
    note: Annotated[str, typer.Option(help="What the customer said; the log shows it.", metavar="WORDS")] = "",
) -> None:
    """Do what the customer chose."""
    if option not in OPTIONS:
        raise typer.BadParameter(f"there is no option '{option}'; there are {', '.join(OPTIONS)}")
    command = Choose(
        actor=ACTOR,
        order_id=decode_id("ord", order),
        delivery_no=delivery,
        option=option,
        location=location,
        note=note,
    )
    body: Document = {"option": option, "delivery": delivery, "note": note}
    if location:
        body["location"] = location
    with doer(settings_of(ctx)) as someone:
        someone.work(WorkAsked(command, f"/v1/orders/{order}/actions/choose", body))
    typer.echo(f"Done: {option}. `crossdock orders show {order}` shows the order as it is now.", err=True)


def _money(amount: Document | None) -> str:
    return "" if amount is None else show(amount["amount"], amount["currency"])
