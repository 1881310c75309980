"""``crossdock serve``: the API and the console."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from crossdock import local
from crossdock.cli.options import settings_of
from crossdock.inventory import Durations
from crossdock.settings import Settings

HostOption = Annotated[str | None, typer.Option(help="The address to listen on.", metavar="ADDRESS")]
PortOption = Annotated[int | None, typer.Option(help="The port to listen on; 0 takes a free one.", metavar="PORT")]


def serve(ctx: typer.Context, host: HostOption = None, port: PortOption = None) -> None:
    """Run the API and the console until Ctrl-C; an empty database gets its schema first."""
    run_server(settings_of(ctx, host=host, port=port))


def run_server(settings: Settings, *, also_say: Any = None) -> None:
    """Serve the database of the settings; ``also_say`` is called with the application once it answers."""
    from crossdock.app import App
    from crossdock.serve import listen, ready, run

    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    listening = listen(settings.host, settings.port)
    try:
        ready(settings.database_url)
        app = App(
            settings.database_url,
            readers=settings.readers,
            data_dir=Path(settings.data_dir),
            durations=Durations.of(settings.reservation_seconds, settings.reservation_longest_seconds),
        )
        app.start()
        try:
            run(app, settings, listening, lambda address: _started(app, address, settings, also_say))
        finally:
            app.close()
    finally:
        listening.close()
    typer.echo("Stopped; nothing that was acknowledged is lost.", err=True)


def _started(app: Any, address: str, settings: Settings, also_say: Any) -> None:
    if also_say is not None:
        also_say(app, address)
    else:
        typer.echo(
            f"Crossdock serves {local.shown(settings.database_url)} on {address} (process {os.getpid()}).", err=True
        )
        typer.echo("  Let somebody in: crossdock sign-in-link.  Stop: Ctrl-C.", err=True)
