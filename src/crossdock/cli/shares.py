"""``crossdock shares``: which groups of channels are kept how much, and how that stands."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer
from msgspec import structs

from crossdock import local
from crossdock.cli.documents import read_document, write_schema, write_yaml
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import ShareGroup
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import list_share_groups, shares_of

app = typer.Typer(no_args_is_help=True, help="Shares of stock between channels.", rich_markup_mode=None)


@app.command("groups")
def groups(ctx: typer.Context, output: Output = "table") -> None:
    """Write the active share groups, as YAML unless JSON is asked for."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = [one.group for one in read(list_share_groups)]
    if output == "json":
        write_json(found)
    else:
        write_yaml(found)


@app.command("put")
def put(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A YAML or JSON list of groups; - is standard input.", metavar="FILE")],
) -> None:
    """Create or replace share groups, all of the file or none."""
    wanted = read_document(file, tuple[ShareGroup, ...])
    with doer(settings_of(ctx)) as someone:
        saved = someone.put_share_groups(wanted)
    for text in saved.warnings:
        typer.echo(f"warning: {text}", err=True)
    for code, result in saved.results:
        typer.echo(f"The group '{code}' is {result}.", err=True)


@app.command("show")
def show(
    ctx: typer.Context,
    sku: Annotated[list[str], typer.Argument(help="Of these items.", metavar="SKU...")],
    output: Output = "table",
) -> None:
    """Show how the shares of items stand: amount, taken, left, and what stock does not cover."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: shares_of(session, sku))
    if not found:
        raise NotFound(f"There is no item {', '.join(sku)}.", next_step="Check the SKU.")
    if output == "json":
        write_json(found)
        return
    rows = [SimpleNamespace(sku=one.sku, **structs.asdict(counter)) for one in found for counter in one.counters]
    columns = [column("SKU", "sku"), *[column(name) for name in ("Group", "Pool", "Strategy")]]
    columns += [column(name, right=True) for name in ("Amount", "Taken", "Left", "Own")]
    emit(rows, columns, output)
    for item in found:
        for pool in item.pools:
            if pool.uncovered:
                where = ", ".join(pool.pools)
                typer.echo(f"{item.sku}: {pool.uncovered} units that are kept in {where} are not there.", err=True)


@app.command("schema")
def schema() -> None:
    """Write the JSON Schema of a list of share groups, for editors."""
    write_schema(tuple[ShareGroup, ...])
