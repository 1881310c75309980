"""``crossdock fulfillments``: what locations are to do, what they answer, who else does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args

import typer

from crossdock import local
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import Column, column, emit, text, write_json
from crossdock.cli.reaching import ACTOR, doer
from crossdock.cli.working import Document, WorkAsked
from crossdock.fulfillment import (
    REASONS,
    SHORT_REASONS,
    Execution,
    ExecutionWord,
    FulfillmentView,
    list_fulfillments,
    read_fulfillment,
)
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.kernel.money import show as show_money
from crossdock.orchestration import (
    Accept,
    Assign,
    ClaimOffer,
    FulfillmentNotFound,
    OfferJob,
    Pick,
    PreviewAssignment,
    Reject,
    Release,
    Restock,
    ShortPick,
    Start,
)

app = typer.Typer(no_args_is_help=True, help="What locations are to do.", rich_markup_mode=None)
STATES: tuple[str, ...] = get_args(ExecutionWord)
_NEXT = "`crossdock fulfillments list` shows what there is."
_Id = Annotated[str, typer.Argument(help="The fulfillment's id, ful_…", metavar="FULFILLMENT")]
_Lines = Annotated[
    list[str] | None,
    typer.Option("--line", help="So many units of a demand, DEMAND=UNITS; may be repeated.", metavar="N=UNITS"),
]
_Note = Annotated[str, typer.Option(help="What else there is to say; the log shows it.", metavar="WORDS")]
_COLUMNS = [
    column("Id"),
    column("Location"),
    column("State", "execution"),
    column("Said", "negotiation"),
    column("Units", right=True),
    column("Order", "external_id"),
    column("Work on", "work_on"),
    Column("Waits for", lambda row: row.waits_for, spare=True),
    column("Due", "due_at", spare=True),
]


@app.command("list")
def list_all(
    ctx: typer.Context,
    location: Annotated[str | None, typer.Option(help="At this location.", metavar="CODE")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(STATES)}; may be repeated.", metavar="STATE")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000, metavar="N")] = 20,
    output: Output = "table",
) -> None:
    """List fulfillments, the newest first."""
    wrong = [word for word in state or () if word not in STATES]
    if wrong:
        raise typer.BadParameter(f"there is no state {', '.join(wrong)}; there are {', '.join(STATES)}")
    steps = [Execution[word.upper()] for word in state or ()]
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_fulfillments(session, location, steps, limit=limit))
    emit(page.fulfillments, _COLUMNS, output)
    if page.next is not None and output == "table":
        typer.echo(f"There are more than these {limit}: --limit shows more, filters fewer.", err=True)


@app.command("show")
def show(ctx: typer.Context, fulfillment: _Id, output: Output = "table") -> None:
    """Show one fulfillment: its units, how far they are, what can be done."""
    view = _read(ctx, fulfillment)
    if output == "json":
        write_json(view)
        return
    if output == "table":
        due = f", {view.waits_for} by {text(view.due_at)} UTC" if view.due_at else ""
        for name, value in (
            ("Fulfillment", f"{view.id} (version {view.version})"),
            ("Order", f"{view.order_id} ({view.channel} {view.external_id})"),
            ("Location", view.location),
            ("State", f"{view.execution}, {view.negotiation}{due}"),
            ("Can", ", ".join(view.supported_actions) or "nothing any more"),
        ):
            typer.echo(f"{name:<12} {value}")
    lines = [
        column("Demand", right=True), column("SKU", "sku"), column("Units", "quantity", right=True),
        column("Picked", right=True), column("Canceled", right=True),
    ]  # fmt: skip
    emit(view.lines, lines, output)


@app.command("release")
def release(ctx: typer.Context, fulfillment: _Id, output: Output = "table") -> None:
    """Let the location know of its work."""
    _act(ctx, fulfillment, "release", Release, {}, output)


@app.command("accept")
def accept(ctx: typer.Context, fulfillment: _Id, output: Output = "table") -> None:
    """The location will do it."""
    _act(ctx, fulfillment, "accept", Accept, {}, output)


@app.command("start")
def start(ctx: typer.Context, fulfillment: _Id, output: Output = "table") -> None:
    """The location begins."""
    _act(ctx, fulfillment, "start", Start, {}, output)


@app.command("pick")
def pick(ctx: typer.Context, fulfillment: _Id, line: _Lines = None, output: Output = "table") -> None:
    """Take units off the shelf: those of lines, else all."""
    _act(ctx, fulfillment, "pick", Pick, {"lines": _lines(line)}, output)


@app.command("restock")
def restock(ctx: typer.Context, fulfillment: _Id, line: _Lines = None, output: Output = "table") -> None:
    """Put picked units back on the shelf: those of lines, else all."""
    _act(ctx, fulfillment, "restock", Restock, {"lines": _lines(line)}, output)


@app.command("reject")
def reject(
    ctx: typer.Context,
    fulfillment: _Id,
    reason: Annotated[str, typer.Option(help=f"{', '.join(REASONS)}.", metavar="REASON")],
    line: _Lines = None,
    note: _Note = "",
    output: Output = "table",
) -> None:
    """The location does not do it: the stock becomes what the reason says, and others are asked."""
    _known(reason, tuple(REASONS))
    _act(ctx, fulfillment, "reject", Reject, {"reason": reason, "lines": _lines(line), "note": note}, output)


@app.command("short-pick")
def short_pick(
    ctx: typer.Context,
    fulfillment: _Id,
    line: Annotated[
        list[str],
        typer.Option("--line", help="So many units of a demand are missing; may be repeated.", metavar="N=UNITS"),
    ],
    reason: Annotated[str, typer.Option(help=f"{', '.join(SHORT_REASONS)}.", metavar="REASON")] = "not_in_stock",
    note: _Note = "",
    output: Output = "table",
) -> None:
    """Units were not found where they were to be picked: the stock is put right, and others are asked."""
    _known(reason, SHORT_REASONS)
    _act(ctx, fulfillment, "short_pick", ShortPick, {"lines": _lines(line), "reason": reason, "note": note}, output)


@app.command("assign")
def assign(
    ctx: typer.Context,
    fulfillment: _Id,
    location: Annotated[str, typer.Argument(help="Who is to do it.", metavar="CODE")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.", metavar="WORDS")] = "",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Have another location do it; with --dry-run see what it would cost and when it would deliver."""
    if not dry_run:
        if not reason:
            raise typer.BadParameter("say why with --reason: it is kept with the decision")
        _act(ctx, fulfillment, "assign", Assign, {"location": location, "reason": reason}, output)
        return
    view = _read(ctx, fulfillment)
    id_, order_id = decode_id("ful", fulfillment), decode_id("ord", view.order_id)
    command = PreviewAssignment(actor=ACTOR, order_id=order_id, fulfillment_id=id_, location=location)
    path = f"/v1/orders/{view.order_id}/actions/preview_assignment"
    seen = _do(ctx, WorkAsked(command, path, {"fulfillment_id": fulfillment, "location": location}))
    if output == "json":
        write_json(seen)
        return
    for name in ("present", "proposed"):
        typer.echo(f"{name:<12} {_side(seen[name])}")
    for each in seen["obstacles"]:
        typer.echo(f"{each['fence']:<12} {each['message']}")


