"""``crossdock demo``: the demonstration retailer and its year of real orders."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from crossdock import local
from crossdock.cli.options import DryRun, Output, Yes, settings_of
from crossdock.cli.output import progress
from crossdock.cli.serving import HostOption, PortOption, run_server
from crossdock.cli.sign_in import DEFAULT_USER, link_url
from crossdock.kernel.errors import Conflict
from crossdock.settings import Settings

KEY_NAME = "demonstration"


class NotTheDemonstration(Conflict):
    """The database holds orders of somebody else."""

    code = "not_the_demonstration"
    title = "The database is not the demonstration's"
    next_step = "Give the demonstration a database of its own: crossdock --database-url sqlite:///var/demo.db demo"


def demo(
    ctx: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Then serve it: API and console.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Delete the database first and begin anew.")] = False,
    yes: Yes = False,
    host: HostOption = None,
    port: PortOption = None,
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Make the demonstration retailer and capture its year of real orders; when that is done, say so at once.

    A load that broke off goes on where it stopped.
    """
    settings = settings_of(ctx, host=host, port=port)
    url = settings.database_url
    if dry_run:
        _say_what_would_be(url, reset=reset)
        return
    if reset and local.schema(url).found is not None:
        if not yes:
            typer.confirm(f"Delete {local.shown(url)} and everything in it?", abort=True, err=True)
        if local.remove(url) is None:
            raise Conflict(
                f"{local.shown(url)} is no file: --reset deletes SQLite databases only.",
                next_step="Drop the database and create it anew with your PostgreSQL tools.",
            )
    if not local.schema(url).is_current:
        local.upgrade(url)
    if not _is_there(url):
        _load(settings, output)
    else:
        typer.echo(f"The year is in {local.shown(url)} already; `crossdock demo --reset` begins anew.", err=True)
        _complete(settings)
    if serve:
        run_server(settings, also_say=_welcome)


def _say_what_would_be(url: str, *, reset: bool) -> None:
    there = local.schema(url).found is not None and _is_there(url)
    if reset and local.schema(url).found is not None:
        typer.echo(f"Would delete {local.shown(url)} and make it anew.", err=True)
    elif there:
        typer.echo(f"Nothing: the year is in {local.shown(url)} already.", err=True)
    else:
        typer.echo(
            f"Would make {local.shown(url)} and capture a year of orders, which takes a minute or two.", err=True
        )


def _is_there(url: str) -> bool:
    """Say whether the whole year is there; raises NotTheDemonstration when somebody else's orders are."""
    from crossdock.demo.load import is_loaded, is_strange

    with local.reading(url) as read:
        if read(is_strange):
            raise NotTheDemonstration(f"{local.shown(url)} holds orders that are not the demonstration's.")
        return bool(read(is_loaded))


def _load(settings: Settings, output: str) -> None:
    """Do it all, with a bar; print the summary."""
    from crossdock.app import App
    from crossdock.cli.demo_report import Report, emit_report
    from crossdock.demo import online_retail
    from crossdock.demo.load import Loader, Told, YearClock
    from crossdock.demo.reconcile import reconcile
    from crossdock.demo.retailer import make_retailer
    from crossdock.demo.summary import out_of_range, summarize
    from crossdock.kernel.clock import now
    from crossdock.orchestration import verify

    began = time.perf_counter()
    clock = YearClock()
    app = App(settings.database_url, clock=clock, readers=1, data_dir=Path(settings.data_dir))
    app.start()
    try:
        with progress("Reading", None) as told:
            told(0, "541,909 rows of invoices")
            year = reconcile(online_retail.load())
            told(0, "network, items, stock")
            retailer = make_retailer(year.orders, year.cancellations)
            loader = Loader(app.writer, app.database.read_now, clock, year, retailer)
            loader.set_up()
        started = time.perf_counter()
        with progress("Capturing", 100) as told:

            def heard(at: Told) -> None:
                rate = at.orders / max(time.perf_counter() - started, 0.001)
                told(100 * at.done // at.total, f"{at.orders:,} orders, {rate:,.0f}/s")

            try:
                loaded = loader.run(heard)
            except KeyboardInterrupt:
                typer.echo("\nThe next `crossdock demo` goes on from here.", err=True)
                raise
        captured = time.perf_counter() - started
        with progress("Adding", None) as told:
            told(0, "view, shares, feeds, reservations, a promise")
            clock.move(now())  # the year is over: what comes now is of today
            shown, added = _add(app)
        with progress("Verifying", None) as told:
            proof = app.database.read_now(
                lambda session: verify(session, now(), progress=lambda n, of: told(n, f"{n} of {of} checks"))
            )
            summary = app.database.read_now(summarize)
    finally:
        app.close()
    report = Report(
        rows=year.rows,
        counts=year.counts,
        loaded=loaded,
        shown=shown,
        summary=summary,
        seconds_capturing=round(captured, 1),
        seconds_adding=round(added, 1),
        seconds_in_all=round(time.perf_counter() - began, 1),
        proof=proof,
        megabytes=local.size(settings.database_url) // 1_000_000,
    )
    emit_report(report, output)
    for figure in out_of_range(summary):
        typer.echo(f"note: {figure}.", err=True)
    if not proof.clean:
        raise typer.Exit(1)


def _complete(settings: Settings) -> None:
    """Add what is missing on top of a year that is there: of an older version, or carts whose time is over."""
    from crossdock.app import App
    from crossdock.demo.showing import is_shown

    with local.reading(settings.database_url) as read:
        if read(is_shown):
            return
    app = App(settings.database_url, readers=1, data_dir=Path(settings.data_dir))
    app.start()
    try:
        _add(app)
    finally:
        app.close()
    typer.echo("Added what was missing of view, shares, feeds and reservations.", err=True)


def _add(app: Any) -> tuple[Any, float]:
    """Add on top of the year what is missing; returns what that is and how many seconds it took."""
    import asyncio

    from crossdock.demo.showing import show

    began = time.perf_counter()
    return asyncio.run(show(app)), time.perf_counter() - began


def _welcome(app: Any, address: str) -> None:
    """Say where the console is, and give the first user a way in and a program a key."""
    from crossdock.identity import MakeSignInLink, count_users
    from crossdock.orchestration import new_key

    first = app.database.read_now(count_users) == 0
    link = app.submit_now(MakeSignInLink(email=DEFAULT_USER))
    say = typer.echo
    say("", err=True)
    say(f"The console:  {address}", err=True)
    say(f"  sign in as {DEFAULT_USER}, once, within the hour:", err=True)
    say(link_url(address, link.token))
    if first:
        _, secret = app.submit_now(new_key(KEY_NAME, ("*",), "system:demo"))
        app.keys.forget()
        say(f"The API:      {address}/docs", err=True)
        say("  a key that may do everything, shown this once:", err=True)
        say(secret)
        say("  try it:", err=True)
        say(f'  curl -H "Authorization: Bearer {secret}" "{address}/v1/orders?limit=1"', err=True)
    else:
        say(f"The API:      {address}/docs (another key: crossdock keys create NAME)", err=True)
    say("Another sign-in link: crossdock sign-in-link.  Stop: Ctrl-C.", err=True)
