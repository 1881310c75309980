"""``crossdock import``: orders from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, progress
from crossdock.cli.reaching import doer
from crossdock.orchestration import JobView

app = typer.Typer(no_args_is_help=True, help="Orders from files.", rich_markup_mode=None)


@app.callback()
def imports() -> None:
    """Keep the group, though it has one command as yet."""


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
    columns = [column("Job", "id"), column("State"), *[column(name, right=True) for name in ("Done", "Failed")]]
    emit([done.job], columns, output)
    if done.faults and errors is not None:
        errors.write_bytes(done.faults)
        typer.echo(f"The refused lines are in {errors}.", err=True)
    elif done.faults:
        sys.stderr.write(done.faults.decode())
    if dry_run:
        typer.echo("Nothing was captured: the lines were only read.", err=True)
    if done.job.error:
        typer.echo(f"error: {done.job.error}", err=True)
    if done.job.state != "succeeded" or done.job.failed:
        raise typer.Exit(4 if done.job.failed else 1)
