"""``crossdock events``: the log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
import typer

from crossdock import local
from crossdock.cli.options import Format, settings_of
from crossdock.cli.output import write_csv
from crossdock.events import CATALOG, StoredEvent, envelope, last_position, read_log
from crossdock.kernel.clock import rfc3339

app = typer.Typer(no_args_is_help=True, help="The event log.", rich_markup_mode=None)
_PAGE = 1_000
_PAUSE_SECONDS = 0.25
_CUT = 100


@app.callback()
def events() -> None:
    """Keep the group, though it has one command as yet."""


@app.command("tail")
def tail(
    ctx: typer.Context,
    lines: Annotated[
        int, typer.Option("--lines", "-n", help="With how many of the newest events to begin.", min=0, metavar="N")
    ] = 20,
    after: Annotated[
        int | None, typer.Option(help="Begin behind this position instead; 0 is the beginning.", metavar="N")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type of event; may be repeated.", metavar="TYPE")
    ] = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="As json: one CloudEvent a line.")] = "table",
) -> None:
    """Show the newest events, the oldest of them first."""
    types = tuple(kind or ())
    unknown = [name for name in types if name not in CATALOG]
    if unknown:
        raise typer.BadParameter(f"there is no event type {', '.join(unknown)}; there are {', '.join(sorted(CATALOG))}")
    with local.reading(settings_of(ctx).database_url) as read:
        newest = [] if after is not None else read(lambda session: _newest(session, types, lines))
        end: int = read(last_position) if after is None else after
        if output == "csv":
            write_csv(("position", "at", "type", "subject", "actor", "data"), [])
        for event in newest:
            _write(event, output)
        while True:
            for event in _behind(read, end, types):
                _write(event, output)
                end = event.id
            if not follow:
                return
            sys.stdout.flush()
            time.sleep(_PAUSE_SECONDS)


def _newest(session: Any, types: Sequence[str], wanted: int) -> list[StoredEvent]:
    """Look back from the end of the log, twice as far each time, until enough is found or the log begins."""
    if wanted == 0:
        return []
    last, back = last_position(session), 8 * wanted
    while True:
        found: list[StoredEvent] = []
        place = max(0, last - back)
        first = place
        while page := read_log(session, place, types, _PAGE):
            found += page
            place = page[-1].id
        if len(found) >= wanted or first == 0:
            return found[-wanted:]
        back *= 4


def _behind(read: Any, after: int, types: Sequence[str]) -> Iterator[StoredEvent]:
    while True:
        place = after
        page: list[StoredEvent] = read(lambda session, place=place: read_log(session, place, types, _PAGE))
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _write(event: StoredEvent, output: Format) -> None:
    if output == "json":
        sys.stdout.write(msgspec.json.encode(envelope(event)).decode() + "\n")
    elif output == "csv":
        write_csv((), [(event.id, rfc3339(event.at), event.type, event.subject, event.actor, event.data)])
    else:
        data = event.data if len(event.data) <= _CUT or not sys.stdout.isatty() else event.data[: _CUT - 1] + "…"
        sys.stdout.write(
            f"{event.id:>9} {rfc3339(event.at)[:19]} {event.type:<24} {event.subject} {event.actor} {data}\n"
        )