@app.command("offer")
def offer(
    ctx: typer.Context,
    fulfillment: _Id,
    location: Annotated[list[str], typer.Argument(help="Who may have it.", metavar="CODE…")],
    minutes: Annotated[int | None, typer.Option(help="For how long.", min=1, max=40_320, metavar="N")] = None,
    output: Output = "table",
) -> None:
    """Offer the job to several locations: the first that claims it has it."""
    command = OfferJob(
        actor=ACTOR, fulfillment_id=decode_id("ful", fulfillment), locations=tuple(location), minutes=minutes
    )
    body: Document = {"locations": location}
    if minutes is not None:
        body["minutes"] = minutes
    made = _do(ctx, WorkAsked(command, f"/v1/fulfillments/{fulfillment}/actions/offer", body))
    if output == "json":
        write_json({"id": made["id"]})
    typer.echo(f"Offered as {made['id']}; a location takes it with `crossdock fulfillments claim`.", err=True)


@app.command("claim")
def claim(
    ctx: typer.Context,
    offer_id: Annotated[str, typer.Argument(help="The offer's id, off_…", metavar="OFFER")],
    location: Annotated[str, typer.Argument(help="Who takes it.", metavar="CODE")],
    output: Output = "table",
) -> None:
    """Take an offered job for a location."""
    command = ClaimOffer(actor=ACTOR, offer_id=decode_id("off", offer_id), location=location)
    done = _do(ctx, WorkAsked(command, f"/v1/offers/{offer_id}/actions/claim", {"location": location}))
    _told(ctx, done, output)


def _act(ctx: typer.Context, fulfillment: str, action: str, kind: Any, of: Mapping[str, Any], output: str) -> None:
    command = kind(actor=ACTOR, fulfillment_id=decode_id("ful", fulfillment), **of)
    body = {name: value for name, value in of.items() if value not in (None, "")}
    if body.get("lines"):
        body["lines"] = [{"demand": no, "quantity": n} for no, n in body["lines"].items()]
    _told(ctx, _do(ctx, WorkAsked(command, f"/v1/fulfillments/{fulfillment}/actions/{action}", body)), output)


def _do(ctx: typer.Context, asked: WorkAsked) -> Document:
    with doer(settings_of(ctx)) as someone:
        return someone.work(asked)


def _told(ctx: typer.Context, done: Document, output: str) -> None:
    view = _read(ctx, done["fulfillment"]["id"])
    if output == "json":
        write_json({"moved": done["moved"], "kept": done["kept"], "fulfillment": view})
        return
    emit([view], _COLUMNS, output)  # type: ignore[arg-type]
    if done["moved"] or done["kept"]:
        typer.echo(f"{done['moved']} units went elsewhere, {done['kept']} stay.", err=True)


def _read(ctx: typer.Context, fulfillment: str) -> FulfillmentView:
    id_ = decode_id("ful", fulfillment)
    with local.reading(settings_of(ctx).database_url) as read:
        view: FulfillmentView | None = read(lambda session: read_fulfillment(session, id_))
    if view is None:
        raise FulfillmentNotFound(f"There is no fulfillment {encode_id('ful', id_)}.", next_step=_NEXT)
    return view


def _lines(given: list[str] | None) -> dict[int, int] | None:
    if not given:
        return None
    lines: dict[int, int] = {}
    for each in given:
        no, _, units = each.partition("=")
        if not no.isdigit() or not units.isdigit() or not int(units) or int(no) in lines:
            raise typer.BadParameter(f"'{each}' is not DEMAND=UNITS, such as 1=2, each demand once")
        lines[int(no)] = int(units)
    return lines


def _known(reason: str, known: tuple[str, ...]) -> None:
    if reason not in known:
        raise typer.BadParameter(f"there is no reason '{reason}'; there are {', '.join(known)}")


def _side(side: Document | None) -> str:
    if side is None:
        return "not possible"
    cost = show_money(side["cost"]["amount"], side["cost"]["currency"])
    where = ", ".join(side["locations"])
    return f"{side['units']} units from {where} for {cost}, leaves {side['ship_on']}, there {side['deliver_on']}"
