"""``crossdock inventory``: what is where, the proof that the ledger adds up, and its repair."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from crossdock import local
from crossdock.cli.options import DryRun, Format, Output, Yes, settings_of
from crossdock.cli.output import column, emit, progress, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import AvailabilityExplained, list_positions
from crossdock.kernel.clock import now
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import (
    Ask,
    VerifyReport,
    ask_database,
    availability_document,
    explain_availability,
    verify,
)

app = typer.Typer(no_args_is_help=True, help="Stock.", rich_markup_mode=None)
_SHOWN = 20
_FINDINGS = [column("Check"), column("Message", wraps=True), column("Subject", spare=True)]


@app.command("show")
def show(
    ctx: typer.Context,
    sku: Annotated[list[str] | None, typer.Argument(help="Of these items; else of all.", metavar="[SKU]...")] = None,
    location: Annotated[str | None, typer.Option(help="Only here.", metavar="CODE")] = None,
    limit: Annotated[int, typer.Option(help="How many positions at most.", min=1, max=1_000_000, metavar="N")] = 50,
    output: Output = "table",
) -> None:
    """Show stock positions: what stands there, what is taken of it, what is left."""
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_positions(session, tuple(sku or ()), location, None, limit))
    if not page.positions and sku:
        raise NotFound(f"There is no stock of {', '.join(sku)}.", next_step="Check the SKU; stock is kept by item.")
    columns = [
        column("SKU", "sku"),
        column("Location"),
        *[column(name, right=True) for name in ("On hand", "Allocated", "Available")],
        *[column(name, right=True, spare=True) for name in ("Short", "Reserved")],
    ]
    emit(page.positions, columns, output)
    if page.next is not None and output == "table":
        typer.echo(f"There are more than these {len(page.positions)}: --limit shows more.", err=True)


@app.command("atp")
def atp(
    ctx: typer.Context,
    skus: Annotated[list[str], typer.Argument(help="Of these items.", metavar="SKU...")],
    channel: Annotated[str, typer.Option(help="As this channel sees it; else all there is.", metavar="CODE")] = "",
    location: Annotated[str, typer.Option(help="What can be had at this location.", metavar="CODE")] = "",
    on: Annotated[
        datetime | None,
        typer.Option(help="By this date: with what arrives until then.", formats=["%Y-%m-%d"], metavar="DATE"),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why, location by location.")] = False,
    output: Output = "table",
) -> None:
    """Show what can be promised, to one channel or to all, now or by a date; with --explain, why."""
    asks = [Ask(sku, channel, location, None if on is None else on.date().toordinal()) for sku in skus]
    with local.reading(settings_of(ctx).database_url) as read:
        answer = read(lambda session: ask_database(session, asks, now()))
        for told in answer.told:
            if told.fault:
                raise NotFound(_FAULTS[told.fault].format(told.ask), next_step="Check the code.")
        if explain:
            for ask in asks:
                _explained(read(partial(explain_availability, ask=ask, now=now())), output)
            return
    columns = [
        column("SKU", "sku"),
        *[column(name, right=True) for name in ("Available", "Arriving", "Waiting")],
        column("For others", "held_for_others", right=True),
        column("ATP", "available_to_promise", right=True),
        column("Level"),
    ]
    emit([availability_document(answer, told, by_location=True) for told in answer.told], columns, output)


_FAULTS = {
    "unknown_item": "There is no item '{0.sku}'.",
    "unknown_channel": "There is no channel '{0.channel}'.",
    "unknown_location": "No active location is '{0.location}'.",
}


def _explained(explained: AvailabilityExplained, output: Format) -> None:
    if output == "json":
        write_json(explained)
        return
    for part in explained.parts:
        _explained(part.part, output)
    columns = [column("Location"), column("Visible", right=True), column("Why", "words", wraps=True)]
    if explained.locations:
        emit(explained.locations, columns, output)
    for words in explained.words:
        typer.echo(f"{explained.sku}: {words}", err=True)


@app.command("verify")
def verify_all(ctx: typer.Context, output: Output = "table") -> None:
    """Prove that every counter is the sum of its movements, and every claim somebody's; exit code 1 if not."""
    with local.reading(settings_of(ctx).database_url) as read, progress("Verifying", None) as told:
        report: VerifyReport = read(
            lambda session: verify(session, now(), progress=lambda done, total: told(done, f"{done} of {total} checks"))
        )
    if output == "json":
        write_json(report)
    else:
        columns = [column("Check"), column("Subject", wraps=True), column("Field"), column("Found", right=True),
                   column("Expected", right=True)]  # fmt: skip
        rows = report.findings if output == "csv" else report.findings[:_SHOWN]
        if rows or output == "csv":
            emit(rows, columns, output)
        typer.echo(verdict(report), err=True)
    if not report.clean:
        typer.echo("next: `crossdock inventory repair --dry-run` says what would be mended.", err=True)
        raise typer.Exit(1)


def verdict(report: VerifyReport) -> str:
    """Say in a sentence what was verified and found."""
    checked = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report.checked.items())
    more = "" if report.complete else " at least"
    found = "nothing is wrong" if report.clean else f"{len(report.findings):,} findings{more}"
    return f"Verified {checked} in {report.seconds:.1f} s: {found}."


@app.command("repair")
def repair(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False, output: Output = "table") -> None:
    """Mend what verify finds; each mended thing leaves a record, each counter stays the sum of its movements."""
    settings = settings_of(ctx)
    if dry_run:
        with local.reading(settings.database_url) as read:
            report: VerifyReport = read(lambda session: verify(session, now()))
        emit(report.findings, _FINDINGS, output)
        typer.echo(f"{len(report.findings):,} findings would be looked at.", err=True)
        return
    if not yes:
        typer.confirm("Mend counters and claims that do not add up?", abort=True, err=True)
    with doer(settings) as someone:
        done = someone.repair()
    if output == "json":
        write_json(done)
    else:
        emit(done.left, _FINDINGS, output)
    typer.echo(f"Mended {len(done.repaired):,}; {len(done.left):,} are left for a person to look at.", err=True)
    if done.left:
        raise typer.Exit(1)
