"""``crossdock import``: orders, supply lines and stock facts from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, progress
from crossdock.cli.reaching import doer
from crossdock.cli.uploads import FeedAsked, Imported
from crossdock.kernel.clock import parse_instant
from crossdock.orchestration import DiffLine, JobView

app = typer.Typer(no_args_is_help=True, help="Orders, supply lines and stock facts from files.", rich_markup_mode=None)
_SHOWN = 50
_COUNTS = [column("Job", "id"), column("State"), *[column(name, right=True) for name in ("Done", "Failed")]]


@app.command("orders")
def orders(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="NDJSON: one order a line.", exists=True, dir_okay=False, readable=True)],
    errors: Annotated[
        Path | None, typer.Option(help="Where to write the lines that were refused, and why; else to standard error.")
    ] = None,
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Capture the orders of a file; what was captured before counts once. The exit code is 4 if lines were refused."""
    if file.stat().st_size == 0:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    with doer(settings_of(ctx)) as someone, progress("Importing", 100) as told:

        def watch(job: JobView) -> None:
            told(job.progress, f"{job.done:,} orders, {job.failed:,} refused")

        done = someone.import_orders(file, watch, dry_run=dry_run)
    emit([done.job], _COUNTS, output)
    _end(done, errors)


@app.command("supply")
def supply(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="NDJSON: one supply line a line.", exists=True, dir_okay=False, readable=True)
    ],
    errors: Annotated[
        Path | None, typer.Option(help="Where to write the lines that were refused, and why; else to standard error.")
    ] = None,
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Announce, change or call off the supply lines of a file of any size; the same file again changes nothing.

    The exit code is 4 if lines were refused.
    """
    if file.stat().st_size == 0:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    with doer(settings_of(ctx)) as someone, progress("Importing", 100) as told:

        def watch(job: JobView) -> None:
            told(job.progress, f"{job.done:,} supply lines, {job.failed:,} refused")

        done = someone.import_supply(file, watch, dry_run=dry_run)
    emit([done.job], _COUNTS, output)
    _end(done, errors)


def _end(done: Imported, errors: Path | None) -> None:
    """Write the faults where they are wanted, say how it ended, and set the exit code."""
    if done.faults and errors is not None:
        errors.write_bytes(done.faults)
        typer.echo(f"The refused lines are in {errors}.", err=True)
    elif done.faults:
        sys.stderr.write(done.faults.decode())
    if done.job.dry_run:
        typer.echo("Nothing was recorded: the lines were only read.", err=True)
    if done.job.error:
        typer.echo(f"error: {done.job.error}", err=True)
    if done.job.state != "succeeded" or done.job.failed:
        raise typer.Exit(4 if done.job.failed else 1)


@app.command("stock")
def stock(  # noqa: PLR0913, PLR0917  (each is an option)
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="NDJSON or CSV: one fact a line.", exists=True, dir_okay=False, readable=True)
    ],
    source: Annotated[str, typer.Option(help="Whose facts they are (`crossdock feeds list`).", metavar="CODE")],
    form: Annotated[
        str | None, typer.Option("--format", help="csv or ndjson; else as the file's name says.", metavar="FORMAT")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="When rows were counted that do not say so; else now.", metavar="INSTANT")
    ] = None,
    full: Annotated[
        list[str] | None,
        typer.Option(
            help="The file is a full snapshot of this location: what it leaves out is zeroed.", metavar="CODE"
        ),
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Where to write the lines that were not taken; else to standard error.")
    ] = None,
    diff: Annotated[Path | None, typer.Option(help="Where to write what a dry run would change; else shown.")] = None,
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Record counts and deltas of a file; a record told before counts once. Exit code 4 if lines were not taken."""
    if file.stat().st_size == 0:
        raise typer.BadParameter(f"{file} is empty", param_hint="FILE")
    form = form or ("csv" if file.suffix.lower() == ".csv" else "ndjson")
    if form not in ("csv", "ndjson"):
        raise typer.BadParameter(f"'{form}' is neither csv nor ndjson", param_hint="--format")
    at = None if as_of is None else parse_instant(as_of)
    asked = FeedAsked(source, form, dry_run, at, tuple(full or ()))
    with doer(settings_of(ctx)) as someone, progress("Importing", 100) as told:

        def watch(job: JobView) -> None:
            told(job.progress, f"{job.done:,} rows, {job.failed:,} not taken")

        done = someone.import_feed(file, asked, watch)
    if diff is not None:
        diff.write_bytes(done.diff)
        typer.echo(f"What would change is in {diff}.", err=True)
    elif done.diff and output == "table":
        lines = [msgspec.json.decode(row, type=DiffLine) for row in done.diff.splitlines()[:_SHOWN]]
        names = ("Line", "Before", "After")
        shown = [
            column("SKU", "sku"),
            column("Location"),
            *[column(name, right=True) for name in names],
            column("Result"),
        ]
        emit(lines, shown, output)
    counts = ("Changed", "Unchanged", "Late", "Repeated", "Failed", "Zeroed")
    row = {name.lower(): done.job.result.get(name.lower(), 0) for name in counts}
    result = Told(id=done.job.id, state=done.job.state, **row)
    emit([result], [column("Job", "id"), column("State"), *[column(name, right=True) for name in counts]], output)
    _end(done, errors)


class Told(msgspec.Struct):
    """What became of the rows of a file."""

    id: str
    state: str
    changed: int
    unchanged: int
    late: int
    repeated: int
    failed: int
    zeroed: int
