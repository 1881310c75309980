"""``crossdock sign-in-link``: let somebody into the console."""

from __future__ import annotations

from typing import Annotated

import typer

from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import write_json
from crossdock.cli.reaching import doer
from crossdock.kernel.clock import moment

DEFAULT_USER = "admin@example.com"


def sign_in_link(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="Whom to let in; made a user if there is none.")] = DEFAULT_USER,
    output: Output = "table",
    dry_run: DryRun = False,
) -> None:
    """Make a link that signs a user in once; it is good for an hour."""
    if "@" not in email:
        raise typer.BadParameter(f"'{email}' is no e-mail address", param_hint="EMAIL")
    if dry_run:
        typer.echo(f"Would make a sign-in link for {email}.", err=True)
        return
    with doer(settings_of(ctx)) as someone:
        link = someone.sign_in_link(email)
        url = link_url(someone.address(), link.token)
        running = someone.remote
    if output == "json":
        write_json({"url": url, "email": link.email, "expires_at": moment(link.expires_at)})
        return
    until = f"{moment(link.expires_at):%H:%M} UTC"
    typer.echo(f"Signs {link.email} in, once, until {until}:", err=True)
    typer.echo(url)
    if not running:
        typer.echo("next: start the server with `crossdock serve`, then open the link.", err=True)


def link_url(address: str, token: str) -> str:
    """Return where a sign-in token is used."""
    return f"{address}/sign-in/{token}"
