"""Where every command begins and ends: the table of commands, and how errors become words and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from crossdock import __version__
from crossdock.cli import (
    choosing,
    config,
    database,
    demo,
    doctor,
    events,
    explain,
    feeds,
    fulfillments,
    imports,
    inventory,
    keys,
    locations,
    orders,
    policies,
    promise,
    reservations,
    serving,
    shares,
    sign_in,
    stock,
    supply,
    views,
)
from crossdock.cli.options import Options
from crossdock.kernel.errors import CrossdockError

OK, FAILURE, USAGE, NOT_FOUND, REFUSED, AUTH, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
_BY_STATUS = {400: USAGE, 401: AUTH, 403: AUTH, 404: NOT_FOUND, 429: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE}
_SHOWN_FIELDS = 10

app = typer.Typer(
    name="crossdock",
    help="A distributed order management system: what is where, what can be promised, where each unit ships from.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Data go to standard output, words to standard error. Exit codes: 0 done, 1 failure, 2 usage, "
    "3 not found, 4 refused, 5 not allowed, 6 not available, 130 interrupted.",
)
app.command("demo")(demo.demo)
app.command("explain")(explain.explain)
app.command("promise")(promise.promise)
orders.app.command("choices")(choosing.choices)
orders.app.command("choose")(choosing.choose)
app.command("serve")(serving.serve)
app.command("sign-in-link")(sign_in.sign_in_link)
app.command("doctor")(doctor.doctor)
for name, group in (
    ("orders", orders.app),
    ("fulfillments", fulfillments.app),
    ("locations", locations.app),
    ("reservations", reservations.app),
    ("inventory", inventory.app),
    ("import", imports.app),
    ("stock", stock.app),
    ("supply", supply.app),
    ("views", views.app),
    ("policy", policies.app),
    ("shares", shares.app),
    ("feeds", feeds.app),
    ("events", events.app),
    ("keys", keys.app),
    ("db", database.app),
    ("config", config.app),
):
    app.add_typer(group, name=name)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"crossdock {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    ctx: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Option("--config", help="The settings file; else CROSSDOCK_CONFIG, else crossdock.toml.", metavar="FILE"),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(help="Where the data are: sqlite:///FILE or postgresql://USER@HOST/NAME.", metavar="URL"),
    ] = None,
    data_dir: Annotated[str | None, typer.Option(help="Where uploads and error files lie.", metavar="FOLDER")] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take what holds for every command."""
    ctx.obj = Options(config_file, {"database_url": database_url, "data_dir": data_dir})


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code: Any = app(args=list(arguments), standalone_mode=False, prog_name="crossdock")
        sys.stdout.flush()
    except CrossdockError as error:
        return report(error)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has heard enough, `head` for example; Python must not try to flush to it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show(file=sys.stderr)  # a mistake in the arguments, told by the parser
        return int(getattr(error, "exit_code", USAGE))
    if code == INTERRUPTED:  # the parser may have caught it before us
        say("\nInterrupted.")
    return code if isinstance(code, int) else OK


def report(error: CrossdockError) -> int:
    """Say what is wrong, where, and what to do next; returns the exit code."""
    say(f"error: {error.detail}")
    for fault in error.errors[:_SHOWN_FIELDS]:
        say(f"  {fault.pointer}: {fault.message}")
    if len(error.errors) > _SHOWN_FIELDS:
        say(f"  … and {len(error.errors) - _SHOWN_FIELDS} more")
    step = error.extra.get("next_step") or error.next_step
    if step:
        say(f"next: {step}")
    return exit_code(error)


def exit_code(error: CrossdockError) -> int:
    """Return the exit code that an error stands for."""
    status = error.extra.get("status", error.status)  # a server may know better than the class
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return REFUSED if status < 500 else FAILURE


def say(text: str) -> None:
    """Write words for a person."""
    print(text, file=sys.stderr)
