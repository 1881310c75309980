"""``crossdock orders``: find them, read one, hear why its units go where they go."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated, Any, get_args

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import Column, column, emit, tell, text, write_csv, write_json, write_table
from crossdock.kernel.clock import instant
from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import decode_id
from crossdock.kernel.money import milli_to_minor, show
from crossdock.orchestration import OrderNotFound, explain_decision
from crossdock.orders import OrderFilter, OrderView, Status, StatusWord, find_order, list_orders, read_order
from crossdock.routing import Explanation, words

app = typer.Typer(no_args_is_help=True, help="Orders.", rich_markup_mode=None)
STATUSES: tuple[str, ...] = get_args(StatusWord)
OrderArgument = Annotated[
    str, typer.Argument(help="The order's id (ord_…), or the channel's own id for it.", metavar="ORDER")
]
ChannelOption = Annotated[str | None, typer.Option(help="The channel, where its own id is given.", metavar="CODE")]
_NEXT = "`crossdock orders list` shows what there is; an id of the channel's own may need --channel."

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


class Explained(msgspec.Struct, frozen=True):
    """A decision of an order with everything there is to say about it, and the same as sentences."""

    decision_id: str
    delivery: int
    cause: str
    decided_at: datetime
    words: tuple[str, ...]
    explanation: Explanation


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
        view: OrderView = read(lambda session: _read(session, order, channel, personal=personal))
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


@app.command("explain")
def explain(
    ctx: typer.Context,
    order: OrderArgument,
    channel: ChannelOption = None,
    locations: Annotated[bool, typer.Option("--locations", help="With the verdict on every location.")] = False,
    output: Output = "table",
) -> None:
    """Say why the units of an order go where they go, decision by decision, in money."""
    with local.reading(settings_of(ctx).database_url) as read:
        found: list[Explained] = read(lambda session: _explained(session, order, channel))
    if output == "json":
        write_json(found)
    elif output == "csv":
        rows = [(e.decision_id, *row) for e in found for row in _bill(e)]
        write_csv(("decision", "location", "what", "how", "amount"), rows)
    else:
        for one in found:
            _tell(one, locations=locations)
        if not found:
            typer.echo("Nothing was decided: see `crossdock orders show` for the queue that it lies in.", err=True)


def _explained(session: Any, order: str, channel: str | None) -> list[Explained]:
    view = _read(session, order, channel, personal=False)
    found = []
    for ref in view.decisions:
        explanation = explain_decision(session, decode_id("dec", ref.id))
        if explanation is not None:
            said = tuple(words(explanation))
            found.append(Explained(ref.id, ref.delivery, ref.cause, ref.decided_at, said, explanation))
    return found


def _tell(one: Explained, *, locations: bool) -> None:
    typer.echo(f"{one.decision_id}: {one.cause}, {text(one.decided_at)} UTC, delivery {one.delivery}")
    for sentence in one.words:
        tell(sentence, "  ")
    columns = [Column(h, itemgetter(n), n == 3) for n, h in enumerate(("Location", "What", "How", "Amount"))]
    rows = _bill(one)
    if rows:
        write_table(columns, rows)
    if locations:
        verdicts = [
            Column("Location", lambda v: v.code),
            Column("Standing", lambda v: v.standing.replace("_", " ")),
            Column(
                "Why not",
                lambda v: "; ".join(f"{c.fence}: {c.actual}, needs {c.expected}" for c in v.failed),
                wraps=True,
            ),
        ]
        write_table(verdicts, one.explanation.verdicts)


def _bill(one: Explained) -> list[tuple[str, str, str, str]]:
    codes = {verdict.site_id: verdict.code for verdict in one.explanation.verdicts}
    return [
        (
            "" if line.site_id is None else codes.get(line.site_id, str(line.site_id)),
            line.what,
            line.how,
            show(milli_to_minor(line.amount), one.explanation.currency),
        )
        for line in one.explanation.chosen.lines
    ]


def _customer(view: OrderView) -> str:
    if view.customer is None:
        return f"{view.party_id} (--personal shows the name)"
    return f"{view.customer.name} ({view.party_id})"


def _read(session: Any, order: str, channel: str | None, *, personal: bool) -> OrderView:
    view = read_order(session, _id_of(session, order, channel), personal=personal)
    if view is None:
        raise OrderNotFound(f"There is no order {order}.", next_step=_NEXT)
    return view


def _id_of(session: Any, order: str, channel: str | None) -> int:
    """Return the id of an order named in any of the ways that people name one."""
    if channel is None:
        try:
            found: int | None = decode_id("ord", order)
        except Invalid:
            found = _in_any_channel(session, order)
        else:
            if read_order(session, found or 0) is None:
                found = None
    else:
        found = find_order(session, channel, order)
    if found is None:
        raise OrderNotFound(f"There is no order {order}.", next_step=_NEXT)
    return found


def _in_any_channel(session: Any, external_id: str) -> int | None:
    page = list_orders(session, OrderFilter(q=external_id), limit=100)
    found = [order.id for order in page.orders if order.external_id == external_id]
    if len(found) > 1:
        raise Invalid(f"{len(found)} channels have an order {external_id}.", next_step="Name one with --channel.")
    return decode_id("ord", found[0]) if found else None
