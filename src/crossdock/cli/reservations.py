"""``crossdock reservations``: what is held for carts and checkouts, and giving it back."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from crossdock import local
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import Column, column, emit, text, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import (
    ReservationFilter,
    ReservationState,
    ReservationStateWord,
    ReservationView,
    list_reservations,
    read_reservation,
)
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import ReservationNotFound

app = typer.Typer(no_args_is_help=True, help="Reservations of carts and checkouts.", rich_markup_mode=None)
STATES: tuple[str, ...] = get_args(ReservationStateWord)
_NEXT = "`crossdock reservations list` shows what there is."
_Id = Annotated[str, typer.Argument(help="The reservation's id, rsv_…", metavar="RESERVATION")]
_COLUMNS = [
    column("Id"),
    column("Channel"),
    column("External id"),
    column("State"),
    column("Units", right=True),
    column("Held", right=True),
    column("Expires", "expires_at"),
    column("Order", "order_id", spare=True),
    column("Pick up", "location", spare=True),
]


@app.command("list")
def list_all(
    ctx: typer.Context,
    state: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(STATES)}; may be repeated.", metavar="STATE")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Of this channel.", metavar="CODE")] = None,
    sku: Annotated[str | None, typer.Option(help="That ask for this item.", metavar="SKU")] = None,
    location: Annotated[str | None, typer.Option(help="That hold units here.", metavar="CODE")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000, metavar="N")] = 20,
    output: Output = "table",
) -> None:
    """List reservations, the newest first."""
    wrong = [word for word in state or () if word not in STATES]
    if wrong:
        raise typer.BadParameter(f"there is no state {', '.join(wrong)}; there are {', '.join(STATES)}")
    states = tuple(ReservationState[word.upper()] for word in state or ())
    wanted = ReservationFilter(states=states, channel=channel, sku=sku, location=location)
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_reservations(session, wanted, None, limit))
    emit(page.reservations, _COLUMNS, output)
    if page.next is not None and output == "table":
        typer.echo(f"There are more than these {len(page.reservations)}: --limit shows more, filters fewer.", err=True)


@app.command("show")
def show(ctx: typer.Context, reservation: _Id, output: Output = "table") -> None:
    """Show one reservation: what was asked for, what it holds and where, until when."""
    id_ = decode_id("rsv", reservation)
    with local.reading(settings_of(ctx).database_url) as read:
        view: ReservationView | None = read(lambda session: read_reservation(session, id_))
    if view is None:
        raise ReservationNotFound(f"There is no reservation {reservation}.", next_step=_NEXT)
    if output == "json":
        write_json(view)
        return
    if output == "table":
        where = view.location or f"{view.country} {view.area}".rstrip()
        for name, value in (
            ("Reservation", f"{view.id} ({view.channel} {view.external_id or '–'}, version {view.version})"),
            ("State", f"{view.state}{f', order {view.order_id}' if view.order_id else ''}"),
            ("Expires", text(view.expires_at) + " UTC"),
            ("Delivery", f"{view.method} to {where}{f' by {view.by}' if view.by else ''}"),
            *[(f"Line {line.line}", f"{line.held} of {line.quantity} {line.sku}") for line in view.lines],
        ):
            typer.echo(f"{name:<12} {value}")
    columns = [
        column("SKU", "sku"),
        column("Location"),
        Column("Supply", lambda row: row.supply_line),
        column("Held", "quantity", right=True),
    ]
    if view.held or output == "csv":
        emit(view.held, columns, output)


@app.command("release")
def release(
    ctx: typer.Context,
    reservation: _Id,
    reason: Annotated[str, typer.Option(help="Why; the log shows it.", metavar="WORDS")] = "",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Give back everything that a reservation holds."""
    id_ = decode_id("rsv", reservation)
    settings = settings_of(ctx)
    if dry_run:
        with local.reading(settings.database_url) as read:
            view = read(lambda session: read_reservation(session, id_))
        if view is None:
            raise ReservationNotFound(f"There is no reservation {reservation}.", next_step=_NEXT)
        units = sum(held.quantity for held in view.held)
        typer.echo(f"Would release {reservation}, which is {view.state} and holds {units} units.", err=True)
        return
    with doer(settings) as someone:
        done = someone.release_reservation(reservation, reason)
    if output == "json":
        write_json(done)
    typer.echo(f"Released {reservation}.", err=True)
