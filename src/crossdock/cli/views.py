"""``crossdock views``: what each channel may see and sell, as YAML files that can be tried before they hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crossdock import local
from crossdock.cli.documents import read_document, write_schema, write_yaml
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import StockView
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import ViewPreview, list_views, preview_view, read_view

app = typer.Typer(no_args_is_help=True, help="Stock views: what a channel may see and sell.", rich_markup_mode=None)
ViewFile = Annotated[Path, typer.Argument(help="YAML or JSON; - is standard input.", metavar="FILE")]


@app.command("list")
def show_all(ctx: typer.Context, output: Output = "table") -> None:
    """List the active stock views and the channels that look through them."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(list_views)
    columns = [
        column("Code", "view")._replace(value=lambda one: one.view.code),
        column("Name", "view", wraps=True)._replace(value=lambda one: one.view.name),
        column("Channels")._replace(value=lambda one: " ".join(one.channels)),
        column("Version", spare=True)._replace(value=lambda one: one.version[:12]),
    ]
    emit(found, columns, output)


@app.command("show")
def show(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="Which view.", metavar="CODE")],
    output: Output = "table",
) -> None:
    """Write the active version of a stock view, as YAML unless JSON is asked for."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: read_view(session, code))
    if found is None:
        raise NotFound(f"There is no stock view '{code}'.", next_step="`crossdock views list` shows what there is.")
    if output == "json":
        write_json(found.view)
    else:
        write_yaml(found.view)


@app.command("put")
def put(ctx: typer.Context, file: ViewFile, dry_run: DryRun = False, output: Output = "table") -> None:
    """Make a stock view the active one of its code; with --dry-run say what it would change."""
    view = read_document(file, StockView)
    if dry_run:
        _preview(ctx, view, output)
        return
    with doer(settings_of(ctx)) as someone:
        saved = someone.put_view(view)
    _warn(saved.warnings)
    for code, result in saved.results:
        typer.echo(f"The view '{code}' is {result}.", err=True)


@app.command("preview")
def preview(ctx: typer.Context, file: ViewFile, output: Output = "table") -> None:
    """Say what saving a stock view would change: which items appear or vanish, and by how many units."""
    _preview(ctx, read_document(file, StockView), output)


@app.command("schema")
def schema() -> None:
    """Write the JSON Schema of a stock view, for editors."""
    write_schema(StockView)


def _preview(ctx: typer.Context, view: StockView, output: str) -> None:
    with local.reading(settings_of(ctx).database_url) as read:
        told: ViewPreview = read(lambda session: preview_view(session, view))
    _warn(told.warnings)
    if output == "json":
        write_json(told)
    else:
        columns = [
            column("SKU", "sku"),
            column("Name", wraps=True, spare=True),
            column("Before", right=True),
            column("After", right=True),
            column("Change", "delta", right=True),
        ]
        changes = (*told.lost_items, *told.changed_items, *told.gained_items)
        emit(changes, columns, "csv" if output == "csv" else "table")
    part = "" if told.complete else f" (of the first {told.items:,})"
    typer.echo(
        f"{told.lost:,} items vanish, {told.gained:,} appear, {told.changed:,} change{part}: "
        f"{told.units_before:,} units can be promised now, {told.units_after:,} with it.",
        err=True,
    )


def _warn(warnings: Sequence[str]) -> None:
    for text in warnings:
        typer.echo(f"warning: {text}", err=True)
