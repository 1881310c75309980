"""``crossdock config``: the settings in force and where each comes from."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import Options, Output, settings_of
from crossdock.cli.output import column, emit
from crossdock.settings import Settings, collect

app = typer.Typer(no_args_is_help=True, help="The settings in force.", rich_markup_mode=None)


class Setting(msgspec.Struct):
    """One setting: its value and what set it."""

    name: str
    value: Any
    origin: str


def settings_in_force(options: Options) -> list[Setting]:
    """Return every setting with its origin; passwords in URLs are left out."""
    settings = options.settings()
    _, origin = collect(options.overrides, os.environ, options.config)
    return [
        Setting(name, _shown(name, getattr(settings, name)), origin.get(name, "default"))
        for name in Settings.__struct_fields__
    ]


@app.command("show")
def show(ctx: typer.Context, output: Output = "table") -> None:
    """Show every setting, its value, and what set it."""
    rows = settings_in_force(ctx.find_root().obj)
    columns = [column("Name"), column("Value", wraps=True), column("Origin")]
    emit(rows if output == "json" else [Setting(r.name, str(r.value), r.origin) for r in rows], columns, output)


@app.command("check")
def check(ctx: typer.Context) -> None:
    """Check the settings and say nothing else; the exit code is 2 when one is wrong."""
    settings = settings_of(ctx)
    typer.echo(f"The settings are in order; the data are at {local.shown(settings.database_url)}.", err=True)


def _shown(name: str, value: Any) -> Any:
    return local.shown(value) if name == "database_url" else value
