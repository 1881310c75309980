"""``crossdock keys``: API keys, made, listed and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

import typer

from crossdock import local
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.cli.reaching import doer
from crossdock.identity import KeyView, Scope, list_keys
from crossdock.kernel.clock import instant

app = typer.Typer(no_args_is_help=True, help="API keys.", rich_markup_mode=None)
SCOPES: tuple[str, ...] = get_args(Scope)
_COLUMNS = [
    column("Id"),
    column("Name"),
    column("Hint"),
    column("Scopes", wraps=True),
    column("Revoked", "revoked_at", spare=True),
    column("Expires", "expires_at", spare=True),
    column("Created", "created_at", spare=True),
]


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What the key is for; the log shows it.")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(SCOPES)}; may be repeated.", metavar="SCOPE")
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="After how many days it expires; else never.", min=1, metavar="N")
    ] = None,
    output: Output = "table",
    dry_run: DryRun = False,
) -> None:
    """Make an API key and show its secret: now, and never again. Without --scope it may read everything."""
    scopes = tuple(scope or (s for s in SCOPES if s.endswith(":read")))
    wrong = [s for s in scopes if s not in SCOPES]
    if wrong:
        raise typer.BadParameter(f"there is no scope {', '.join(wrong)}; there are {', '.join(SCOPES)}")
    expires = None if days is None else instant(datetime.now(UTC) + timedelta(days=days))
    if dry_run:
        typer.echo(f"Would make a key '{name}' with the scopes {', '.join(scopes)}.", err=True)
        return
    with doer(settings_of(ctx)) as someone:
        view, secret = someone.new_key(name, scopes, expires)
    if output == "json":
        write_json({"key": view, "secret": secret})
        return
    typer.echo(f"Made {view.id} '{view.name}' with the scopes {', '.join(view.scopes)}. Its secret:", err=True)
    typer.echo(secret)


@app.command("list")
def list_all(ctx: typer.Context, output: Output = "table") -> None:
    """List the API keys, newest first, the revoked ones too."""
    with local.reading(settings_of(ctx).database_url) as read:
        rows: list[KeyView] = read(list_keys)
    emit(rows, _COLUMNS, output)


@app.command("revoke")
def revoke(
    ctx: typer.Context,
    key_id: Annotated[str, typer.Argument(help="The key's id, key_…", metavar="KEY_ID")],
    output: Output = "table",
    dry_run: DryRun = False,
) -> None:
    """Revoke an API key for good; other processes notice within five seconds."""
    if dry_run:
        typer.echo(f"Would revoke {key_id}.", err=True)
        return
    with doer(settings_of(ctx)) as someone:
        view = someone.revoke_key(key_id)
    emit([view], _COLUMNS, output)
