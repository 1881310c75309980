"""``crossdock db``: the schema of the database."""

from __future__ import annotations

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit

app = typer.Typer(no_args_is_help=True, help="The database and its schema.", rich_markup_mode=None)


class Upgraded(msgspec.Struct):
    """What became of a schema."""

    database: str
    before: str | None
    after: str
    result: str


@app.command("upgrade")
def upgrade(ctx: typer.Context, output: Output = "table", dry_run: DryRun = False) -> None:
    """Make the database, or bring its schema to what this program needs."""
    url = settings_of(ctx).database_url
    found = local.schema(url)
    if found.is_current or dry_run:
        done = Upgraded(local.shown(url), found.found, found.needed, "unchanged" if found.is_current else "to be done")
    else:
        before, after = local.upgrade(url)
        done = Upgraded(local.shown(url), before, after, "created" if before is None else "upgraded")
    emit([done], [column("Database", wraps=True), column("Before"), column("After"), column("Result")], output)
