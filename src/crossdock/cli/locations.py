"""``crossdock locations``: who takes no new work, whose shelf is empty, how long they have to answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit, text, write_json
from crossdock.cli.reaching import ACTOR, doer
from crossdock.cli.working import Document, WorkAsked
from crossdock.fulfillment import WorkRules, work_rules
from crossdock.kernel.clock import instant, moment, rfc3339
from crossdock.kernel.ids import decode_id
from crossdock.network import list_pauses
from crossdock.orchestration import MoveWork, PauseLocation, PutWorkRules, ResumeLocation, ZeroStock

app = typer.Typer(no_args_is_help=True, help="Locations that pause, and how long all have.", rich_markup_mode=None)
_Code = Annotated[str, typer.Argument(help="The location's code.", metavar="CODE")]
_Minutes = Annotated[int | None, typer.Option(min=1, max=40_320, metavar="MINUTES")]


class Paused(msgspec.Struct, frozen=True):
    """A location that takes no new work."""

    location: str
    since: datetime
    until: datetime | None
    reason: str
    actor: str


@app.command("paused")
def paused(ctx: typer.Context, output: Output = "table") -> None:
    """List the locations that take no new work."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(list_pauses)
    rows = [
        Paused(code, moment(p.since), None if p.until is None else moment(p.until), p.reason, p.actor)
        for code, p in found
    ]
    emit(rows, [column("Location"), column("Since"), column("Until"), column("Reason", wraps=True)], output)


@app.command("pause")
def pause(
    ctx: typer.Context,
    location: _Code,
    until: Annotated[
        datetime | None,
        typer.Option(help="Until then (UTC).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], metavar="TIME"),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why.", metavar="WORDS")] = "",
    move_work: Annotated[bool, typer.Option("--move-work", help="Let planned work go to others.")] = False,
) -> None:
    """Give a location no new work, until a time or until it is resumed."""
    at = None if until is None else instant(until.replace(tzinfo=UTC))
    command = PauseLocation(actor=ACTOR, location=location, until=at, reason=reason, move_work=move_work)
    body: Document = {"reason": reason, "move_work": move_work}
    if at is not None:
        body["until"] = rfc3339(at)
    _do(ctx, WorkAsked(command, f"/v1/locations/{location}/actions/pause", body))
    typer.echo(f"{location} takes no new work{f' until {text(moment(at))} UTC' if at else ''}.", err=True)


@app.command("resume")
def resume(ctx: typer.Context, location: _Code) -> None:
    """Let a location take work again."""
    command = ResumeLocation(actor=ACTOR, location=location)
    _do(ctx, WorkAsked(command, f"/v1/locations/{location}/actions/resume", {}))
    typer.echo(f"{location} takes work.", err=True)


@app.command("move-work")
def move_work(ctx: typer.Context, location: _Code, output: Output = "table") -> None:
    """Move all planned work of a location to others, as far as others can have it."""
    moved = kept = 0
    after: str | None = None
    while True:
        start = 0 if after is None else decode_id("ful", after)
        body: Document = {} if after is None else {"after": after}
        command = MoveWork(actor=ACTOR, location=location, after=start)
        done = _do(ctx, WorkAsked(command, f"/v1/locations/{location}/actions/move_work", body))
        moved, kept, after = moved + done["moved"], kept + done["kept"], done["after"]
        if after is None:
            break
    if output == "json":
        write_json({"moved": moved, "kept": kept})
    typer.echo(f"{moved} units went to others, {kept} stay because nobody else can have them.", err=True)


@app.command("zero")
def zero(
    ctx: typer.Context,
    location: _Code,
    sku: Annotated[str, typer.Argument(help="Of which nothing is on the shelf.", metavar="SKU")],
    reason: Annotated[str, typer.Option(help="Why; the ledger shows it.", metavar="WORDS")] = "",
    output: Output = "table",
) -> None:
    """Nothing of an item is on the shelf: all open work for it there goes elsewhere."""
    command = ZeroStock(actor=ACTOR, sku=sku, location=location, reason=reason)
    asked = {"sku": sku, "location": location, "reason": reason}
    done = _do(ctx, WorkAsked(command, "/v1/inventory/actions/zero", asked))
    if output == "json":
        write_json({"on_hand": done["on_hand"], "orders": done["orders"]})
    typer.echo(f"{done['on_hand']} units are there off the shelf; {done['orders']} orders had work there.", err=True)


@app.command("rules")
def rules(
    ctx: typer.Context,
    accept: _Minutes = None,
    start: _Minutes = None,
    notice: Annotated[int | None, typer.Option(min=0, max=40_320, metavar="MINUTES")] = None,
    offer: _Minutes = None,
    retry: _Minutes = None,
    exclude: Annotated[int | None, typer.Option(min=0, max=8_760, metavar="HOURS")] = None,
    output: Output = "table",
) -> None:
    """Show how long locations have to answer and how long one that said no is left in peace; options change it."""
    with local.reading(settings_of(ctx).database_url) as read:
        held: WorkRules = read(work_rules)[0]
    given = {
        "accept_minutes": accept, "start_minutes": start, "notice_minutes": notice, "offer_minutes": offer,
        "retry_minutes": retry, "exclude_hours": exclude,
    }  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        held = msgspec.structs.replace(held, **changes)
        body = msgspec.to_builtins(held)
        _do(ctx, WorkAsked(PutWorkRules(actor=ACTOR, rules=held), "/v1/work-rules", body, "PUT"))
    if output == "json":
        write_json(held)
        return
    for name in WorkRules.__struct_fields__:
        value = getattr(held, name)
        typer.echo(f"{name:<16} {'no limit' if value is None else value}")


def _do(ctx: typer.Context, asked: WorkAsked) -> Document:
    with doer(settings_of(ctx)) as someone:
        return someone.work(asked)
