"""``crossdock feeds``: the sources of stock facts, what was heard of them, and their documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crossdock import local
from crossdock.cli.files import FileRefused
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import FeedSource, list_feeds, list_runs, read_feed
from crossdock.kernel.clock import now
from crossdock.orchestration import UnknownFeed

app = typer.Typer(no_args_is_help=True, help="Sources of stock facts.", rich_markup_mode=None)


class Line(msgspec.Struct):
    """A source in a line of the table."""

    code: str
    name: str
    basis: str
    state: str
    heard_at: Any
    lag_s: float | None
    changed: int
    failed: int


@app.command("list")
def listed(ctx: typer.Context, output: Output = "table") -> None:
    """List the sources, when each was heard last, and what became of its last rows."""
    with local.reading(settings_of(ctx).database_url) as read:
        feeds = read(lambda session: list_feeds(session, now()))
    if output == "json":
        write_json(feeds)
        return
    lines = [
        Line(
            feed.source.code,
            feed.source.name,
            feed.source.basis,
            feed.state,
            feed.heard_at,
            None if feed.lag_s is None else round(feed.lag_s),
            0 if feed.last_run is None else feed.last_run.changed,
            0 if feed.last_run is None else feed.last_run.failed,
        )
        for feed in feeds
    ]
    columns = [
        column("Code"),
        column("Name", wraps=True),
        column("Basis"),
        column("State"),
        column("Heard", "heard_at"),
        *[
            column(name, key, right=True)
            for name, key in (("Lag s", "lag_s"), ("Changed", "changed"), ("Failed", "failed"))
        ],
    ]
    emit(lines, columns, output)


@app.command("show")
def show(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The source.")],
    limit: Annotated[int, typer.Option(help="How many runs at most.", min=1, max=500, metavar="N")] = 20,
    output: Output = "table",
) -> None:
    """Show a source's document and its last runs."""
    with local.reading(settings_of(ctx).database_url) as read:
        feed = read(lambda session: read_feed(session, code, now()))
        page = read(lambda session: list_runs(session, code, None, limit))
    if feed is None or page is None:
        raise UnknownFeed(f"There is no feed '{code}'.", next_step="`crossdock feeds list` shows what there is.")
    if output == "json":
        write_json({"feed": feed, "runs": page.runs})
        return
    typer.echo(msgspec.json.format(msgspec.json.encode(feed.source)).decode(), err=True)
    counts = ("rows", "changed", "unchanged", "late", "repeated", "failed", "zeroed")
    columns = [
        column("Run", "id", spare=True),
        column("Name", wraps=True),
        column("Updated", "updated_at"),
        *[column(name.title(), name, right=True) for name in counts],
    ]
    emit(page.runs, columns, output)


@app.command("put")
def put(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(help="YAML or JSON: a source, or a list of them.", exists=True, dir_okay=False, readable=True),
    ],
    output: Output = "table",
) -> None:
    """Create or replace sources from a file; all of them, or on any fault none."""
    sources = read_sources(file)
    with doer(settings_of(ctx)) as someone:
        results = someone.put_feeds(sources)
    emit([Result(code, result) for code, result in results], [column("Code"), column("Result")], output)


class Result(msgspec.Struct):
    """What became of one document."""

    code: str
    result: str


def read_sources(file: Path) -> tuple[FeedSource, ...]:
    """Read the documents of a file; raises FileRefused."""
    try:
        plain = msgspec.yaml.decode(file.read_bytes())
        return msgspec.convert(plain if isinstance(plain, list) else [plain], tuple[FeedSource, ...])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        step = "Correct the document; `crossdock feeds show CODE` writes one that is in order."
        raise FileRefused(f"{file} is no source of stock facts: {error}", next_step=step) from None
