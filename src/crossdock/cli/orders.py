"""``crossdock orders``: find them, read one, hear why its units go where they go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, get_args

import typer

from crossdock import local
from crossdock.cli.explain import explain
from crossdock.cli.finding import ChannelOption, OrderArgument, find_one
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import Column, column, emit, text, write_json, write_table
from crossdock.kernel.clock import instant
from crossdock.orders import OrderFilter, OrderView, Status, StatusWord, list_orders

app = typer.Typer(no_args_is_help=True, help="Orders.", rich_markup_mode=None)
app.command("explain")(explain)
STATUSES: tuple[str, ...] = get_args(StatusWord)
_COLUMNS = [
    column("Id"),
    column("External id"),
    column("Placed", "placed_at"),
    column("Status"),
    column("Total", right=True),
    column("Units", right=True),
    Column("Waiting", lambda row: row.parts.waiting, right=True, spare=True),
    Column("From", lambda row: row.locations, spare=True),
    column("Lines", right=True, spare=True),
]


@app.command("list")
def list_all(  # noqa: PLR0913, PLR0917  (one parameter a filter)
    ctx: typer.Context,
    status: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(STATUSES)}; may be repeated.", metavar="STATUS")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Of this channel.", metavar="CODE")] = None,
    find: Annotated[str | None, typer.Option(help="With this in an id, a name or an address.", metavar="WORDS")] = None,
    sku: Annotated[str | None, typer.Option(help="With a line of this item.", metavar="SKU")] = None,
    location: Annotated[str | None, typer.Option(help="Shipped from here.", metavar="CODE")] = None,
    queued: Annotated[bool | None, typer.Option("--queued/--not-queued", help="With units in a queue.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Placed from then on (UTC).", formats=["%Y-%m-%d"], metavar="DATE")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Placed before then (UTC).", formats=["%Y-%m-%d"], metavar="DATE")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000, metavar="N")] = 20,
    output: Output = "table",
) -> None:
    """List orders, the newest first."""
    wrong = [word for word in status or () if word not in STATUSES]
    if wrong:
        raise typer.BadParameter(f"there is no status {', '.join(wrong)}; there are {', '.join(STATUSES)}")
    wanted = OrderFilter(
        statuses=tuple(Status[word.upper()].value for word in status or ()),
        channel=channel,
        q=find,
        sku=sku,
        location=location,
        queued=queued,
        placed_from=None if since is None else instant(since.replace(tzinfo=UTC)),
        placed_to=None if until is None else instant(until.replace(tzinfo=UTC)),
    )
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_orders(session, wanted, limit=limit))
    emit(page.orders, _COLUMNS, output)
    if page.next is not None and output == "table":
        typer.echo(f"There are more than these {len(page.orders)}: --limit shows more, filters fewer.", err=True)


@app.command("show")
def show_one(
    ctx: typer.Context,
    order: OrderArgument,
    channel: ChannelOption = None,
    personal: Annotated[bool, typer.Option("--personal", help="With names and addresses, from the vault.")] = False,
    output: Output = "table",
) -> None:
    """Show one order: its lines, where each unit is, what ships from where."""
    with local.reading(settings_of(ctx).database_url) as read:
        view: OrderView = read(lambda session: find_one(session, order, channel, personal=personal))
    if output == "json":
        write_json(view)
        return
    lines = [
        column("Line", "no", right=True),
        column("SKU", "sku"),
        column("Name", wraps=True),
        column("Units", "quantity", right=True),
        column("Price", "unit_price", right=True),
        Column("Allocated", lambda row: row.parts.allocated, right=True),
        Column("Waiting", lambda row: row.parts.waiting, right=True),
        Column("Canceled", lambda row: row.parts.canceled, right=True, spare=True),
    ]
    if output == "csv":
        emit(view.lines, lines, output)
        return
    for name, value in (
        ("Order", f"{view.id} ({view.channel} {view.external_id}, version {view.version})"),
        ("Placed", text(view.placed_at) + " UTC"),
        ("Status", f"{view.status}, payment {view.payment}, promise {view.promise}"),
        ("Total", text(view.total)),
        ("Customer", _customer(view)),
        *[(f"Delivery {d.no}", f"{d.method} to {d.country} {d.area}".rstrip()) for d in view.deliveries],
        *[("On hold", f"{h.reason} {h.note}".rstrip()) for h in view.holds if h.released_at is None],
    ):
        typer.echo(f"{name + ':':<12} {value}")
    write_table(lines, view.lines)
    if view.fulfillments:
        shipped = [column("Fulfillment", "id"), column("Location"), column("State", "execution"),
                   column("Units", right=True), column("Deliver on"), column("Work on", spare=True)]  # fmt: skip
        write_table(shipped, view.fulfillments)
    waiting = [entry for entry in view.queue if entry.closed_at is None]
    if waiting:
        queue = [column("Queue"), column("SKU", "sku"), column("Units", "quantity", right=True), column("Since"),
                 column("Why", "detail", wraps=True)]  # fmt: skip
        write_table(queue, waiting)
    typer.echo(f"Why from there: crossdock orders explain {view.id}", err=True)


def _customer(view: OrderView) -> str:
    if view.customer is None:
        return f"{view.party_id} (--personal shows the name)"
    return f"{view.customer.name} ({view.party_id})"
